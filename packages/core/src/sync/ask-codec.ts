import { frontierKeyBytes, sketchSymbolsMax, syncBucketsMax, syncItemsMax } from "../bytes/limits.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { readList, readRising, readUpTo, writeList, writePiece, writeRising } from "./bounded.js";
import type { Ask, Item, Tell } from "./messages.js";
import { readRows, writeRows } from "./row-codec.js";
import { readSymbols, writeSymbols } from "./symbol-codec.js";
import { readBelow, readKeys, readPlaces, writeBelow, writeKeys, writePlaces } from "./trie-codec.js";

// What a session asks and is told. Both begin with a byte that says which; 0 is neither, where one need not be.

interface Layout<Word> {
  readonly type: number;
  write(writer: Writer, word: Word): void;
  read(reader: Reader): Word;
}

type Layouts<Word extends { readonly kind: string }> = {
  readonly [Kind in Word["kind"]]: Layout<Extract<Word, { readonly kind: Kind }>>;
};

const BUCKET_BYTES = 8;
const BUCKETS = { what: "buckets", max: syncBucketsMax };
const FROM = { what: "symbols before the first", max: sketchSymbolsMax };
const SYMBOLS = { what: "symbols", max: sketchSymbolsMax };
const ITEMS = { what: "items", max: syncItemsMax };

const asks: Layouts<Ask> = {
  rows: {
    type: 1,
    write: (writer, { after }) => writePiece(writer, after, frontierKeyBytes),
    read: (reader) => ({ kind: "rows", after: reader.prefixed(frontierKeyBytes) }),
  },
  buckets: {
    type: 2,
    write: (writer, { count }) => writer.varint(within(count, syncBucketsMax)),
    read: (reader) => ({ kind: "buckets", count: readSome(reader, BUCKETS) }),
  },
  "bucket rows": {
    type: 3,
    write(writer, { count, buckets, after }) {
      if ((buckets.at(-1) ?? 0) >= count) throw new RangeError(`a bucket behind the last of ${count}`);
      writeRising(writer.varint(within(count, syncBucketsMax)), buckets, 0, BUCKETS);
      writePiece(writer, after, frontierKeyBytes);
    },
    read(reader) {
      const count = readSome(reader, BUCKETS);
      const buckets = readRising(reader, 0, BUCKETS);
      if ((buckets.at(-1) ?? 0) >= count) reader.fail(`a bucket behind the last of ${count}`);
      return { kind: "bucket rows", count, buckets, after: reader.prefixed(frontierKeyBytes) };
    },
  },
  symbols: {
    type: 4,
    write: (writer, { from, count }) => writer.varint(atMost(from, sketchSymbolsMax)).varint(within(count, sketchSymbolsMax)),
    read: (reader) => ({ kind: "symbols", from: readUpTo(reader, FROM), count: readSome(reader, SYMBOLS) }),
  },
  items: {
    type: 5,
    write: (writer, { items }) => writeList(writer, items, ITEMS, ({ lane, row }) => writer.u32(lane).u32(row)),
    read: (reader) => ({ kind: "items", items: readList<Item>(reader, ITEMS, () => ({ lane: reader.u32(), row: reader.u32() })) }),
  },
  branches: {
    type: 6,
    write: (writer, { places }) => writePlaces(writer, places),
    read: (reader) => ({ kind: "branches", places: readPlaces(reader) }),
  },
  leaves: {
    type: 7,
    write: (writer, { keys }) => writeKeys(writer, keys),
    read: (reader) => ({ kind: "leaves", keys: readKeys(reader) }),
  },
};

const tells: Layouts<Tell> = {
  rows: {
    type: 1,
    write(writer, { rows, next }) {
      writeRows(writer, rows);
      if (next?.length === 0) throw new RangeError("what comes next begins somewhere");
      writePiece(writer, next ?? new Uint8Array(0), frontierKeyBytes);
    },
    read(reader) {
      const rows = readRows(reader);
      const next = reader.prefixed(frontierKeyBytes);
      return { kind: "rows", rows, next: next.length === 0 ? undefined : next };
    },
  },
  buckets: {
    type: 2,
    write(writer, { digests }) {
      if (digests.length % BUCKET_BYTES !== 0) throw new RangeError(`digests of ${digests.length} bytes`);
      writer.varint(within(digests.length / BUCKET_BYTES, syncBucketsMax)).bytes(digests);
    },
    read: (reader) => ({ kind: "buckets", digests: reader.take(BUCKET_BYTES * readSome(reader, BUCKETS)) }),
  },
  symbols: {
    type: 3,
    write: (writer, run) => writeSymbols(writer, run),
    read: (reader) => ({ kind: "symbols", ...readSymbols(reader) }),
  },
  branches: {
    type: 4,
    write: (writer, { below }) => writeBelow(writer, below),
    read: (reader) => ({ kind: "branches", below: readBelow(reader) }),
  },
  cannot: { type: 5, write: () => undefined, read: () => ({ kind: "cannot" }) },
};

const askOf = byType<Ask>(asks);
const tellOf = byType<Tell>(tells);

export function writeAsk(writer: Writer, ask: Ask | undefined): void {
  writeWord(writer, asks, ask);
}

/** `undefined`: none, or it failed. */
export function readAsk(reader: Reader): Ask | undefined {
  return readWord(reader, askOf, "an ask");
}

export function writeTell(writer: Writer, tell: Tell | undefined): void {
  writeWord(writer, tells, tell);
}

export function readTell(reader: Reader): Tell | undefined {
  return readWord(reader, tellOf, "a tell");
}

function writeWord<Word extends { readonly kind: string }>(writer: Writer, layouts: Layouts<Word>, word: Word | undefined): void {
  if (word === undefined) return void writer.u8(0);
  const { type, write } = layouts[word.kind as Word["kind"]] as Layout<Word>;
  write(writer.u8(type), word);
}

function readWord<Word>(reader: Reader, layouts: ReadonlyMap<number, Layout<Word>>, what: string): Word | undefined {
  const type = reader.u8();
  if (type === 0) return undefined;
  const layout = layouts.get(type);
  if (layout === undefined) reader.fail(`${what} of type ${type}, which is not assigned`);
  return reader.failed ? undefined : layout?.read(reader);
}

function byType<Word extends { readonly kind: string }>(layouts: Layouts<Word>): ReadonlyMap<number, Layout<Word>> {
  return new Map(Object.values<Layout<Word>>(layouts as never).map((layout) => [layout.type, layout]));
}

function readSome(reader: Reader, bound: { readonly what: string; readonly max: number }): number {
  const count = readUpTo(reader, bound);
  if (count < 1) reader.fail(`no ${bound.what}`);
  return count;
}

function within(count: number, max: number): number {
  if (count < 1) throw new RangeError("none of what is to be said");
  return atMost(count, max);
}

function atMost(count: number, max: number): number {
  if (count > max) throw new RangeError(`${count} where at most ${max} can be said`);
  return count;
}
