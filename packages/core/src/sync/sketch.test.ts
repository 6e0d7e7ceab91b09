import fc from "fast-check";
import { expect, test } from "vitest";
import { sketchSymbolsMax } from "../bytes/limits.js";
import type { Item, SketchSymbol } from "./messages.js";
import { decodeSketch, itemsIn, Sketch, symbolsFor } from "./sketch.js";
import { placesOf } from "./sketch-places.suite.js";
import { mix32, sketchSalt } from "./sketch-walk.js";

const salt = sketchSalt(new Uint8Array(16).fill(9));
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const anyItems = fc.uniqueArray(fc.record({ lane: fc.oneof(fc.nat(5), word), row: word }), {
  maxLength: 60,
  size: "max",
  selector: ({ lane, row }) => `${lane} ${row}`,
});

function sketchOf(items: readonly Item[], length: number, from = 0): Sketch {
  const sketch = new Sketch(salt, from, length);
  for (const { lane, row } of items) sketch.fold(lane, row, 1);
  return sketch;
}

function inOrder(items: readonly Item[]): Item[] {
  return items.toSorted((one, other) => one.lane - other.lane || one.row - other.row);
}

/** So many items that no two draws have in common. */
function drawn(count: number, draw: number): Item[] {
  return Array.from({ length: count }, (_, at) => ({ lane: mix32(mix32(draw) + 2 * at), row: mix32(mix32(draw + 77) + 2 * at) }));
}

test("a symbol is all items folded that are in it, wherever the sketch begins", () => {
  fc.assert(
    fc.property(anyItems, fc.nat(90), (items, from) => {
      const naive = Array.from({ length: 40 }, (): SketchSymbol => ({ lane: 0, row: 0, check: 0, count: 0 }));
      for (const item of items) {
        const { check, places } = placesOf(salt, item, from + 40);
        for (const place of places.filter((each) => each >= from)) {
          const before = naive[place - from];
          naive[place - from] = {
            lane: (before.lane ^ item.lane) >>> 0,
            row: (before.row ^ item.row) >>> 0,
            check: (before.check ^ check) >>> 0,
            count: before.count + 1,
          };
        }
      }
      const sketch = sketchOf(items, 40, from);
      expect(sketch.symbols()).toEqual(naive);
      const again = new Sketch(salt, from, 40);
      again.foldSymbols(naive);
      again.foldSketch(sketch, -1);
      expect(again.symbols().every((_, at) => again.isEmptyAt(at))).toBe(true);
      for (const { lane, row } of items) sketch.fold(lane, row, -1);
      expect(sketch.symbols().every((_, at) => sketch.isEmptyAt(at))).toBe(true);
    }),
  );
});

test("parts of sketches make a whole: symbols from one on are the end of all", () => {
  fc.assert(
    fc.property(anyItems, fc.nat(50), (items, from) => {
      const whole = sketchOf(items, 60);
      expect(sketchOf(items, 60 - from, from).symbols()).toEqual(whole.symbols().slice(from));
      const both = new Sketch(salt, 0, 60);
      both.foldSketch(sketchOf(items, from), 1);
      both.foldSketch(sketchOf(items, 60 - from, from), 1);
      expect(both.symbols()).toEqual(whole.symbols());
    }),
  );
});

test("what both have cancels out, and what one has is told as its own", () => {
  fc.assert(
    fc.property(anyItems, fc.nat(60), fc.nat(60), (items, first, second) => {
      const [low, high] = [Math.min(first, second), Math.max(first, second)];
      const [plus, minus] = [items.slice(0, low), items.slice(high)];
      const sketch = sketchOf([...plus, ...items.slice(low, high)], 400);
      sketch.foldSketch(sketchOf([...minus, ...items.slice(low, high)], 400), -1);
      const found = decodeSketch(sketch);
      expect({ plus: inOrder(found.plus), minus: inOrder(found.minus), left: found.left }).toEqual({
        plus: inOrder(plus),
        minus: inOrder(minus),
        left: "none",
      });
    }),
  );
});

