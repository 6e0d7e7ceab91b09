import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import * as limits from "../bytes/limits.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { Writer } from "../bytes/writer.js";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import { flipped } from "../feed/rig/segments.suite.js";
import { chunkHash } from "./chunk-hash.js";
import { classOfSync, decodeSyncMessage, encodeSyncMessage, encodeSyncMessageBehind } from "./codec.js";
import type { Row, SyncMessage, Tell } from "./messages.js";
import { anyMessage, fill, row, samples } from "./messages.suite.js";
import { Sketch } from "./sketch.js";
import { sketchSalt } from "./sketch-walk.js";

function decoded(bytes: Uint8Array): SyncMessage {
  const message = decodeSyncMessage(bytes);
  if (message instanceof Malformed) throw new Error(message.reason);
  return message;
}

const reasonOf = (bytes: Uint8Array) => (decodeSyncMessage(bytes) as Malformed).reason;
const tellOf = (tell: Tell): SyncMessage => ({ kind: "tell", session: 1, round: 1, tell });

describe.each(Object.entries(anyMessage))("%s", (kind, arbitrary: fc.Arbitrary<SyncMessage>) => {
  test("is read as it was written, and written the same", () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const bytes = encodeSyncMessage(message);
        const read = decoded(bytes);
        expect(read).toEqual(message);
        expect(toHex(encodeSyncMessage(read))).toBe(toHex(bytes));
        expect(toHex(encodeSyncMessageBehind(7, message))).toBe(`07${toHex(bytes)}`);
      }),
    );
  });

  test("whatever is read has one encoding, and none of it is missing", () => {
    const own = samples.filter((message) => message.kind === kind).map(encodeSyncMessage);
    expect(own.length).toBeGreaterThan(0);
    for (const bytes of own) {
      for (let end = 0; end < bytes.length; end++)
        if (!isMalformed(decodeSyncMessage(bytes.subarray(0, end)))) throw new Error(`${end} bytes of ${toHex(bytes)}`);
      expect(reasonOf(Uint8Array.of(...bytes, 0))).toBe("1 bytes too many");
      for (let bit = 0; bit < 8 * bytes.length; bit++) hasOneEncoding(flipped(bytes, bit));
    }
  });

  test("and so of bytes with a few changed", () => {
    const change = fc.record({ at: fc.nat(), byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)) });
    fc.assert(
      fc.property(arbitrary, fc.array(change, { minLength: 1, maxLength: 3 }), (message, changes) => {
        const bytes = encodeSyncMessage(message);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        hasOneEncoding(bytes);
      }),
    );
  });
});

function hasOneEncoding(bytes: Uint8Array): void {
  const message = decodeSyncMessage(bytes);
  if (message instanceof Malformed) return;
  const again = toHex(encodeSyncMessage(message));
  if (again !== toHex(bytes)) throw new Error(`${toHex(bytes)} is read, and written ${again}`);
}

test("bytes that are no message are none", () => {
  expect(reasonOf(new Uint8Array(0))).toBe("a message of type 0, which is not assigned");
  expect(reasonOf(Uint8Array.of(25))).toBe("a message of type 25, which is not assigned");
  expect(reasonOf(Uint8Array.of(4, 1, 1, 0))).toBe("nothing where something is asked or told");
  expect(reasonOf(Uint8Array.of(5, 1, 1, 9))).toBe("a tell of type 9, which is not assigned");
  expect(reasonOf(Uint8Array.of(14, 1, 6))).toBe("a reason 6, which is not assigned");
});

test("what carries events or tells of many lanes is bulk", () => {
  const bulk = new Set(samples.filter((message) => classOfSync(message) === "bulk").map(({ kind }) => kind));
  expect([...bulk]).toEqual(["tell", "difference", "chunk", "push", "payload"]);
});

// --- counts that nobody has sent the things for ---

