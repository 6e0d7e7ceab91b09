import type { Hasher } from "../identity/crypto.js";
import { mmrRoot } from "../proof/mmr-append.js";
import { proveCovered } from "../proof/mmr-cover.js";
import { type MmrProof, proveConsistency } from "../proof/mmr-proof.js";
import type { HeadRecord } from "../store/records.js";
import { blockCount, blockFirstSeq } from "./block.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { LaneReader } from "./lane-reader.js";
import type { RangeOffer } from "./verified-range.js";

export interface AskedRange {
  /** By its number in this store. */
  readonly lane: number;
  readonly from: number;
  /** About how much: it ends with the block that reaches this. */
  readonly bytes: number;
}

/** What another replica needs to take in a lane's events from `from` on: blocks as they are stored, the first of which may begin
 * before it, and what shows that the author signed them. `undefined` where the lane has no such event. */
export function offeredRange(view: FeedView, hasher: Hasher, { lane, from, bytes }: AskedRange): RangeOffer | undefined {
  const [head, record] = [view.head(lane), view.lane(lane)];
  if (head === undefined || record === undefined || from < 1 || from > head.size) return undefined;
  const path = view.subject(record.subject);
  const reader = new LaneReader(view, hasher, lane);
  const blocks: Uint8Array[] = [];
  let length = 0;
  for (const block of reader.blocks(from, head.size)) {
    blocks.push(block.slice());
    length += block.length;
    if (length >= bytes) break;
  }
  const last = blocks.at(-1);
  const proof = last && consistency(hasher, head, reader, blockFirstSeq(last) + blockCount(last) - 1);
  if (path === undefined || proof === undefined) throw new DamagedStore(`lane ${lane}`, `what is behind event ${from} is not all there`);
  const { subject, author, epoch } = record;
  const sealed = head.cover ?? { mmrRoot: mmrRoot(hasher, head), headId: head.headId };
  const checkpoint = { place: { author, subject, epoch }, mmrRoot: sealed.mmrRoot, headId: sealed.headId, seal: head.seal };
  return { path, keys: view.keysOf(author), checkpoint, blocks, proof };
}

function consistency(hasher: Hasher, { size, seal, cover }: HeadRecord, reader: LaneReader, end: number): MmrProof | undefined {
  if (end === seal.size) return [];
  if (end === size && cover !== undefined) return cover.proof;
  const source = reader.nodes(reader.laneId());
  if (cover === undefined) return proveConsistency(hasher, source, end, size);
  return proveCovered(hasher, { source, held: size, size: seal.size, proof: cover.proof }, end);
}
