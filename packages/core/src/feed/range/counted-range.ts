import type { Decoded } from "../../bytes/malformed.js";
import type { FeedView } from "../lane/feed-view.js";
import type { LostSpan } from "../lane/lost-span.js";
import { heldBefore } from "./held-before.js";
import { type RangeOffer, type RangeTools, type VerifiedRange, verifyingRange } from "./verified-range.js";

/** What counts of a frozen lane, from where the disk has lost some of it to its end, as others have it: to come in the place of that and of all that
 * lies behind. In steps, as `verifyingRange`; nothing, where it does not go on from what is before, or does not come to the end. */
export function* countedRange(
  view: FeedView,
  tools: RangeTools,
  { place, lane, from, to }: LostSpan,
  offer: RangeOffer,
): Generator<undefined, Decoded<VerifiedRange | undefined>, undefined> {
  const freezeAt = view.head(lane)?.freezeAt ?? 0;
  if (freezeAt !== to + 1) return undefined;
  const outcome = yield* verifyingRange(tools, { ...heldBefore(view, tools.hasher, place, from), freezeAt }, offer);
  if (!("kind" in outcome)) return outcome;
  return outcome.kind === "verified" && outcome.range.head.size === to ? outcome.range : undefined;
}
