import { Malformed } from "../../bytes/malformed.js";
import { compareBytes } from "../../bytes/order.js";
import { type Hasher, spanWords } from "../../identity/crypto.js";
import { blockKey, type NamedEvent, redactionKey } from "../../store/keys.js";
import { decodeRedactionRecord, type LaneRecord } from "../../store/records.js";
import { type BlockView, isAbsent } from "../event/block.js";
import { blockHolding, type EventPlace, isListed, namedBy, redactedIn, redactionAt } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import type { NumberedLane } from "../write/payload-changes.js";

// The tables of absent payloads and of redactions against the events, and the events against them. Appends may go on
// meanwhile: whatever is said of a block is said of it as it is stored at that moment.

interface AbsenceParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
}

/** Of an entry in the list of absent payloads. */
export function listedFault(view: FeedView, place: EventPlace, value: Uint8Array): string | undefined {
  if (value.length > 0) return "an entry that holds something";
  const block = blockHolding(view.blockOf(place.lane, place.seq)?.slice(), place.seq);
  if (block === undefined) return `event ${place.seq}, which is not there`;
  const isIt = isAbsent(block, place.seq - block.firstSeq) || !isListed(view, place);
  return isIt ? undefined : `event ${place.seq}, whose payload is here`;
}

/** Of an entry that says that the lane `by` redacts an event. */
export function redactionFault(
  { view, hasher }: AbsenceParts,
  { event, by }: { readonly event: NamedEvent; readonly by: number },
  value: Uint8Array,
): string | undefined {
  const seq = decodeRedactionRecord(value);
  if (seq instanceof Malformed) return seq.reason;
  const record = view.lane(by);
  const block = blockHolding(view.blockOf(by, seq)?.slice(), seq);
  if (record === undefined || block === undefined) return `event ${seq} of lane ${by} redacts it, which is not there`;
  const redaction = redactionAt(block.bytes, block.spans[(seq - block.firstSeq) * spanWords] as number);
  const named = redaction && namedBy(hasher, record, redaction);
  const isIt = named !== undefined && compareBytes(redactionKey(named, by), redactionKey(event, by)) === 0;
  return isIt ? undefined : `event ${seq} of lane ${by} does not redact it`;
}

/** What of a block's payloads should be absent and is not, or is and is not listed. */
export function* absenceFaults(
  { view, hasher }: AbsenceParts,
  lane: NumberedLane,
  { firstSeq, count }: BlockView,
): Generator<string, void, undefined> {
  const block = blockHolding(view.keys.get(blockKey(lane.number, firstSeq)), firstSeq + count - 1);
  if (block === undefined) return;
  for (const index of block.absent)
    if (!isListed(view, { lane: lane.number, seq: firstSeq + index }))
      yield `the absent payload of event ${firstSeq + index} is not listed`;
  for (const index of redactedIn(view, hasher, lane, block))
    if (!isAbsent(block, index)) yield `the payload of event ${firstSeq + index} is redacted, and still here`;
}

/** Of an event that redacts another: whether the table knows. */
export function unlistedRedaction(
  { view, hasher }: AbsenceParts,
  record: LaneRecord,
  by: EventPlace,
  offset: OffsetIn,
): string | undefined {
  const redaction = redactionAt(offset.bytes, offset.at);
  if (redaction === undefined) return undefined;
  const seq = decodeRedactionRecord(view.keys.get(redactionKey(namedBy(hasher, record, redaction), by.lane)) ?? new Uint8Array(0));
  return seq instanceof Malformed || seq > by.seq ? `event ${by.seq} redacts another, and the redactions do not have it` : undefined;
}

interface OffsetIn {
  readonly bytes: Uint8Array;
  readonly at: number;
}
