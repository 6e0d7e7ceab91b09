import { mmrStoredHeightMin } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import { appendLeaves, emptyMmr } from "../../proof/mmr-append.js";
import { groupLeaves } from "../../proof/mmr-positions.js";
import type { HeadRecord } from "../../store/records.js";
import { checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { encodeForkProof, type ForkProof, type VerifiedFork } from "../seal/fork-proof.js";
import { DamagedStore, type FeedView, unlessLost } from "./feed-view.js";
import { LaneReader } from "./lane-reader.js";

// Where a lane freezes: at the lowest position that any proof of a fork names. A function of the set of proofs, so that
// replicas agree in whatever order they met them, and whichever branch they hold. One proof a lane is kept, the deciding one.
// Events from there on stay in the store, sealed as they are, and count no more.

/** Of two forks of one lane the one that counts. Commutative, associative, idempotent. */
export function decidingFork(one: VerifiedFork, other: VerifiedFork): VerifiedFork {
  if (compareBytes(one.lane, other.lane) !== 0) throw new RangeError("forks of two lanes do not bear on each other");
  return compareForks(one.proof, other.proof) <= 0 ? one : other;
}

/** By where they are, then by their bytes: of one lane, the least is the one that is kept. */
export function compareForks(one: ForkProof, other: ForkProof): number {
  return one.forkedAt - other.forkedAt || compareBytes(encodeForkProof(one), encodeForkProof(other));
}

/** Seq of the last event of a lane that can count. `freezeAt` 0: the lane is not frozen. */
export function countedEnd(freezeAt: number): number {
  return freezeAt === 0 ? Number.POSITIVE_INFINITY : freezeAt - 1;
}

/** How many of the events held count. */
export function countedSize({ size, freezeAt }: Pick<HeadRecord, "size" | "freezeAt">): number {
  return Math.min(size, countedEnd(freezeAt));
}

/** A lane's head, held against the proof kept: where they name two places from where on its events count no more, one of them is
 * damaged, and what counts cannot be told. Where the proof alone is lost, the head goes on saying what does. */
export function soundHead(view: FeedView, hasher: Hasher, lane: number): HeadRecord | undefined {
  const head = view.head(lane);
  if (head === undefined) return undefined;
  const proven = view.freezeAt(new LaneReader(view, hasher, lane).laneId());
  if (proven === 0 || proven === head.freezeAt) return head;
  const said = head.freezeAt === 0 ? "not frozen" : `frozen at ${head.freezeAt}`;
  throw new DamagedStore(`head of lane ${lane}`, `it says that the lane is ${said}; by the proof kept it is frozen at ${proven}`);
}

/** What a row says of a lane: the last event that counts, which is the same on both branches of a fork. */
export interface CountedHead {
  readonly size: number;
  /** Zeros at size 0. */
  readonly headId: Uint8Array;
  readonly freezeAt: number;
}

export function countedHead(view: FeedView, hasher: Hasher, lane: number): CountedHead {
  const head = view.head(lane);
  if (head === undefined) throw new DamagedStore(`head of lane ${lane}`, "it is missing");
  const { headId, freezeAt } = head;
  const size = countedSize(head);
  if (size === head.size) return { size, headId, freezeAt };
  if (size === 0) return { size, headId: new Uint8Array(hashBytes), freezeAt };
  return { size, headId: lastCounted(view, hasher, lane, size), freezeAt };
}

/** The id of that event, as its block has it. No head names it, but the proof of the fork has the peaks over all that counts: where they are not
 * those of the events, the disk has lost some, and what counts last cannot be told. */
function lastCounted(view: FeedView, hasher: Hasher, lane: number, size: number): Uint8Array {
  const reader = new LaneReader(view, hasher, lane);
  const id = reader.laneId();
  const source = reader.nodes(id);
  const proof = unlessLost(() => view.fork(id));
  const under = lastPeakLeaves(size);
  const ids = source.leaves(size - under, under);
  if (ids === undefined) throw new DamagedStore(`lane ${lane}`, `event ${size} is missing`);
  // A peak over more than that is made of nodes that are stored.
  const proven = under < groupLeaves ? peakProven(proof, size) : source.node(mmrStoredHeightMin, size / groupLeaves - 1);
  const [peak] = appendLeaves(hasher, emptyMmr, ids, under).peaks;
  const isProven = peak !== undefined && (proven === undefined || equalBytes(peak, proven));
  if (!isProven && !leadsToHead(reader, { view, hasher, lane, id }, size))
    throw new DamagedStore(`lane ${lane}`, `the events up to ${size} are not those before its fork`);
  return ids.slice(-hashBytes);
}

/** Whether what is stored from that event on ends with the one that the head names. Of a third branch, which parts before the fork that is known, it does:
 * then what is told of it is how that comes to light. */
function leadsToHead(
  reader: LaneReader,
  { view, hasher, lane, id }: { readonly view: FeedView; readonly hasher: Hasher; readonly lane: number; readonly id: LaneId },
  size: number,
): boolean {
  const head = view.head(lane);
  let last: { readonly seq: number; readonly id: Uint8Array } | undefined;
  for (const bytes of reader.blocks(size, head?.size ?? 0)) {
    const block = checkBlock(bytes.slice());
    if (block instanceof Malformed || (last !== undefined && !equalBytes(block.previous, last.id))) return false;
    last = { seq: block.firstSeq + block.count - 1, id: idsOfBlock(hasher, id, block).slice(-hashBytes) };
  }
  return head !== undefined && last?.seq === head.size && equalBytes(last.id, head.headId);
}

/** How many events the last peak over `size` of them is over, as far as that follows from the events alone. */
function lastPeakLeaves(size: number): number {
  let under = 1;
  while (under < groupLeaves && size % (2 * under) === 0) under *= 2;
  return under;
}

function peakProven(proof: ForkProof | undefined, size: number): Uint8Array | undefined {
  return proof?.forkedAt === size + 1 ? proof.before.at(-1) : undefined;
}
