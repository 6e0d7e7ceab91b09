import fc from "fast-check";
import { type AuthorId, asId, type SubjectId } from "../identity/ids.js";
import type { Ask, Digest, Interest, Item, Row, SketchSymbol, SyncMessage, Tell, TrieChildHash, TriePlace } from "./messages.js";
import { goneReasons, nackReasons } from "./messages.js";

// Messages of every kind: one or more of each that stay the same, and any there can be.

export const fill = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);

const place = { author: asId<AuthorId>(fill(1)), subject: asId<SubjectId>(fill(2)), epoch: { index: 300, nonce: fill(3, 16) } };
const digest: Digest = { root: fill(4, 16), sum: fill(5, 8), rows: 1_000_000 };

export const row: Row = { ...place, size: 70_000, headId: fill(6), freezeAt: 0, hybridSize: 69_000 };
const rows: readonly Row[] = [
  row,
  { ...row, subject: asId<SubjectId>(fill(7)), freezeAt: 9, hybridSize: 0 },
  { ...row, author: asId<AuthorId>(fill(8)), epoch: { index: 0, nonce: fill(9, 16) }, size: 0, headId: fill(0), hybridSize: 0 },
];
const symbols = [1_000_000, 640_600, 489_300].map((count, at) => ({ lane: at, row: 0xffff_ffff - at, check: 77, count }));
const children: readonly TrieChildHash[] = [
  { digits: 5, key: Uint8Array.of(1, 2, 0x30), hash: fill(1, 16) },
  { digits: 192, key: fill(1, 96), hash: fill(2, 16) },
];

const asks: readonly Ask[] = [
  { kind: "rows", after: fill(1, 96) },
  { kind: "buckets", count: 65_536 },
  { kind: "bucket rows", count: 4_096, buckets: [0, 1, 300, 4_095], after: fill(0, 0) },
  { kind: "symbols", from: 20, count: 30 },
  { kind: "items", items: [{ lane: 1, row: 0xffff_ffff }] },
  {
    kind: "branches",
    places: [
      { digits: 0, prefix: fill(0, 0) },
      { digits: 3, prefix: Uint8Array.of(0x12, 0x30) },
      { digits: 4, prefix: Uint8Array.of(0x12, 0x34) },
    ],
  },
  { kind: "leaves", keys: [fill(1, 96), Uint8Array.of(...fill(1, 95), 2)] },
];

const tells: readonly Tell[] = [
  { kind: "rows", rows, next: fill(9, 96) },
  { kind: "rows", rows: [], next: undefined },
  { kind: "buckets", digests: fill(3, 32) },
  { kind: "symbols", from: 0, rows: 1_000_000, symbols },
  { kind: "branches", below: [children, [], children] },
  { kind: "cannot" },
];

export const samples: readonly SyncMessage[] = [
  {
    kind: "hello",
    ...{ from: 1, to: 2, number: 3, nonce: fill(1, 16), salt: fill(2, 16) },
    ...{ interest: { kind: "some", hidden: [fill(3, 16), fill(4, 16)] }, syncs: "no", wallMs: 1_795_000_000_000 },
  },
  {
    kind: "hello",
    ...{ from: 1, to: 1, number: 900, nonce: fill(1, 16), salt: fill(2, 16), interest: { kind: "all" }, syncs: "yes", wallMs: 0 },
  },
  { kind: "open", session: 300, scope: fill(1, 8), digest, ask: asks[3] },
  { kind: "open", session: 1, scope: fill(1, 8), digest, ask: undefined },
  { kind: "opened", session: 300, digest, tell: tells[3] },
  { kind: "opened", session: 300, digest: "same", tell: undefined },
  { kind: "opened", session: 300, digest: "other scope", tell: undefined },
  ...asks.map((ask): SyncMessage => ({ kind: "ask", session: 2, round: 1, ask })),
  ...tells.map((tell): SyncMessage => ({ kind: "tell", session: 2, round: 1, tell })),
  { kind: "difference", session: 2, part: 1, parts: 2, rows },
  { kind: "settled", session: 2, missing: 128 },
  { kind: "held", number: 7, rows },
  { kind: "heard", number: 7 },
  { kind: "want", stream: 4, place, from: 1, previous: fill(0) },
  { kind: "want", stream: 4, place, from: 128, previous: fill(5) },
  { kind: "chunk", stream: 4, seq: 0, position: "within", hash: undefined, bytes: fill(1, 20) },
  { kind: "chunk", stream: 4, seq: 200, position: "last", hash: fill(2, 16), bytes: fill(1, 0) },
  { kind: "ack", stream: 4, seq: 201, window: 16 },
  ...nackReasons.map((reason): SyncMessage => ({ kind: "nack", stream: 4, seq: 3, reason })),
  ...goneReasons.map((reason): SyncMessage => ({ kind: "gone", stream: 4, reason })),
  { kind: "enough", stream: 4 },
  { kind: "push", range: fill(7, 40) },
  { kind: "want fork", place },
  { kind: "fork", keys: undefined, proof: fill(8, 50) },
  { kind: "fork", keys: { suite: 2, ed25519: fill(1), falcon: fill(2, 897) }, proof: fill(8, 5) },
  { kind: "want seal", place },
  { kind: "seal", checkpoint: fill(9, 60) },
  { kind: "want payloads", place, seqs: [1, 2, 300] },
  { kind: "payload", place, seq: 300, bytes: fill(4, 30) },
  { kind: "ping", number: 9 },
  { kind: "pong", number: 2 ** 40 },
];

