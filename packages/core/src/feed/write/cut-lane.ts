import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import { decodeKey, type NamedEvent, tableRange } from "../../store/keys.js";
import { decodeRedactionRecord, type HeadRecord } from "../../store/records.js";
import type { FeedView } from "../lane/feed-view.js";
import { heldBefore } from "../range/held-before.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { Replacement } from "./take-own.js";

// A frozen lane of another author of which the disk has lost something behind the fork, or across it. Whoever has what counts of it need not
// have that, and it counts nowhere: so the lane ends with what counts, as others have it.

/** `stale`: the range goes on from something else than is here, or is not all that counts. */
export function cutting(
  range: VerifiedRange,
  view: FeedView,
  hasher: Hasher,
  { number, head }: { readonly number: number; readonly head: HeadRecord },
): "stale" | Replacement {
  const { place, held, lane } = range;
  const { size, freezeAt } = head;
  if (freezeAt === 0 || size < freezeAt || range.head.size !== freezeAt - 1 || held.freezeAt !== freezeAt) return "stale";
  const before = heldBefore(view, hasher, place, held.size + 1);
  if (!equalBytes(before.headId, held.headId)) return "stale";
  // A third branch may part before that: the proof says what counts.
  const proven = view.fork(lane);
  const { peaks } = range.head;
  const isProven = proven?.before.length === peaks.length && proven.before.every((peak, at) => equalBytes(peak, peaks[at] as Uint8Array));
  if (proven?.forkedAt !== freezeAt || !isProven) return "stale";
  return {
    head: { ...range.head, freezeAt },
    from: freezeAt,
    mark: undefined,
    unsaid: redactedBehind(view, number, freezeAt),
    unplaced: [],
  };
}

/** What its events from that one on redact. They cannot all be read: so all that is kept of redactions is. */
function redactedBehind(view: FeedView, lane: number, from: number): readonly NamedEvent[] {
  const named: NamedEvent[] = [];
  for (const [key, value] of view.keys.range(tableRange("redaction"))) {
    const entry = decodeKey(key);
    const seq = decodeRedactionRecord(value);
    if (isMalformed(entry) || entry.table !== "redaction" || entry.by !== lane || isMalformed(seq) || seq < from) continue;
    const { lane: of, seq: at, id } = entry.event;
    named.push({ lane: of.slice() as typeof of, seq: at, id: id.slice() });
  }
  return named;
}
