import { compareStamps } from "../../clock/stamp.js";
import type { Hasher } from "../../identity/crypto.js";
import type { HeadRecord, SealedHead } from "../../store/records.js";
import { stampAt } from "../event/event.js";
import { hybridFits } from "../seal/hybrid-seal.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { countedSize, soundHead } from "./freeze.js";
import { LaneReader } from "./lane-reader.js";

// How far a lane is read: as far as it counts, and of that, where it is asked for, as far as both keys of its author signed it.

export type Assurance = "classical" | "hybrid";

/** As the records say it. */
export function laneReach(view: FeedView, lane: number, assurance: Assurance): number {
  const head = view.head(lane);
  const size = head === undefined ? 0 : countedSize(head);
  return head === undefined || assurance === "classical" ? size : hybridSizeOf(view, lane, head);
}

/** How many of the events that count are signed with both keys. Of a lane that is frozen, none: a second signature is over one branch, and
 * cannot be shown to who holds the other, and what is folded must not hang on which of them somebody holds. */
export function hybridSizeOf(view: FeedView, lane: number, { size, freezeAt }: Pick<HeadRecord, "size" | "freezeAt">): number {
  return freezeAt > 0 ? 0 : Math.min(size, view.hybrid(lane)?.seal.size ?? 0);
}

/** Throws where those records cannot be right: what they say is then not to be read by. The second signature itself is verified when it
 * is taken in, and by an audit. */
export function checkReach(view: FeedView, hasher: Hasher, lane: number, assurance: Assurance): void {
  soundHead(view, hasher, lane);
  const sealed = assurance === "hybrid" ? view.hybrid(lane) : undefined;
  if (sealed !== undefined && hybridFit(view, hasher, lane, sealed) !== "fits")
    throw new DamagedStore(`hybrid seal of lane ${lane}`, "it is over other events than those held");
}

/** Whether what a second signature is over is how this lane begins; `ahead`, where it is over more than is held. A seal is never
 * stamped before an event that it covers, and stamps rise along a lane. */
export function hybridFit(view: FeedView, hasher: Hasher, lane: number, sealed: SealedHead): "fits" | "ahead" | "another" {
  const reader = new LaneReader(view, hasher, lane);
  const fits = hybridFits({ hasher, source: reader.nodes(reader.laneId()), size: view.head(lane)?.size ?? 0 }, sealed);
  if (fits !== "fits") return fits;
  const last = reader.event(sealed.seal.size);
  if (last === undefined) throw new DamagedStore(`lane ${lane}`, `event ${sealed.seal.size} is missing`);
  return compareStamps(stampAt(last.bytes, last.offset), sealed.seal.stamp) > 0 ? "another" : "fits";
}
