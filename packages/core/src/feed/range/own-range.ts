import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { hashAt } from "../../proof/mmr-append.js";
import { blockFirstSeq, blockHeaderBytes } from "../event/block.js";
import type { FeedView } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import { heldBefore } from "./held-before.js";
import { type RangeOffer, type RangeTools, type VerifiedRange, verifyingRange } from "./verified-range.js";

// A range of a lane of our own that others hold, against what is here of it. What counts here, what is withdrawn and what was never
// published is all one to it: from where the two part, theirs comes, once ours is appended again.

export type OwnOutcome =
  /** All of it is here, the same. */
  | { readonly kind: "held" }
  /** It goes on from another event than is here before it: it takes a range that begins earlier. */
  | { readonly kind: "elsewhere"; readonly before: number }
  /** From `from` on it is another than ours, or more of it. Ours is to be given up from there on, and this is to be taken. */
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
  if (from > all.range.head.size) return { kind: "held" };
  if (from === all.range.firstSeq) return { kind: "comes", from, range: all.range };
  const rest = yield* verifyingRange(tools, heldBefore(view, tools.hasher, place, from), offer);
  if (rest instanceof Malformed) return rest;
  return rest.kind === "verified" ? { kind: "comes", from, range: rest.range } : { kind: "elsewhere", before: firstSeq };
}

/** The first seq at which the range is not what is here: from where they differ on, chained ids do to the end. */
function partingSeq(reader: LaneReader, size: number, { firstSeq, ids, head }: VerifiedRange): number {
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
