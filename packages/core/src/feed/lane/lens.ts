import { lensEventsMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import type { Stamp } from "../../clock/stamp.js";
import type { Hasher } from "../../identity/crypto.js";
import type { AuthorId, Epoch, SubjectId } from "../../identity/ids.js";
import { systemKinds } from "../event/event.js";
import { decodeLens, type Lens } from "../event/lens-payload.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { countedSize, soundHead } from "./freeze.js";
import { eventsInOrder, type LaneSpan } from "./subject-reader.js";

// The lens of a subject (docs/wire.md, "Lens"): the merge type named by the first event that names one. Which it is must follow from
// little, however long the lanes are, so only their beginnings are looked at.

/** And where it is named. */
export interface NamedLens extends Lens {
  readonly author: AuthorId;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly stamp: Stamp;
}

/** Of the lens events among the first `lensEventsMax` of any lane that count, the first in the total order. */
export function lensOf(view: FeedView, hasher: Hasher, subject: SubjectId): NamedLens | undefined {
  const spans = [...view.lanes(subject)].map((entry): LaneSpan => {
    const head = soundHead(view, hasher, entry.number);
    return { entry, next: 1, end: 1 + Math.min(lensEventsMax, head === undefined ? 0 : countedSize(head)) };
  });
  for (const { kind, payload, author, epoch, seq, stamp } of eventsInOrder(view, hasher, subject, spans)) {
    if (kind !== systemKinds.lens) continue;
    const lens = payload instanceof Uint8Array ? decodeLens(payload) : new Malformed("it is absent");
    if (lens instanceof Malformed) throw new DamagedStore(`event ${seq} of a lane, which names a lens`, lens.reason);
    return { ...lens, author, epoch, seq, stamp };
  }
  return undefined;
}