// --- any there can be ---

const whole = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());
const u32 = fc.nat(0xffff_ffff);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength });
/** One of few, so that neighbours have them in common, or any. */
const some = (length: number) => fc.oneof(fc.constantFrom(fill(1, length), fill(2, length)), bytes(length));

const anyPlace = fc.record({
  author: some(32) as fc.Arbitrary<AuthorId>,
  subject: some(32) as fc.Arbitrary<SubjectId>,
  epoch: fc.record({ index: fc.oneof(fc.nat(3), u32), nonce: some(16) }),
});
const anyRow = fc
  .tuple(anyPlace, fc.record({ size: whole, headId: bytes(32), freezeAt: whole, hybridSize: whole }))
  .map(([where, says]): Row => ({ ...where, ...says, headId: says.size === 0 ? fill(0) : says.headId }));
const anyRows = fc.array(anyRow, { maxLength: 6 });
const anyDigest: fc.Arbitrary<Digest> = fc.record({ root: bytes(16), sum: bytes(8), rows: whole });
const rising = (least: number, most: number) =>
  fc.uniqueArray(fc.integer({ min: least, max: most }), { maxLength: 8 }).map((list) => list.toSorted((left, right) => left - right));

const cut = fc.tuple(fc.nat(192), some(96)).map(([digits, key]) => {
  const kept = key.slice(0, Math.ceil(digits / 2));
  if (digits % 2 === 1) kept[kept.length - 1] = (kept.at(-1) ?? 0) & 0xf0;
  return { digits, key: kept };
});
const anyTriePlace = cut.map(({ digits, key }): TriePlace => ({ digits, prefix: key }));
const anyChild = fc.tuple(cut, bytes(16)).map(([from, hash]): TrieChildHash => ({ ...from, hash }));
const anySymbol = fc.record({ lane: u32, row: u32, check: u32, count: fc.integer({ min: -(2 ** 31), max: 2 ** 32 }) });
const nearSymbol = fc.record({ lane: u32, row: u32, check: u32, count: fc.integer({ min: -9, max: 9 }) });
const anySymbols = fc.oneof(fc.array(anySymbol, { maxLength: 70 }), fc.array(nearSymbol, { maxLength: 70 })) as fc.Arbitrary<
  SketchSymbol[]
>;

const anyAsk: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ kind: fc.constant("rows" as const), after: upTo(96) }),
  fc.record({ kind: fc.constant("buckets" as const), count: fc.integer({ min: 1, max: 65_536 }) }),
  fc.record({ kind: fc.constant("bucket rows" as const), count: fc.constant(500), buckets: rising(0, 499), after: upTo(96) }),
  fc.record({ kind: fc.constant("symbols" as const), from: fc.nat(9_000), count: fc.integer({ min: 1, max: 9_000 }) }),
  fc.record({ kind: fc.constant("items" as const), items: fc.array(fc.record({ lane: u32, row: u32 }) as fc.Arbitrary<Item>) }),
  fc.record({ kind: fc.constant("branches" as const), places: fc.array(anyTriePlace, { maxLength: 6 }) }),
  fc.record({ kind: fc.constant("leaves" as const), keys: fc.array(some(96), { maxLength: 6 }) }),
);

