import { blockBytesMax, sendingRangeBytes } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import type { Hasher } from "../../identity/crypto.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { proveCovered } from "../../proof/mmr-cover.js";
import { type MmrProof, proveConsistency } from "../../proof/mmr-proof.js";
import type { HeadRecord } from "../../store/records.js";
import { blockCount, blockFirstSeq, checkBlock } from "../event/block.js";
import { relaidBlock } from "../event/relaid-block.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import { LaneReader } from "../lane/lane-reader.js";
import { blockFrom, blockUpTo } from "../lane/range-blocks.js";
import type { Checkpoint, LanePlace } from "../seal/checkpoint.js";
import type { HybridCheckpoint } from "../seal/hybrid-seal.js";
import type { RangeOffer } from "./verified-range.js";

export interface AskedRange {
  /** By its number in this store. */
  readonly lane: number;
  readonly from: number;
  /** About how much: it ends with the block that reaches this. */
  readonly bytes: number;
  /** Events whose payloads are not to go along, by their seq. */
  readonly without?: (seq: number) => boolean;
  /** What lies behind a fork is `kept back` if left out, and `offered` to the author, who appends it again. */
  readonly withdrawn?: "kept back" | "offered";
}

/** What another replica needs to take in a lane's events from `from` on: blocks as they are stored, but for what of the first lies
 * before it, and what shows that the author signed them. What lies behind a fork is not offered: the proof is. `undefined`
 * where the lane has no such event. */
export function offeredRange(
  view: FeedView,
  hasher: Hasher,
  { lane, from, bytes, without, withdrawn }: AskedRange,
): RangeOffer | undefined {
  const [head, record] = [view.head(lane), view.lane(lane)];
  const end = head === undefined ? 0 : withdrawn === "offered" ? head.size : countedSize(head);
  if (head === undefined || record === undefined || from < 1 || from > end) return undefined;
  const path = view.subject(record.subject);
  const reader = new LaneReader(view, hasher, lane);
  const blocks: Uint8Array[] = [];
  const copies = new BlockCopies(bytes);
  let length = 0;
  for (const block of reader.blocks(from, end)) {
    const isWhole = blockFirstSeq(block) + blockCount(block) - 1 <= end;
    const upTo = isWhole ? copies.copy(block) : blockUpTo(block, end);
    const whole = blockFirstSeq(upTo) >= from ? upTo : blockFrom(upTo, from, idBefore(reader, lane, from));
    blocks.push(without === undefined ? whole : withoutPayloads(hasher, whole, without));
    length += block.length;
    if (length >= bytes) break;
  }
  const last = blocks.at(-1);
  const proof = last && consistencyAt(hasher, head, reader, blockFirstSeq(last) + blockCount(last) - 1);
  if (path === undefined || proof === undefined) throw new DamagedStore(`lane ${lane}`, `what is behind event ${from} is not all there`);
  const { subject, author, epoch } = record;
  const checkpoint = checkpointOf(hasher, { author, subject, epoch }, head);
  return { path, keys: view.keysOf(author), checkpoint, blocks, proof };
}

/** Copies that lie side by side: whoever sends them on need not put them together. */
class BlockCopies {
  /** That are yet to come, about. */
  #leftBytes: number;
  #memory = new Uint8Array(0);
  #at = 0;
  #next: "first" | "later" = "first";

  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  copy(block: Uint8Array): Uint8Array {
    const { length } = block;
    const isAlone = this.#next === "first" || length > blockBytesMax;
    this.#next = "later";
    this.#leftBytes -= length;
    // Often there is but one.
    if (isAlone) return block.slice();
    if (this.#at + length > this.#memory.length) {
      this.#memory = new Uint8Array(length + Math.min(Math.max(0, this.#leftBytes), sendingRangeBytes) + blockBytesMax);
      this.#at = 0;
    }
    const copy = this.#memory.subarray(this.#at, this.#at + length);
    copy.set(block);
    this.#at += length;
    return copy;
  }
}

/** What another replica needs to know a lane as far as both keys of its author sealed it; `undefined` where they have not. */
export function offeredHybrid(view: FeedView, lane: number): HybridCheckpoint | undefined {
  const [sealed, record] = [view.hybrid(lane), view.lane(lane)];
  if (sealed === undefined || record === undefined) return undefined;
  const { author, subject, epoch } = record;
  return { place: { author, subject, epoch }, ...sealed };
}

function idBefore(reader: LaneReader, lane: number, seq: number): Uint8Array {
  const id = reader.nodes(reader.laneId()).leaves(seq - 2, 1);
  if (id === undefined) throw new DamagedStore(`lane ${lane}`, `event ${seq - 1} is missing`);
  return id;
}

function withoutPayloads(hasher: Hasher, bytes: Uint8Array, without: (seq: number) => boolean): Uint8Array {
  const block = checkBlock(bytes);
  if (block instanceof Malformed) throw new DamagedStore("a block that is offered", block.reason);
  return relaidBlock(hasher, block, (index) => (without(block.firstSeq + index) ? "absent" : undefined));
}

/** What the author signed of a lane, as its head has it. */
export function checkpointOf(hasher: Hasher, place: LanePlace, head: HeadRecord): Checkpoint {
  const sealed = head.cover ?? { mmrRoot: mmrRoot(hasher, head), headId: head.headId };
  return { place, mmrRoot: sealed.mmrRoot, headId: sealed.headId, seal: head.seal };
}

/** The way from a lane's events up to `end` to the checkpoint of its head; `undefined` where nodes are missing. */
export function consistencyAt(hasher: Hasher, { size, seal, cover }: HeadRecord, reader: LaneReader, end: number): MmrProof | undefined {
  if (end === seal.size) return [];
  if (end === size && cover !== undefined) return cover.proof;
  const source = reader.nodes(reader.laneId());
  if (cover === undefined) return proveConsistency(hasher, source, end, size);
  return proveCovered(hasher, { source, held: size, size: seal.size, proof: cover.proof }, end);
}
