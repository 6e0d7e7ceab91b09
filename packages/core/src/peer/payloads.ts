import { toHex } from "../bytes/hex.js";
import { wantedPerReadMax } from "../bytes/limits.js";
import type { EventPlace } from "../feed/lane/absence.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { absentPlaces, type Wanted, WantedReader } from "../feed/lane/wanted.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { laneAsked } from "./asked-lane.js";
import type { RedactionOf, WantedPage, WantedPayload } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

// Payloads that are not here, as an application asks about them.

export interface PayloadSource {
  readonly view: FeedView;
  readonly hasher: Hasher;
}

/** The event of this store's author that is to be redacted, by its lane's number. */
export function ownEvent(view: FeedView, author: AuthorId, path: SubjectPath, { seq, ...lane }: RedactionOf): EventPlace {
  const subject = view.subjectId(path);
  const isHere = subject !== undefined && [...view.lanes(subject, author)].length > 0;
  if (!isHere)
    throw new SinterError("not-found", `this store's author has written nothing in ${path}`, "Only its author can redact an event.");
  return { lane: laneAsked(view, path, { ...lane, author: toHex(author) }).number, seq };
}

/** Looks at a bounded piece of the list of absent payloads, and leaves out those that were redacted. */
export function wantedPage({ view, hasher }: PayloadSource, only: SubjectPath | undefined, after: string | undefined): WantedPage {
  const from = after === undefined ? undefined : placeOf(after);
  const places = absentPlaces(view, { lanes: lanesOf(view, only), after: from, limit: wantedPerReadMax });
  const reader = new WantedReader(view, hasher);
  const wanted = places.flatMap((place) => {
    const found = reader.at(place);
    return found === undefined ? [] : [told(view, found)];
  });
  const last = places.at(-1);
  return last === undefined || places.length < wantedPerReadMax ? { wanted } : { wanted, next: `${last.lane}/${last.seq}` };
}

function placeOf(text: string): EventPlace {
  const [, lane, seq] = /^(\d{1,10})\/(\d{1,16})$/.exec(text) ?? [];
  if (lane === undefined) throw new SinterError("usage", "a place in the want-list that is none", "Give the `next` of the page before.");
  return { lane: Number(lane), seq: Number(seq) };
}

function lanesOf(view: FeedView, only: SubjectPath | undefined): readonly number[] | undefined {
  if (only === undefined) return undefined;
  const subject = view.subjectId(only);
  return subject === undefined ? [] : [...view.lanes(subject)].map(({ number }) => number).sort((left, right) => left - right);
}

function told(view: FeedView, { of: { author, epoch, subject }, seq, hash, bytes }: Wanted): WantedPayload {
  const place = { author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), seq };
  return { subject: view.subject(subject) as SubjectPath, ...place, hash: toHex(hash), bytes };
}
