import { toHex } from "../../bytes/hex.js";
import { causalFullEveryEvents, causalRowsMax, epochIndexMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import { asId, type Epoch, epochNonceBytes, type FeedId, idBytes } from "../../identity/ids.js";

// What an author knew of its subject's other lanes when it wrote an event (docs/wire.md, "Causal delta"). A delta lists
// what changed since the lane's event before; the last full one and those behind it give the vector clock of any event.
// What a delta says is a claim: of lanes nobody here holds, perhaps. It is reported, never waited for.

/** A lane as deltas name it: it need not be held here. */
export interface CausalLane {
  readonly feed: FeedId;
  readonly epoch: Epoch;
}

export interface CausalRow extends CausalLane {
  readonly size: number;
}

export interface CausalDeltaRow {
  readonly index: number;
  /** The size where the row brings a new entry, else the growth. */
  readonly amount: number;
  /** Only of an entry that joins the dictionary. */
  readonly lane?: CausalLane;
}

export interface CausalDelta {
  readonly coverage: "full" | "changes";
  readonly rows: readonly CausalDeltaRow[];
}

const FULL = 1;
/** Two varints of one byte: a known index and a growth. */
const ROW_BYTES_MIN = 2;

/** One text for one lane, for the keys of maps. */
export function causalLaneKey(lane: CausalLane): string {
  return `${toHex(lane.feed)}/${lane.epoch.index}/${toHex(lane.epoch.nonce)}`;
}

export function isFullDelta(delta: Uint8Array): boolean {
  return delta[0] === FULL;
}

/** What is wrong with a delta as far as it shows without the lane's dictionary; a full one needs none and shows all. */
export function causalDeltaFault(bytes: Uint8Array, from: number, end: number): string | undefined {
  if (bytes[from] === FULL) {
    const delta = readDelta(new Reader(bytes, from, end), 0);
    return delta instanceof Malformed ? delta.reason : undefined;
  }
  const reader = new Reader(bytes, from, end);
  const { count } = readOpening(reader);
  if (!reader.failed && count * ROW_BYTES_MIN > reader.left) reader.fail(`${count} causal rows in ${reader.left} bytes`);
  reader.take(reader.left);
  const opening = reader.finish(() => count);
  return opening instanceof Malformed ? opening.reason : undefined;
}

/** `dictionaryLength`: of the lane's dictionary before this delta; a full delta starts from none whatever is given. */
export function decodeCausalDelta(bytes: Uint8Array, dictionaryLength: number): Decoded<CausalDelta> {
  return readDelta(new Reader(bytes), dictionaryLength);
}

/** Rows in rising order of index, at most causalRowsMax. */
export function encodeCausalDelta(delta: CausalDelta): Uint8Array<ArrayBuffer> {
  if (delta.rows.length > causalRowsMax) throw new RangeError(`a causal delta has at most ${causalRowsMax} rows`);
  const writer = new Writer();
  writer.varint(delta.coverage === "full" ? FULL : 0).varint(delta.rows.length);
  for (const { index, lane, amount } of delta.rows) {
    writer.varint(index);
    if (lane !== undefined) writer.bytes(lane.feed).varint(lane.epoch.index).bytes(lane.epoch.nonce);
    writer.varint(amount);
  }
  return writer.finish();
}

function readOpening(reader: Reader): { coverage: CausalDelta["coverage"]; count: number } {
  const flags = reader.varint();
  if (flags > FULL) reader.fail(`causal flags ${flags}: bits that are not assigned`);
  const count = reader.varint();
  if (count > causalRowsMax) reader.fail(`${count} causal rows; ${causalRowsMax} are allowed`);
  if (flags !== FULL && count === 0) reader.fail("a causal delta that is neither full nor lists a change");
  return { coverage: flags === FULL ? "full" : "changes", count };
}

function readDelta(reader: Reader, dictionaryLength: number): Decoded<CausalDelta> {
  const { coverage, count } = readOpening(reader);
  const rows: CausalDeltaRow[] = [];
  let length = coverage === "full" ? 0 : dictionaryLength;
  let previous = -1;
  while (rows.length < count && !reader.failed) {
    const index = reader.varint();
    if (index <= previous) reader.fail("causal rows must rise by index");
    if (index > length) reader.fail(`causal index ${index} where the dictionary has ${length} entries`);
    previous = index;
    if (index < length) rows.push({ index, amount: readAmount(reader) });
    else {
      length++;
      const lane = readLane(reader);
      const amount = readAmount(reader);
      if (lane !== undefined) rows.push({ index, amount, lane });
    }
  }
  return reader.finish(() => ({ coverage, rows }));
}

function readAmount(reader: Reader): number {
  const amount = reader.varint();
  if (amount === 0) reader.fail("a causal row of no growth");
  return amount;
}

function readLane(reader: Reader): CausalLane | undefined {
  const feed = reader.take(idBytes);
  const index = reader.varint();
  const nonce = reader.take(epochNonceBytes);
  if (index > epochIndexMax) reader.fail("an epoch index beyond 32 bits");
  return reader.failed ? undefined : { feed: asId<FeedId>(feed), epoch: { index, nonce } };
}

interface Entry {
  readonly lane: CausalLane;
  size: number;
}

/** Told of what changes while a decoder goes through a lane. */
export interface CausalListener {
  /** The dictionary's entry `index`: a new one, or one that has grown. */
  row(index: number, lane: CausalLane, size: number): void;
  /** Nothing is known from here on until rows say so. */
  forgotten(): void;
}

/** Replays a lane's deltas: the vector clock at each of its events. Start at an event with a full delta; from any event,
 * none is further back than causalFullEveryEvents. After a delta that cannot be right nothing is known until the next full one. */
export class CausalDecoder {
  readonly own: CausalLane;
  readonly #ownKey: string;
  readonly #byKey = new Map<string, Entry>();
  readonly #listener: CausalListener | undefined;
  #entries: Entry[] = [];
  /** Events since the last full delta, it among them; 0 while nothing is known. */
  #sinceFull = 0;

  constructor(own: CausalLane, listener?: CausalListener) {
    this.own = own;
    this.#ownKey = causalLaneKey(own);
    this.#listener = listener;
  }

  /** Whether the vector clock of the event last applied is known. */
  get known(): boolean {
    return this.#sinceFull > 0;
  }

  get sinceFull(): number {
    return this.#sinceFull;
  }

  /** The next event of the lane, with its delta where it has one. Answers why the vector clock is not known, if it is not. */
  apply(delta: Uint8Array | undefined): Malformed | undefined {
    if (delta !== undefined && isFullDelta(delta)) this.#forget();
    else if (!this.known) return new Malformed("no sound full causal delta before this event");
    else if (this.#sinceFull >= causalFullEveryEvents) return this.#lose(`no full causal delta in ${causalFullEveryEvents} events`);
    this.#sinceFull++;
    if (delta === undefined) return undefined;
    const decoded = decodeCausalDelta(delta, this.#entries.length);
    if (decoded instanceof Malformed) return this.#lose(decoded.reason);
    for (const row of decoded.rows) {
      const fault = this.#take(row);
      if (fault !== undefined) return this.#lose(fault);
    }
    return undefined;
  }

  /** The lanes listed, in the dictionary's order. Empty while nothing is known. */
  rows(): readonly CausalRow[] {
    return this.#entries.map((entry) => ({ ...entry.lane, size: entry.size }));
  }

  /** How much of a lane the author knew; 0 of one it never listed. */
  sizeOf(lane: CausalLane): number {
    return this.#byKey.get(causalLaneKey(lane))?.size ?? 0;
  }

  #take(row: CausalDeltaRow): string | undefined {
    if (row.lane === undefined) {
      const entry = this.#entries[row.index] as Entry;
      entry.size += row.amount;
      if (entry.size > Number.MAX_SAFE_INTEGER) return "a causal size beyond 2^53";
      this.#listener?.row(row.index, entry.lane, entry.size);
      return undefined;
    }
    const key = causalLaneKey(row.lane);
    if (key === this.#ownKey) return "a causal delta that lists its own lane";
    if (this.#byKey.has(key)) return "a causal dictionary that lists a lane twice";
    // A copy: the dictionary outlives the block that the delta was read from.
    const { feed, epoch } = row.lane;
    const lane = { feed: asId<FeedId>(feed.slice()), epoch: { index: epoch.index, nonce: epoch.nonce.slice() } };
    const entry = { lane, size: row.amount };
    this.#byKey.set(key, entry);
    this.#entries.push(entry);
    this.#listener?.row(row.index, lane, row.amount);
    return undefined;
  }

  #forget(): void {
    this.#byKey.clear();
    this.#entries = [];
    this.#sinceFull = 0;
    this.#listener?.forgotten();
  }

  #lose(reason: string): Malformed {
    this.#forget();
    return new Malformed(reason);
  }
}
