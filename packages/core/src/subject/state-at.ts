import { viewSliceEventsMax } from "../bytes/limits.js";
import { compareStamps, type Stamp } from "../clock/stamp.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Assurance } from "../feed/lane/lane-reach.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectId } from "../identity/ids.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";

interface StateAtParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly subject: SubjectId;
  readonly type: AnyMergeType;
  readonly assurance: Assurance;
}

/** What the events that stand up to a stamp come to: folded apart from the view, from the beginning, with a pause now and then. */
export function* stateAt(parts: StateAtParts, stamp: Stamp): Generator<void, ReadonlyMap<string, unknown>, undefined> {
  const store = new ViewStore(parts.view.keys, parts.hasher, PASSING);
  const until = (standing: Stamp) => compareStamps(standing, stamp) <= 0;
  const fold = new ViewFold({ ...parts, store, kept: "whole", wallMs: () => Number.MAX_SAFE_INTEGER, until });
  fold.look();
  while (fold.fold(viewSliceEventsMax) === "more") yield;
  return fold.items.all;
}

/** A view that is never put on disk: nothing is under this number. */
const PASSING = 0xffff_ffff;
