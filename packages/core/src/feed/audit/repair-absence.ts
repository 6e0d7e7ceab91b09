import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, spanWords } from "../../identity/crypto.js";
import type { Batch } from "../../protocol/key-space.js";
import { absentKey, blockKey, decodeKey, laneRange, type NamedEvent, redactionKey, tableRange } from "../../store/keys.js";
import { decodeRedactionRecord, encodeRedactionRecord, type LaneRecord } from "../../store/records.js";
import { type BlockView, checkBlock, isAbsent } from "../event/block.js";
import { relaidBlock } from "../event/relaid-block.js";
import { type EventPlace, isListed, type NamedLane, namedBy, namedLane, redactedIn, redactionAt, soundEvent } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import { listedFault, redactionFault, unlistedRedaction } from "./audit-absence.js";
import { entriesOf } from "./audit-tables.js";
import { type AuditParts, Findings } from "./findings.js";

// The list of absent payloads and the redactions follow from the events: what of them is lost or made up is put right. A
// payload that is redacted and still here goes.

export function* repairAbsence(view: FeedView, { hasher }: AuditParts, mended: Findings): Generator<Batch, void, undefined> {
  yield* removeStrays({ view, hasher }, mended);
  // The redactions first: they say which payloads are to go.
  for (const table of ["redaction", "absent"] as const) {
    for (const [key] of entriesOf(view.keys, tableRange("lane"))) {
      const place = decodeKey(key);
      const record = isMalformed(place) || place.table !== "lane" ? undefined : new Findings().attempt(() => view.lane(place.lane));
      if (isMalformed(place) || place.table !== "lane" || record === undefined) continue;
      yield* new LaneAbsence({ view, hasher }, { number: place.lane, record }, mended).mend(table);
    }
  }
}

interface RepairParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
}

function* removeStrays({ view, hasher }: RepairParts, mended: Findings): Generator<Batch, void, undefined> {
  for (const [key, value] of entriesOf(view.keys, tableRange("absent"))) {
    const place = decodeKey(key);
    const isRight = !isMalformed(place) && place.table === "absent" && listedFault(view, place, value) === undefined;
    if (!isRight) mended.add("absent", "list", "an entry of no absent payload, removed");
    yield isRight ? [] : [[key.slice(), undefined]];
  }
  for (const [key, value] of entriesOf(view.keys, tableRange("redaction"))) {
    const place = decodeKey(key);
    const isStray = isMalformed(place) || place.table !== "redaction" || isContradicted({ view, hasher }, place, value);
    if (isStray) mended.add("redaction", "redactions", "an entry that no event says, removed");
    yield isStray ? [[key.slice(), undefined]] : [];
  }
}

/** Whether an entry says of an event that it redacts another, and it does not. Where that event cannot be read any more, nothing
 * contradicts the entry: without it what was taken back could come in again. */
function isContradicted(parts: RepairParts, entry: { readonly event: NamedEvent; readonly by: number }, value: Uint8Array): boolean {
  const found = new Findings();
  const fault = found.attempt(() => redactionFault(parts, entry, value));
  if (fault === undefined && found.list().length === 0) return false;
  const seq = decodeRedactionRecord(value);
  return isMalformed(seq) || isReadable(parts, { lane: entry.by, seq });
}

/** Whether the event is here as it was written, or there certainly is none. */
function isReadable({ view, hasher }: RepairParts, place: EventPlace): boolean {
  const found = new Findings();
  const event = found.attempt(() => soundEvent(view, hasher, place));
  if (event !== undefined || found.list().length > 0) return event !== undefined;
  const isWhole = view.lane(place.lane) !== undefined && view.head(place.lane) !== undefined;
  return isWhole || [...view.keys.range({ ...laneRange("block", place.lane), limit: 1 })].length === 0;
}

class LaneAbsence {
  readonly #parts: RepairParts;
  readonly #number: number;
  readonly #record: LaneRecord;
  readonly #named: NamedLane;
  readonly #mended: Findings;

  constructor(parts: RepairParts, { number, record }: { readonly number: number; readonly record: LaneRecord }, mended: Findings) {
    this.#parts = parts;
    this.#number = number;
    this.#record = record;
    this.#named = namedLane(parts.hasher, record);
    this.#mended = mended;
  }

  *mend(table: "redaction" | "absent"): Generator<Batch, void, undefined> {
    for (const [, bytes] of entriesOf(this.#parts.view.keys, laneRange("block", this.#number))) {
      const block = checkBlock(bytes);
      yield isMalformed(block) ? [] : table === "redaction" ? this.#redactions(block) : this.#payloads(block);
    }
  }

  #redactions(block: BlockView): Batch {
    const { hasher } = this.#parts;
    const changes: [Uint8Array, Uint8Array][] = [];
    for (let index = 0; index < block.count; index++) {
      const at = block.spans[index * spanWords] as number;
      const by = { lane: this.#number, seq: block.firstSeq + index };
      if (unlistedRedaction(this.#parts, this.#record, by, { bytes: block.bytes, at }) === undefined) continue;
      const redaction = redactionAt(block.bytes, at);
      const key = redaction && redactionKey(namedBy(hasher, this.#record, redaction), this.#number);
      // Of two in one block the first counts longest; and an altered event says nothing.
      if (key === undefined || changes.some(([known]) => equalBytes(known, key)) || !isReadable(this.#parts, by)) continue;
      changes.push([key, encodeRedactionRecord(by.seq)]);
      this.#mended.add("redaction", `lane ${this.#number}`, `what event ${by.seq} redacts, entered again`);
    }
    return changes;
  }

  #payloads(block: BlockView): Batch {
    const { view, hasher } = this.#parts;
    const changes: [Uint8Array, Uint8Array][] = [];
    const listed = (index: number) => {
      const place = { lane: this.#number, seq: block.firstSeq + index };
      if (!isListed(view, place)) changes.push([absentKey(place.lane, place.seq), new Uint8Array(0)]);
    };
    // Where it cannot be told whether a redaction counts, nothing goes.
    const redacted = new Findings().attempt(() => redactedIn(view, hasher, this.#named, block)) ?? [];
    const gone = redacted.filter((index) => !isAbsent(block, index));
    for (const index of [...block.absent, ...gone]) listed(index);
    if (gone.length > 0)
      changes.push([
        blockKey(this.#number, block.firstSeq),
        relaidBlock(hasher, block, (index) => (gone.includes(index) ? "absent" : undefined)),
      ]);
    if (changes.length > 0)
      this.#mended.add("absent", `lane ${this.#number}`, `payloads of the block from seq ${block.firstSeq}: listed or dropped`);
    return changes;
  }
}
