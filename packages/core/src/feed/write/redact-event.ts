import { equalBytes } from "../../bytes/order.js";
import { type Hasher, spanWords } from "../../identity/crypto.js";
import type { AuthorId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { encodeRedaction, eventCodecs, kindAt, originAt, type Redaction, systemKindMax, systemKinds } from "../event/event.js";
import { type EventPlace, nameAt, namedLane, redactedBy, soundEvent } from "../lane/absence.js";
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
  /** By where it first stood: wherever it was appended again since, it is redacted. */
  readonly redaction: Redaction;
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
  const name = nameAt(hasher, namedLane(hasher, record), { seq: place.seq, id: found.id }, { bytes, offset });
  if (redactedBy(view, name) !== undefined)
    return { code: "usage", reason: `event ${place.seq} is redacted already`, fix: "Nothing is left to be done." };
  return { path, redaction: { epoch: originAt(bytes, offset)?.epoch ?? record.epoch, seq: name.seq, id: name.id } };
}

export function redactionParts(redaction: Redaction): NewParts {
  return { kind: systemKinds.redacted, codec: eventCodecs.raw, payload: encodeRedaction(redaction), key: undefined };
}