const huge = 2 ** 32;
const beginnings: Readonly<Record<string, Uint8Array>> = {
  "rows that are held": new Writer().u8(8).varint(1).finish(),
  "rows that are told": new Writer().u8(5).varint(1).varint(1).u8(1).finish(),
  "digests of buckets": new Writer().u8(5).varint(1).varint(1).u8(2).finish(),
  symbols: new Writer().u8(5).varint(1).varint(1).u8(3).varint(0).varint(9).finish(),
  "lists of children": new Writer().u8(5).varint(1).varint(1).u8(4).finish(),
  children: new Writer().u8(5).varint(1).varint(1).u8(4).varint(1).finish(),
  buckets: new Writer().u8(4).varint(1).varint(1).u8(3).varint(60_000).finish(),
  items: new Writer().u8(4).varint(1).varint(1).u8(5).finish(),
  places: new Writer().u8(4).varint(1).varint(1).u8(6).finish(),
  keys: new Writer().u8(4).varint(1).varint(1).u8(7).finish(),
  "a pushed range": new Writer().u8(16).finish(),
  "a fork proof": new Writer().u8(18).u8(1).finish(),
  "a seal": new Writer().u8(20).finish(),
};

test.each(Object.entries(beginnings))("%s: a count of four thousand million in a few bytes comes to nothing", (_what, beginning) => {
  const bytes = new Uint8Array(20 + beginning.length);
  bytes.set(beginning);
  bytes.set(new Writer().varint(huge).finish(), beginning.length);
  expect(reasonOf(bytes)).toMatch(/^(4294967296 .* where at most|a length of 4294967296)/);
});

test("nor does the largest count that is allowed, where little follows", () => {
  const counts = [limits.syncRowsMax, limits.syncBucketsMax, limits.sketchSymbolsMax, limits.syncPlacesMax, limits.trieChildrenMax];
  for (const beginning of Object.values(beginnings)) {
    for (const count of [...counts, limits.syncItemsMax, limits.syncPieceBytesMax]) {
      const bytes = new Writer().bytes(beginning).varint(count).bytes(new Uint8Array(9)).finish();
      expect(isMalformed(decodeSyncMessage(bytes))).toBe(true);
    }
  }
});

// --- bounds ---

const many = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);
const plain: Row = { ...row, epoch: { index: 0, nonce: fill(1, 16) }, size: 1, freezeAt: 0, hybridSize: 0 };
const child = { digits: 0, key: fill(0, 0), hash: fill(1, 16) };
const symbol = { lane: 1, row: 2, check: 3, count: 4 };
const ask = (one: Extract<SyncMessage, { readonly kind: "ask" }>["ask"]): SyncMessage => ({ kind: "ask", session: 1, round: 1, ask: one });
const upTo = (count: number, from: number) => Array.from({ length: count }, (_, at) => at + from);
const place = { author: row.author, subject: row.subject, epoch: row.epoch };

