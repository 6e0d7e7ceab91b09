import { equalBytes } from "../../bytes/order.js";
import { type Hasher, spanWords } from "../../identity/crypto.js";
import type { AuthorId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { encodeRedaction, eventCodecs, kindAt, originAt, type Redaction, systemKindMax, systemKinds } from "../event/event.js";
import { type EventPlace, namedBy, redactedBy, soundEvent } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import type { Refusal } from "./feed-vocabulary.js";
import type { NewParts } from "./open-lane.js";

export interface RedactingParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  /** Of this store. */
  readonly author: AuthorId;
}

/** What is to be appended so that an event of ours is redacted. */
export interface Redacting {
  readonly path: SubjectPath;
  /** More than one where the event was appended again: wherever it lies, it is redacted. */
  readonly redactions: readonly Redaction[];
}

/** Throws where the store has lost the event: what would be signed for is not known any more. */
export function redacting({ view, hasher, author }: RedactingParts, place: EventPlace): Refusal | Redacting {
  const record = view.lane(place.lane);
  const path = record && view.subject(record.subject);
  const found = soundEvent(view, hasher, place);
  if (record === undefined || path === undefined || found === undefined)
    return { code: "not-found", reason: `there is no event ${place.seq}`, fix: "Name one that sinter cat shows." };
  if (!equalBytes(record.author, author))
    return { code: "usage", reason: "an event that another author wrote", fix: "Only its author can redact an event." };
  const { bytes, spans } = found.block;
  const offset = spans[found.index * spanWords] as number;
  if (kindAt(bytes, offset) <= systemKindMax)
    return { code: "usage", reason: `event ${place.seq} is the system's own`, fix: "Redact what an application wrote." };
  const redaction = { epoch: record.epoch, seq: place.seq, id: found.id };
  if (redactedBy(view, namedBy(hasher, record, redaction)) !== undefined)
    return { code: "usage", reason: `event ${place.seq} is redacted already`, fix: "Nothing is left to be done." };
  const origin = originAt(bytes, offset);
  const first = origin === undefined ? [] : [{ epoch: origin.epoch, seq: origin.seq, id: origin.id }];
  return { path, redactions: [redaction, ...first, ...again({ view, hasher, author }, origin?.id ?? found.id, place)] };
}

/** Where an event was appended again, if not at the place that is redacted anyway. */
function again({ view, hasher }: RedactingParts, id: Uint8Array, place: EventPlace): readonly Redaction[] {
  const copy = view.returned(id);
  const record = copy && view.lane(copy.lane);
  const found = copy && soundEvent(view, hasher, copy);
  if (record === undefined || found === undefined || (copy?.lane === place.lane && copy.seq === place.seq)) return [];
  return [{ epoch: record.epoch, seq: copy?.seq ?? 0, id: found.id }];
}

export function redactionParts(redaction: Redaction): NewParts {
  return { kind: systemKinds.redacted, codec: eventCodecs.raw, payload: encodeRedaction(redaction), key: undefined };
}
