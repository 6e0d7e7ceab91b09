import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { spanWords } from "../../identity/crypto.js";
import { decodeGivenUpRecord, decodeReturnedRecord } from "../../store/records.js";
import { originAt } from "../event/event.js";
import { blockHolding } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";

// What is said of events that were appended again, held against the lanes.

/** Of a mark that a lane is given up. */
export function givenUpFault(view: FeedView, lane: number, value: Uint8Array): string | undefined {
  const mark = decodeGivenUpRecord(value);
  if (mark instanceof Malformed) return mark.reason;
  const [record, head, store] = [view.lane(lane), view.head(lane), view.store()];
  if (record === undefined || head === undefined || store === undefined) return "a mark of no lane";
  if (!equalBytes(record.author, store.author)) return "a mark of another author's lane";
  if (equalBytes(record.epoch.nonce, store.instance)) return "a mark of a lane that is being written";
  return mark.next > head.size + 1 ? `it was looked at up to ${mark.next - 1} of ${head.size} events` : undefined;
}

/** Of a lane whose end was withdrawn: whether what this store's author had there comes back. */
export function unmarkedFault(view: FeedView, lane: number): string | undefined {
  const [record, head, store] = [view.lane(lane), view.head(lane), view.store()];
  if (record === undefined || head === undefined || store === undefined || !equalBytes(record.author, store.author)) return undefined;
  const isWithdrawn = head.freezeAt > 0 && head.freezeAt <= head.size;
  const isMissing = isWithdrawn && (view.givenUp(lane)?.from ?? Number.POSITIVE_INFINITY) > head.freezeAt;
  return isMissing ? `what was withdrawn from seq ${head.freezeAt} on is not appended again: it is not marked as given up` : undefined;
}

/** Of an entry that says where an event was appended again. */
export function returnedFault(view: FeedView, event: Uint8Array, value: Uint8Array): string | undefined {
  const returned = decodeReturnedRecord(value);
  if (returned instanceof Malformed) return returned.reason;
  const { lane, seq } = returned;
  const block = blockHolding(view.blockOf(lane, seq)?.slice(), seq);
  const origin = block && originAt(block.bytes, block.spans[(seq - block.firstSeq) * spanWords] as number);
  return origin !== undefined && equalBytes(origin.id, event) ? undefined : `event ${seq} of lane ${lane} is not it`;
}
