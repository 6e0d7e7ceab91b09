import { compareBytes, DamagedStore, type Entry, type Range, type ReadableKeys } from "@sinter/core";
import type { Database } from "lmdb";

/** What reading needs of an LMDB database. */
export type ReadableDatabase = Pick<Database<Uint8Array, Uint8Array>, "getBinaryFast" | "getRange">;

/** Read at once, so that the usual short range leaves no cursor open behind it. */
const EAGER_ENTRIES = 16;

/** LMDB hands out Buffers, some over memory it uses again and with a `length` of its own: everything that leaves here is
 * a plain array that says the truth about itself. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

export class LmdbKeys implements ReadableKeys {
  readonly #database: ReadableDatabase;

  constructor(database: ReadableDatabase) {
    this.#database = database;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.peek(key)?.slice();
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    const bytes = reading(() => this.#database.getBinaryFast(key));
    return bytes === undefined ? undefined : plain(bytes);
  }

  range(range: Range): Iterable<Entry> {
    return reading(() => this.#range(range));
  }

  #range({ from, to, order, limit = Number.MAX_SAFE_INTEGER }: Range): Iterable<Entry> {
    if (limit <= 0 || compareBytes(from, to) >= 0) return [];
    // Descending, LMDB starts at the greater bound; each side says for itself whether it belongs.
    const bounds =
      order === "descending" ? { start: to, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true } : { start: from, end: to };
    const cursor = this.#database.getRange({ ...bounds, limit })[Symbol.iterator]();
    const first: Entry[] = [];
    while (first.length < EAGER_ENTRIES) {
      const next = cursor.next();
      if (next.done === true) return first;
      first.push(entryOf(next.value));
      if (first.length === limit) {
        cursor.return?.();
        return first;
      }
    }
    return chained(first, cursor);
  }
}

/** What LMDB, or what brings it to Node, says when its pages are out of order. */
const DAMAGE = /MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|PANIC|BAD_TXN|CURSOR_FULL|PROBLEM)|^Invalid key size/;

/** What LMDB finds out of order in its own pages is damage like any other. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error) || !DAMAGE.test(error.message)) throw error;
    throw new DamagedStore("its data file", error.message);
  }
}

interface Found {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const entryOf = ({ key, value }: Found): Entry => [plain(key), plain(value)];

/** The cursor sees the store as of its first entry. Whoever stops early closes it by leaving the loop. */
function* chained(first: readonly Entry[], cursor: Iterator<Found>): Generator<Entry, void> {
  try {
    yield* first;
    for (let next = reading(() => cursor.next()); next.done !== true; next = reading(() => cursor.next())) yield entryOf(next.value);
  } finally {
    cursor.return?.();
  }
}
