import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex } from "../bytes/hex.js";
import { sketchKeptSymbolsMax, sketchLargeRowsMin, sketchSymbolsMax } from "../bytes/limits.js";
import { hasher, network } from "../feed/rig/feed-rig.suite.js";
import { laneOf } from "../feed/seal/checkpoint.js";
import { frontierRow } from "../feed/write/frontier-core.js";
import { asId, type SpaceId } from "../identity/ids.js";
import { leafHash } from "../proof/trie-node.js";
import { anyRows, everything, placeNamed, type RowStore, salt, some, spacePart, subjectPart, twoStores } from "./held-rows.suite.js";
import type { Item, Scope } from "./messages.js";
import { RowIndex } from "./row-index.js";
import { rowOf } from "./rows.js";
import { Sketch } from "./sketch.js";
import { mix32 } from "./sketch-walk.js";

const scopes: readonly Scope[] = [
  everything,
  some(),
  some(spacePart("a/b")),
  some(subjectPart("a/b/1"), spacePart("d")),
  some(spacePart("a/b"), subjectPart("a/b/1"), subjectPart("a/c/1")),
  some(subjectPart("a/b/2"), { hidden: new Uint8Array(16), space: undefined, subject: undefined }, spacePart("nothing/here")),
];
const paths: readonly RegExp[] = [/./, /^$/, /^a\/b\//, /^(a\/b\/1|d)$/, /^a\/(b\/|c\/1$)/, /^a\/b\/2$/];

function sorted(lanes: Iterable<number>): number[] {
  return [...lanes].sort((one, other) => one - other);
}

function lanesIn(store: RowStore, which: number): number[] {
  return store.lanes().filter((lane) => {
    const row = rowOf(store.view, hasher, lane);
    return row !== undefined && row.size > 0 && (paths[which] as RegExp).test(store.view.subject(row.subject) ?? "");
  });
}

test("it has the lanes of which something counts, by scope, however they came to be as they are", () => {
  fc.assert(
    fc.property(anyRows, anyRows, (rows, changes) => {
      const [store] = twoStores([...rows, ...changes]);
      const { index, view } = store;
      scopes.forEach((scope, which) => {
        const lanes = lanesIn(store, which);
        expect(sorted(index.lanes(view, scope))).toEqual(lanes);
        expect([...index.lanesFrom(view, scope, 3)]).toEqual(lanes.filter((lane) => lane >= 3));
        expect(index.rowsIn(view, scope)).toBe(lanes.length);
        const isIn = index.members(view, scope);
        expect(store.lanes().filter(isIn)).toEqual(lanes);
      });
      expect(index.rows).toBe(lanesIn(store, 0).length);
    }),
    { numRuns: 20 },
  );
});

test("items, sums and symbols are those of an index made anew, and of each item by itself", () => {
  fc.assert(
    fc.property(anyRows, anyRows, fc.integer({ min: 1, max: 5 }), (rows, changes, bits) => {
      const [store] = twoStores([...rows, ...changes]);
      const { index, view } = store;
      const anew = new RowIndex({ hasher, network }, salt);
      for (const lane of store.lanes().reverse()) anew.update(view, lane);
      for (const scope of scopes) {
        expect(index.sum(view, scope)).toEqual(anew.sum(view, scope));
        const sums = index.sums(view, scope, bits);
        expect(sums).toEqual(anew.sums(view, scope, bits));
        const whole = new Uint32Array(2);
        for (const [at, word] of sums.entries()) whole[at % 2] ^= word;
        expect(whole).toEqual(index.sum(view, scope));
        const sketch = new Sketch(index.salt, 2, 30);
        for (const lane of index.lanes(view, scope)) {
          const item = index.itemOf(lane) as Item;
          expect(item).toEqual(anew.itemOf(lane));
          expect(index.bucketOf(lane, bits)).toBe(item.lane >>> (32 - bits));
          sketch.fold(item.lane, item.row, 1);
        }
        expect(index.symbols(view, scope, 2, 30).symbols()).toEqual(sketch.symbols());
      }
    }),
    { numRuns: 15 },
  );
});

test("lanes are found by their item and by their id, and no others", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [store] = twoStores(rows);
      const { index, view } = store;
      for (const lane of store.lanes()) {
        const row = rowOf(view, hasher, lane);
        const id = laneOf(hasher, row as never);
        const item = index.itemOf(lane);
        expect(index.laneOfId(view, id)).toBe(item === undefined ? undefined : lane);
        if (item === undefined) continue;
        expect(index.lanesOf(item)).toEqual([lane]);
        expect(index.lanesOf({ ...item, row: (item.row ^ 1) >>> 0 })).toEqual([]);
      }
      expect(index.laneOfId(view, laneOf(hasher, placeNamed({ path: "a/b/1", author: 99, epoch: 0 })))).toBeUndefined();
      expect(index.itemOf(10_000)).toBeUndefined();
    }),
    { numRuns: 15 },
  );
});