const bounded: readonly (readonly [string, number, (count: number) => SyncMessage])[] = [
  ["rows", limits.syncRowsMax, (count) => ({ kind: "held", number: 1, rows: many(count, plain) })],
  ["interests", limits.syncInterestsMax, (count) => ({ ...hello, interest: { kind: "some", hidden: many(count, fill(1, 16)) } })],
  ["buckets asked for", limits.syncBucketsMax, (count) => ask({ kind: "buckets", count })],
  ["buckets told", limits.syncBucketsMax, (count) => tellOf({ kind: "buckets", digests: fill(1, 8 * count) })],
  [
    "buckets whose rows are asked for",
    limits.syncBucketsMax,
    (count) => ask({ kind: "bucket rows", count, buckets: upTo(count, 0), after: fill(0, 0) }),
  ],
  ["symbols asked for", limits.sketchSymbolsMax, (count) => ask({ kind: "symbols", from: 0, count })],
  ["symbols before the first one asked for", limits.sketchSymbolsMax, (from) => ask({ kind: "symbols", from, count: 1 })],
  ["symbols told", limits.sketchSymbolsMax, (count) => tellOf({ kind: "symbols", from: 0, rows: 9, symbols: many(count, symbol) })],
  ["symbols before the first", limits.sketchSymbolsMax, (from) => tellOf({ kind: "symbols", from, rows: 9, symbols: [symbol] })],
  ["rows of a sketch", limits.sketchRowsMax, (rows) => tellOf({ kind: "symbols", from: 0, rows, symbols: [] })],
  ["items", limits.syncItemsMax, (count) => ask({ kind: "items", items: many(count, { lane: 1, row: 2 }) })],
  ["places", limits.syncPlacesMax, (count) => ask({ kind: "branches", places: many(count, { digits: 0, prefix: fill(0, 0) }) })],
  ["keys", limits.syncRowsMax, (count) => ask({ kind: "leaves", keys: many(count, fill(1, 96)) })],
  ["lists of children", limits.syncPlacesMax, (count) => tellOf({ kind: "branches", below: many(count, []) })],
  ["children", limits.trieChildrenMax, (count) => tellOf({ kind: "branches", below: [many(count, child)] })],
  ["bytes of a chunk", limits.syncPieceBytesMax, (count) => ({ ...chunk, bytes: fill(1, count) })],
  ["bytes of a range that is pushed", limits.syncPieceBytesMax, (count) => ({ kind: "push", range: fill(1, count) })],
  ["bytes of a payload", limits.syncPieceBytesMax, (count) => ({ kind: "payload", place, seq: 1, bytes: fill(1, count) })],
  ["bytes of a fork proof", limits.forkProofBytesMax, (count) => ({ kind: "fork", keys: undefined, proof: fill(1, count) })],
  ["bytes of a seal", limits.syncSealBytesMax, (count) => ({ kind: "seal", checkpoint: fill(1, count) })],
  ["payloads that are wanted", limits.syncSeqsMax, (count) => ({ kind: "want payloads", place, seqs: upTo(count, 1) })],
  ["parts", limits.syncPartsMax, (parts) => ({ kind: "difference", session: 1, part: 0, parts, rows: [] })],
  ["epochs", limits.epochIndexMax, (index) => ({ kind: "want seal", place: { ...place, epoch: { ...place.epoch, index } } })],
];
const hello = samples[0] as Extract<SyncMessage, { readonly kind: "hello" }>;
const chunk = { kind: "chunk", stream: 1, seq: 1, position: "last", hash: undefined } as const;

test.each(bounded)("%s: so many, and not one more", (_what, max, make) => {
  const bytes = encodeSyncMessage(make(max));
  expect(bytes.length).toBeLessThan(limits.frameBytesMax);
  expect(isMalformed(decodeSyncMessage(bytes))).toBe(false);
  expect(() => encodeSyncMessage(make(max + 1))).toThrow(RangeError);
});

test("T29 what a stranger counts beyond a bound is refused for that", () => {
  const beyond = (type: readonly number[], count: number, each: Uint8Array) => {
    const writer = new Writer().bytes(Uint8Array.from(type)).varint(count);
    for (let left = count; left > 0; left--) writer.bytes(each);
    return reasonOf(writer.finish());
  };
  expect(beyond([8, 1], limits.syncRowsMax + 1, fill(0, 90))).toBe("4097 rows where at most 4096 are allowed");
  expect(beyond([4, 1, 1, 5], limits.syncItemsMax + 1, fill(0, 8))).toBe("65537 items where at most 65536 are allowed");
  expect(beyond([16], limits.syncPieceBytesMax + 1, fill(0, 1))).toBe("a length of 524289 where at most 524288 is allowed");
  const seqs = new Writer().u8(21).bytes(row.author).bytes(row.subject).varint(0).bytes(fill(1, 16)).varint(2);
  expect(
    reasonOf(
      seqs
        .varint(Number.MAX_SAFE_INTEGER - 1)
        .varint(0)
        .finish(),
    ),
  ).toBe("a number beyond 2^53");
});