const anyTell: fc.Arbitrary<Tell> = fc.oneof(
  fc.record({
    kind: fc.constant("rows" as const),
    rows: anyRows,
    next: fc.option(fc.uint8Array({ minLength: 1, maxLength: 96 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("buckets" as const), digests: fc.integer({ min: 1, max: 20 }).chain((count) => bytes(8 * count)) }),
  fc.record({
    kind: fc.constant("symbols" as const),
    from: fc.nat(9_000),
    rows: fc.oneof(fc.nat(40), fc.nat(2 ** 32 - 1)),
    symbols: anySymbols,
  }),
  fc.record({ kind: fc.constant("branches" as const), below: fc.array(fc.array(anyChild, { maxLength: 4 }), { maxLength: 4 }) }),
  fc.constant({ kind: "cannot" as const }),
);

const anyInterest: fc.Arbitrary<Interest> = fc.oneof(
  fc.constant({ kind: "all" as const }),
  fc.record({ kind: fc.constant("some" as const), hidden: fc.array(bytes(16)) }),
);

const anyHello = fc
  .record({ from: fc.integer({ min: 1, max: 900 }), more: fc.nat(300), number: whole, nonce: bytes(16), salt: bytes(16) })
  .chain(({ more, ...begins }) =>
    fc.record({
      kind: fc.constant("hello" as const),
      ...(Object.fromEntries(Object.entries(begins).map(([name, value]) => [name, fc.constant(value)])) as {
        readonly [Name in keyof typeof begins]: fc.Arbitrary<(typeof begins)[Name]>;
      }),
      to: fc.constant(begins.from + more),
      interest: anyInterest,
      syncs: fc.constantFrom("yes" as const, "no" as const),
      wallMs: fc.nat(2 ** 48 - 1),
    }),
  );

const kind = <Kind extends SyncMessage["kind"]>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);
const numbered = <Kind extends "heard" | "ping" | "pong">(name: Kind) => fc.record({ kind: kind(name), number: whole });
const ofPlace = <Kind extends "want fork" | "want seal">(name: Kind) => fc.record({ kind: kind(name), place: anyPlace });

/** By kind: none can be left out. */
export const anyMessage: { readonly [Kind in SyncMessage["kind"]]: fc.Arbitrary<Extract<SyncMessage, { readonly kind: Kind }>> } = {
  hello: anyHello,
  open: fc.record({
    kind: kind("open"),
    session: whole,
    scope: bytes(8),
    digest: anyDigest,
    ask: fc.option(anyAsk, { nil: undefined }),
  }),
  opened: fc.record({
    kind: kind("opened"),
    session: whole,
    digest: fc.oneof(anyDigest, fc.constantFrom("same" as const, "other scope" as const)),
    tell: fc.option(anyTell, { nil: undefined }),
  }),
  ask: fc.record({ kind: kind("ask"), session: whole, round: whole, ask: anyAsk }),
  tell: fc.record({ kind: kind("tell"), session: whole, round: whole, tell: anyTell }),
  difference: fc.record({ kind: kind("difference"), session: whole, part: fc.nat(99), parts: fc.constant(100), rows: anyRows }),
  settled: fc.record({ kind: kind("settled"), session: whole, missing: whole }),
  held: fc.record({ kind: kind("held"), number: whole, rows: anyRows }),
  heard: numbered("heard"),
  want: fc
    .record({ kind: kind("want"), stream: whole, place: anyPlace, from: fc.integer({ min: 1, max: 300 }), previous: bytes(32) })
    .map((want) => ({ ...want, previous: want.from === 1 ? fill(0) : want.previous })),
  chunk: fc.record({
    kind: kind("chunk"),
    stream: whole,
    seq: whole,
    position: fc.constantFrom("within" as const, "last" as const),
    hash: fc.option(bytes(16), { nil: undefined }),
    bytes: upTo(300),
  }),
  ack: fc.record({ kind: kind("ack"), stream: whole, seq: whole, window: whole }),
  nack: fc.record({ kind: kind("nack"), stream: whole, seq: whole, reason: fc.constantFrom(...nackReasons) }),
  gone: fc.record({ kind: kind("gone"), stream: whole, reason: fc.constantFrom(...goneReasons) }),
  enough: fc.record({ kind: kind("enough"), stream: whole }),
  push: fc.record({ kind: kind("push"), range: upTo(300) }),
  "want fork": ofPlace("want fork"),
  fork: fc.record({
    kind: kind("fork"),
    keys: fc.option(fc.record({ suite: fc.constant(2 as const), ed25519: bytes(32), falcon: bytes(897) }), { nil: undefined }),
    proof: upTo(300),
  }),
  "want seal": ofPlace("want seal"),
  seal: fc.record({ kind: kind("seal"), checkpoint: upTo(300) }),
  "want payloads": fc.record({ kind: kind("want payloads"), place: anyPlace, seqs: rising(1, Number.MAX_SAFE_INTEGER) }),
  payload: fc.record({ kind: kind("payload"), place: anyPlace, seq: whole, bytes: upTo(300) }),
  ping: numbered("ping"),
  pong: numbered("pong"),
};