test("an item is the beginning of the lane's id and of its leaf's hash; a second signature makes it another", () => {
  const [store] = twoStores([
    { name: { path: "a", author: 1, epoch: 0 }, here: { size: 4, branch: 0, hybridSize: 0, frozen: "no" }, there: undefined },
  ]);
  const { key, row } = frontierRow({ hasher, network }, store.view, 0);
  const leaf = new DataView(leafHash(hasher, key, row as Uint8Array).buffer);
  expect(store.index.itemOf(0)).toEqual({ lane: new DataView(key.buffer).getUint32(64), row: leaf.getUint32(0) });
  expect([...store.index.sum(store.view, everything)]).toEqual([leaf.getUint32(4), leaf.getUint32(8)]);
  const items = [1, 2, 3].map((hybridSize) => {
    store.set({ path: "a", author: 1, epoch: 0 }, { size: 4, branch: 0, hybridSize, frozen: "no" });
    return store.index.itemOf(0)?.row;
  });
  expect(new Set([leaf.getUint32(0), ...items]).size).toBe(4);
});

const bytes = (text: string) => fromHex(text, text.length / 2) as Uint8Array;
const spaces = [1, 2].map((fill) => asId<SpaceId>(new Uint8Array(32).fill(fill)));

test("lanes whose ids begin alike are told apart, and the golden item of a size beyond 32 bits", () => {
  const index = new RowIndex({ hasher, network }, salt);
  const id = bytes("01020304ff");
  const leaf = bytes("0a0b0c0d1011121314151617");
  for (const [lane, hybridSize] of [3, 3, 2 ** 32 + 3].entries()) index.put(lane, { space: spaces[0] as SpaceId, id, leaf, hybridSize });
  const items = [0, 1, 2].map((lane) => index.itemOf(lane) as Item);
  expect(items[0]).toEqual(items[1]);
  expect(items).toEqual([4_065_388_490, 4_065_388_490, 448_916_395].map((row) => ({ lane: 0x01020304, row })));
  expect(sorted(index.lanesOf(items[0] as Item))).toEqual([0, 1]);
  expect(index.lanesOf(items[2] as Item)).toEqual([2]);
  index.put(0, undefined);
  expect(index.lanesOf(items[1] as Item)).toEqual([1]);
  expect(index.rows).toBe(2);
});

test("symbols that are kept up are those made anew, while spaces grow and shrink", () => {
  const anyStep = fc.record({
    lane: fc.nat(300),
    space: fc.nat(1),
    leaf: fc.nat(0xffff),
    does: fc.constantFrom("put", "put", "put", "remove"),
  });
  fc.assert(
    fc.property(
      fc.array(anyStep, { minLength: 200, maxLength: 600 }),
      fc.constantFrom(1, 900, sketchKeptSymbolsMax + 1),
      (steps, count) => {
        const index = new RowIndex({ hasher, network }, salt);
        const rowAt = ({ lane, space, leaf }: (typeof steps)[number]) => {
          const words = new DataView(new ArrayBuffer(12));
          words.setUint32(0, leaf * 77_777);
          words.setUint32(4, leaf);
          return {
            space: spaces[space] as SpaceId,
            id: Uint8Array.of(lane, 0, lane >> 8, 1),
            leaf: new Uint8Array(words.buffer),
            hybridSize: 0,
          };
        };
        for (const step of steps) index.put(step.lane, step.does === "put" ? rowAt(step) : undefined);
        const sketch = new Sketch(index.salt, 0, count);
        for (const lane of index.lanes(undefined as never, everything)) {
          const item = index.itemOf(lane) as Item;
          sketch.fold(item.lane, item.row, 1);
        }
        expect(index.symbols(undefined as never, everything, 0, count).symbols()).toEqual(sketch.symbols());
        const last = new Map(steps.map((step) => [step.lane, step]));
        expect(sorted(index.lanes(undefined as never, everything))).toEqual(
          sorted([...last.values()].flatMap(({ lane, does }) => (does === "put" ? [lane] : []))),
        );
      },
    ),
    { numRuns: 30 },
  );
});

test("of a large space all symbols of a sketch are kept, of what it holds while it grows and shrinks", () => {
  const index = new RowIndex({ hasher, network }, salt);
  const put = (lane: number, space: SpaceId) => {
    const words = new DataView(new ArrayBuffer(16));
    [0, 4, 8, 12].forEach((at, which) => words.setUint32(at, mix32(4 * lane + which)));
    index.put(lane, { space, id: new Uint8Array(words.buffer, 0, 4), leaf: new Uint8Array(words.buffer, 4), hybridSize: 0 });
  };
  for (let lane = 0; lane < sketchLargeRowsMin + 100; lane++) put(lane, spaces[0] as SpaceId);
  for (let lane = 0; lane < 300; lane += 2) index.put(lane, undefined);
  for (let lane = 1; lane < 300; lane += 4) put(lane, spaces[1] as SpaceId);
  for (const [from, count] of [
    [0, 2_000],
    [9_000, 700],
    [0, sketchSymbolsMax],
  ] as const) {
    const sketch = new Sketch(index.salt, from, count);
    for (const lane of index.lanes(undefined as never, everything)) {
      const item = index.itemOf(lane) as Item;
      sketch.fold(item.lane, item.row, 1);
    }
    expect(index.symbols(undefined as never, everything, from, count).symbols()).toEqual(sketch.symbols());
  }
});
