import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import { hashAt, mmrRoot } from "../../proof/mmr-append.js";
import { mmrFrom, type NodeSource } from "../../proof/mmr-source.js";
import type { HeadRecord } from "../../store/records.js";
import { blockFirstSeq, blockHeaderBytes } from "../event/block.js";
import type { FeedView } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import type { Checkpoint } from "../seal/checkpoint.js";
import { heldBefore } from "./held-before.js";
import { type RangeOffer, type RangeTools, type VerifiedRange, verifyingRange } from "./verified-range.js";

// A range of a lane of our own that others hold, against what is here of it. What counts here, what is withdrawn and what was never
// published is all one to it: from where the two part, theirs comes, once ours is appended again.

export type OwnOutcome =
  /** All of it is here, the same. */
  | { readonly kind: "held" }
  /** It goes on from another event than is here before it: it takes a range that begins earlier. */
  | { readonly kind: "elsewhere"; readonly before: number }
  /** From `from` on it is another than ours, or more of it; or ours is given up there, and this ends before. Ours is to be given up
   * from there on, and this is to be taken. */
  | { readonly kind: "comes"; readonly from: number; readonly range: VerifiedRange };

/** In steps, as `verifyingRange`. */
export function* comparingOwn(view: FeedView, tools: RangeTools, offer: RangeOffer): Generator<undefined, Decoded<OwnOutcome>, undefined> {
  const { place } = offer.checkpoint;
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  const size = number === undefined ? 0 : (view.head(number)?.size ?? 0);
  const first = offer.blocks[0];
  const firstSeq = first === undefined || first.length < blockHeaderBytes ? 1 : blockFirstSeq(first);
  const all = yield* verifyingRange(tools, heldBefore(view, tools.hasher, place, Math.min(firstSeq, size + 1)), offer);
  if (all instanceof Malformed) return all;
  if (all.kind !== "verified") return { kind: "elsewhere", before: firstSeq };
  const from = number === undefined ? 1 : partingSeq(new LaneReader(view, tools.hasher, number), size, all.range);
  const end = all.range.head.size;
  if (number !== undefined && from > end && !isCut(view, tools.hasher, number, { end, checkpoint: offer.checkpoint }))
    return { kind: "held" };
  if (from === all.range.firstSeq) return { kind: "comes", from, range: all.range };
  // Of one that ends before ours, the last event comes again, with the seal that is over it.
  const rest = yield* verifyingRange(tools, heldBefore(view, tools.hasher, place, Math.min(from, end)), offer);
  if (rest instanceof Malformed) return rest;
  return rest.kind === "verified" ? { kind: "comes", from, range: rest.range } : { kind: "elsewhere", before: firstSeq };
}

interface Ended {
  readonly end: number;
  readonly checkpoint: Checkpoint;
}

/** Whether the lane is to end with a range that is the same as here. It is where all behind that is given up, and the seal over the
 * range is not over what is here: nobody else may ever have what lies there, and all are to have the same in the end. */
function isCut(view: FeedView, hasher: Hasher, number: number, { end, checkpoint }: Ended): boolean {
  const head = view.head(number);
  const mark = view.givenUp(number);
  if (head === undefined || head.freezeAt > 0 || end >= head.size || mark === undefined || mark.from > end + 1) return false;
  const reader = new LaneReader(view, hasher, number);
  const root = sealedRoot(hasher, head, reader.nodes(reader.laneId()), checkpoint.seal.size);
  return root === undefined || !equalBytes(root, checkpoint.mmrRoot);
}

/** Root over the first `size` events of a lane, as far as that is known here: of those held, and of all that its seal is over. */
export function sealedRoot(hasher: Hasher, head: HeadRecord, source: NodeSource, size: number): Uint8Array | undefined {
  if (size === head.seal.size && head.cover !== undefined) return head.cover.mmrRoot;
  const mmr = size > head.size ? undefined : mmrFrom(hasher, source, size);
  return mmr && mmrRoot(hasher, mmr);
}

/** The first seq at which the range is not what is here: from where they differ on, chained ids do to the end. */
export function partingSeq(reader: LaneReader, size: number, { firstSeq, ids, head }: VerifiedRange): number {
  const source = reader.nodes(reader.laneId());
  const isSame = (seq: number) => {
    const id = source.leaves(seq - 1, 1);
    return id !== undefined && equalBytes(id, hashAt(ids, seq - firstSeq));
  };
  let [low, high] = [firstSeq, Math.min(size, head.size) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isSame(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