test("the longest messages of long things go into a frame", () => {
  const author = (at: number) => Uint8Array.of(at & 255, at >> 8, ...fill(1, 30)) as Row["author"];
  const longest = { ...row, size: 2 ** 53 - 1, freezeAt: 2 ** 53 - 1, hybridSize: 2 ** 53 - 1 };
  const rows = upTo(limits.syncRowsMax, 0).map((at) => {
    const epoch = { index: 0xffff_ffff, nonce: author(at).subarray(0, 16) };
    return { ...longest, author: author(at), subject: author(at) as Uint8Array as Row["subject"], epoch };
  });
  const below = upTo(limits.syncPlacesMax, 0).map((at) =>
    upTo(limits.trieChildrenMax, 0).map((inner) => ({
      digits: 192,
      key: Uint8Array.of(at & 255, inner, at >> 8, ...fill(1, 93)),
      hash: fill(1, 16),
    })),
  );
  const symbols = upTo(limits.sketchSymbolsMax, 0).map(() => ({ ...symbol, count: -(2 ** 32) }));
  for (const tell of [
    { kind: "rows", rows, next: fill(1, 96) },
    { kind: "branches", below },
    { kind: "symbols", from: 0, rows: 2 ** 32, symbols },
  ] as const)
    expect(encodeSyncMessage(tellOf(tell)).length).toBeLessThan(limits.frameBytesMax);
});

// --- what it costs ---

test("a symbol of a million rows takes 13.5 bytes", () => {
  for (const [from, length] of [
    [0, 20],
    [20, 40],
  ] as const) {
    const sketch = new Sketch(sketchSalt(fill(5, 16)), from, length);
    for (let item = 0; item < 1_000_000; item++) sketch.fold(Math.imul(item, 0x9e37_79b1) >>> 0, item, 1);
    const bytes = encodeSyncMessage(tellOf({ kind: "symbols", from, rows: 1_000_000, symbols: sketch.symbols() }));
    expect((bytes.length - 9) / length).toBeLessThanOrEqual(13.5);
    expect(decoded(bytes)).toMatchObject({ tell: { symbols: sketch.symbols() } });
  }
});

test("a row like the one before costs what is different", () => {
  const size = (rows: readonly Row[]) => encodeSyncMessage({ kind: "held", number: 1, rows }).length;
  expect(size([plain, { ...plain, subject: fill(9) as Row["subject"] }]) - size([plain])).toBe(1 + 32 + 1 + 1 + 32);
  expect(size([plain, { ...plain, author: fill(9) as Row["author"] }]) - size([plain])).toBe(1 + 32 + 1 + 1 + 32);
  expect(size([plain]) - size([])).toBe(1 + 64 + 1 + 16 + 1 + 32);
});

test("what the row before says is not said again", () => {
  const alone = encodeSyncMessage({ kind: "held", number: 1, rows: [plain] }).subarray(3);
  expect(reasonOf(Uint8Array.of(8, 1, 2, ...alone, ...alone))).toBe("a row that repeats what the one before says");
  expect(decoded(Uint8Array.of(8, 1, 1, ...alone))).toMatchObject({ rows: [plain] });
});

test("a chunk's hash is of its stream, its place and whether it is the last", () => {
  const one = { stream: 1, seq: 2, position: "within", bytes: fill(1, 9) } as const;
  const hashes = [one, { ...one, stream: 2 }, { ...one, seq: 3 }, { ...one, position: "last" as const }, { ...one, bytes: fill(1, 8) }];
  const told = hashes.map((each) => toHex(chunkHash(hasher, each)));
  expect(new Set(told).size).toBe(5);
  expect(new Set(told.map(({ length }) => length))).toEqual(new Set([32]));
});
