import fc from "fast-check";
import { expect, test } from "vitest";
import { frameBytesMax, sketchSymbolsMax, syncBucketsMax, syncRowsMax, trieChildrenMax } from "../../bytes/limits.js";
import { laneOf } from "../../feed/seal/checkpoint.js";
import { branchPath } from "../../proof/trie-digits.js";
import { trieKey } from "../../store/keys.js";
import { anyRows, everything, nameOfRow, RowStore, some, spacePart, subjectPart, twoStores } from "../held-rows.suite.js";
import type { Ask, Row, Tell } from "../messages.js";
import { scopeTop } from "../scope-trie.js";
import { answer } from "./answer.js";
import { BucketsReconciler } from "./buckets.js";
import { FrontierReconciler } from "./frontier.js";
import { reconcile } from "./reconciling.suite.js";

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const bucketCounts = fc.oneof(fc.nat(2 * syncBucketsMax), fc.constantFrom(2, 64, syncBucketsMax));
const anyPlace = fc.tuple(fc.nat(192), bytes(96)).map(([digits, key]) => {
  const prefix = new Uint8Array(Math.ceil(digits / 2));
  prefix.set(key.subarray(0, prefix.length));
  if (digits % 2 === 1) prefix[prefix.length - 1] &= 0xf0;
  return { digits, prefix };
});
const anyAsk: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ kind: fc.constant("rows" as const), after: bytes(5) }),
  fc.record({ kind: fc.constant("buckets" as const), count: bucketCounts }),
  fc.record({ kind: fc.constant("bucket rows" as const), count: bucketCounts, buckets: fc.array(fc.nat()), after: bytes(4) }),
  fc.record({ kind: fc.constant("symbols" as const), from: fc.nat(2 * sketchSymbolsMax), count: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({ kind: fc.constant("items" as const), items: fc.array(fc.record({ lane: word, row: word })) }),
  fc.record({ kind: fc.constant("branches" as const), places: fc.array(anyPlace) }),
  fc.record({ kind: fc.constant("leaves" as const), keys: fc.array(fc.uint8Array({ minLength: 96, maxLength: 96 })) }),
);

test("whatever is asked is answered with as much as was asked for, or with that it cannot be", () => {
  fc.assert(
    fc.property(anyRows, anyAsk, (rows, ask) => {
      const [source] = twoStores(rows);
      const tell = answer({ source, scope: everything }, ask);
      if (tell.kind === "symbols" && ask.kind === "symbols") expect([tell.from, tell.symbols.length]).toEqual([ask.from, ask.count]);
      if (tell.kind === "buckets" && ask.kind === "buckets") expect(tell.digests.length).toBe(8 * ask.count);
      if (tell.kind === "branches") for (const list of tell.below) expect(list.length).toBeLessThanOrEqual(trieChildrenMax);
      if (tell.kind === "cannot") expect(["symbols", "buckets", "bucket rows"]).toContain(ask.kind);
    }),
    { numRuns: 60 },
  );
});

test("a power of two is a number of buckets, from two to the most there are; symbols end where a sketch does", () => {
  const [source] = twoStores([]);
  const kindOf = (ask: Ask) => answer({ source, scope: everything }, ask).kind;
  const counts = [1, 2, 3, 4, syncBucketsMax, syncBucketsMax * 2];
  expect(counts.map((count) => kindOf({ kind: "buckets", count }))).toEqual([
    "cannot",
    "buckets",
    "cannot",
    "buckets",
    "buckets",
    "cannot",
  ]);
  expect(kindOf({ kind: "symbols", from: sketchSymbolsMax - 1, count: 1 })).toBe("symbols");
  expect(kindOf({ kind: "symbols", from: sketchSymbolsMax - 1, count: 2 })).toBe("cannot");
});

test("nothing outside the scope is told, by its row, its key, its item or a place above it", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [source] = twoStores(rows);
      const { index, view } = source;
      for (const scope of [some(spacePart("a/b")), some(subjectPart("a/b/1"), subjectPart("d")), some()]) {
        const inScope = new Set(index.lanes(view, scope));
        const all = answer({ source, scope: everything }, { kind: "rows", after: new Uint8Array(0) }) as Extract<Tell, { kind: "rows" }>;
        const items = source.lanes().flatMap((lane) => index.itemOf(lane) ?? []);
        const places = [
          { digits: 1, prefix: Uint8Array.of(0x10) },
          ...[0, 64, 128, 192].map((digits) => ({ digits, prefix: new Uint8Array(digits / 2) })),
        ];
        const asks: Ask[] = [
          { kind: "rows", after: new Uint8Array(0) },
          { kind: "items", items },
          { kind: "bucket rows", count: 2, buckets: [0, 1], after: new Uint8Array(0) },
          { kind: "leaves", keys: all.rows.map((row) => keyEnding(laneOf(source.hasher, row))) },
        ];
        for (const ask of asks) {
          const { rows: told } = answer({ source, scope }, ask) as { readonly rows: readonly Row[] };
          const lanes = told.map((row) => index.laneOfId(view, laneOf(source.hasher, row)) as number);
          expect(lanes.sort()).toEqual([...inScope].sort());
        }
        for (const place of places) {
          const { below } = answer({ source, scope }, { kind: "branches", places: [place] }) as Extract<Tell, { kind: "branches" }>;
          const leaves = below.flat().filter(({ digits }) => digits === 192);
          for (const { key } of leaves) expect(inScope.has(index.laneOfId(view, key.subarray(64)) as number)).toBe(true);
        }
      }
    }),
    { numRuns: 20 },
  );
});