test("too few symbols do not decode, and never to something else", () => {
  for (let draw = 0; draw < 100; draw++) {
    const items = drawn(50, draw);
    const { plus, minus, left } = decodeSketch(sketchOf(items, 30));
    expect(left).toBe("some");
    expect(minus).toEqual([]);
    for (const item of plus) expect(items).toContainEqual(item);
  }
});

/** The fewest symbols that tell of all the items. */
function symbolsNeeded(items: readonly Item[]): number {
  let [low, high] = [items.length, Math.min(sketchSymbolsMax, 4 * items.length + 20)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decodeSketch(sketchOf(items, middle)).left === "none") high = middle;
    else low = middle + 1;
  }
  return low;
}

test.each([
  [10, 200, 1.5, 2.1],
  [100, 40, 1.35, 1.6],
  [10_000, 1, 1.3, 1.4],
])("statistics: of %i items", (count, draws, least, most) => {
  const needed = Array.from({ length: draws }, (_, draw) => symbolsNeeded(drawn(count, draw))).sort((one, other) => one - other);
  const median = needed[needed.length >> 1] / count;
  expect(median).toBeGreaterThanOrEqual(least);
  expect(median).toBeLessThanOrEqual(most);
  const within = needed.filter((each) => each <= symbolsFor(count)).length;
  expect(within / draws).toBeGreaterThanOrEqual(0.93);
  expect(symbolsFor(count)).toBeLessThanOrEqual(sketchSymbolsMax);
});

test("how many items there are is told by a few symbols, whichever side has them", () => {
  for (const count of [60, 1_000, 6_000])
    for (const minus of [0, 0.3, 0.5, 1])
      for (let draw = 1; draw <= 10; draw++) {
        const items = drawn(count, draw);
        const theirs = sketchOf(items.slice(Math.round(minus * count)), 200);
        theirs.foldSketch(sketchOf(items.slice(0, Math.round(minus * count)), 200), -1);
        const about = (symbols: number) => itemsIn({ counts: theirs.counts.subarray(0, symbols) });
        expect(about(200) / count).toBeGreaterThan(0.6);
        expect(about(200) / count).toBeLessThan(1.5);
        expect(about(24) / count).toBeGreaterThan(0.25);
        expect(about(24) / count).toBeLessThan(2.5);
      }
});

test("symbols that somebody made up are worked off in bounded time, and come to no set of items", () => {
  const anyCount = fc.constantFrom(-1, 1, 0, 2, -2_147_483_648);
  const anyPure = fc.record({ lane: fc.nat(3), row: fc.nat(3) }).map((item) => ({ ...item, check: placesOf(salt, item, 1).check }));
  const anySymbol = fc.tuple(fc.oneof(anyPure, fc.record({ lane: word, row: word, check: word })), anyCount);
  fc.assert(
    fc.property(fc.array(anySymbol, { minLength: 1, maxLength: 200, size: "max" }), (made) => {
      const sketch = new Sketch(salt, 0, made.length);
      sketch.foldSymbols(made.map(([symbol, count]) => ({ ...symbol, count })));
      const { plus, minus, left } = decodeSketch(sketch);
      const names = [...plus, ...minus].map(({ lane, row }) => `${lane} ${row}`);
      expect(new Set(names).size).toBe(names.length);
      expect(names.length).toBeLessThanOrEqual(made.length);
      // Where nothing is left, the items found make just these symbols.
      if (left === "some") return;
      const again = sketchOf(plus, made.length);
      again.foldSketch(sketchOf(minus, made.length), -1);
      made.forEach(([symbol, count], at) => {
        expect(again.symbols()[at]).toEqual({ ...symbol, count });
      });
    }),
    { numRuns: 300 },
  );
});

test("an item told in a symbol that is not one of its own ends it", () => {
  const item = { lane: 1, row: 2 };
  const { check, places } = placesOf(salt, item, 50);
  const elsewhere = Array.from({ length: 50 }, (_, at) => at).find((at) => !places.includes(at)) as number;
  const sketch = new Sketch(salt, 0, 50);
  sketch.foldSymbols(
    Array.from({ length: 50 }, (_, at) => (at === elsewhere ? { ...item, check, count: 1 } : { lane: 0, row: 0, check: 0, count: 0 })),
  );
  expect(decodeSketch(sketch)).toEqual({ plus: [item], minus: [], left: "some" });
});