/** Of a key for rows just its end matters. */
function keyEnding(lane: Uint8Array): Uint8Array {
  const key = new Uint8Array(96);
  key.set(lane, 64);
  return key;
}

test("rows come in pages that a frame has room for, and no row is passed over that was there all the while", () => {
  const theirs = new RowStore();
  const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;
  const name = (at: number) => ({ path: `w/${at % 7}`, author: at >> 8, epoch: at & 0xff });
  const count = 2 * syncRowsMax + 10;
  for (let at = 0; at < count; at++) theirs.set(name(at), state);
  const mine = new RowStore();
  let page = 0;
  // Behind the place where a page ended, and before it, lanes come, go and change.
  const meanwhile = () => {
    theirs.set(name(5 + page), { ...state, frozen: "first" });
    theirs.set(name(count - 1 - page), { ...state, size: 2 });
    theirs.set(name(count + page++), state);
  };
  const found = reconcile(new FrontierReconciler({ source: mine, scope: everything }), theirs, everything, { meanwhile });
  expect([found.state, found.rounds, found.ours]).toEqual(["done", 3, []]);
  const names = new Set(found.theirs.map(nameOfRow));
  expect(names.size).toBe(found.theirs.length);
  for (const lane of theirs.index.lanes(theirs.view, everything)) {
    expect(names.has(Buffer.from(laneOf(theirs.hasher, theirs.view.lane(lane) as Row)).toString("hex"))).toBe(true);
  }
  for (const tell of found.tells) expect((tell as Extract<Tell, { kind: "rows" }>).rows.length).toBeLessThanOrEqual(syncRowsMax);
  // Two ids, a nonce, a hash, an index and three sizes in eight bytes each at most.
  expect(syncRowsMax * (1 + 32 + 32 + 16 + 32 + 4 * 8)).toBeLessThan(frameBytesMax);
});

test("rows of a bucket come in pages, too", () => {
  const theirs = new RowStore();
  const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;
  for (let at = 0; at < syncRowsMax + 40; at++) theirs.set({ path: "w", author: at >> 8, epoch: at & 0xff }, state);
  const found = reconcile(new BucketsReconciler({ source: new RowStore(), scope: everything }, 1), theirs, everything);
  expect([found.state, found.rounds, new Set(found.theirs.map(nameOfRow)).size]).toEqual(["done", 3, syncRowsMax + 40]);
});

test("a trie that is damaged cannot be told", () => {
  const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;
  const source = new RowStore();
  for (let author = 0; author < 40; author++) source.set({ path: "a", author, epoch: 0 }, state);
  source.settle();
  source.keys.put(trieKey(branchPath(scopeTop.key, 0)), Uint8Array.of(1));
  expect(answer({ source, scope: everything }, { kind: "branches", places: [{ digits: 0, prefix: scopeTop.key }] })).toEqual({
    kind: "cannot",
  });
});
