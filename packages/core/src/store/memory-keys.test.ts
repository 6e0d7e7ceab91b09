import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "../bytes/order.js";
import type { Range } from "../protocol/key-space.js";
import { MemoryKeys } from "./memory-keys.js";

const LOWEST = new Uint8Array(0);
const BEYOND = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff);
const numbered = (index: number): Uint8Array => Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index);
const numberOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset).getUint32(0);
const all = { from: LOWEST, to: BEYOND };

test("an empty map answers every range with nothing", () => {
  const keys = new MemoryKeys();
  expect([...keys.range(all)]).toEqual([]);
  expect([...keys.range({ ...all, order: "descending" })]).toEqual([]);
  expect(keys.get(LOWEST)).toBeUndefined();
  keys.remove(numbered(1));
  expect(keys.size).toBe(0);
});

test("thousands of keys, put and removed at random, read as a sorted list across chunks", () => {
  const numbers = fc.array(fc.nat({ max: 999 }), { minLength: 400, maxLength: 1_500, size: "max" });
  const ends = fc.tuple(fc.nat({ max: 999 }), fc.nat({ max: 999 }), fc.constantFrom("ascending", "descending"), fc.nat({ max: 400 }));
  const property = fc.property(numbers, fc.array(fc.nat({ max: 999 })), fc.array(ends), (put, removed, questions) => {
    const keys = new MemoryKeys();
    for (const number of put) keys.put(numbered(number), numbered(number));
    for (const number of removed) keys.remove(numbered(number));
    const left = [...new Set(put)].filter((number) => !removed.includes(number)).sort((one, other) => one - other);
    expect(keys.size).toBe(left.length);
    expect([...keys.range(all)].map(([key]) => numberOf(key))).toEqual(left);
    for (const [from, to, order, limit] of questions) {
      const within = left.filter((number) => number >= from && number < to);
      const range = { from: numbered(from), to: numbered(to), order, limit } as Range;
      const expected = (order === "descending" ? within.reverse() : within).slice(0, limit);
      expect([...keys.range(range)].map(([key]) => numberOf(key))).toEqual(expected);
    }
  });
  fc.assert(property, { numRuns: 40 });
});

test("a snapshot stays as it was, and can be gone back to", () => {
  const keys = new MemoryKeys();
  for (let index = 0; index < 1_000; index++) keys.put(numbered(index), numbered(index));
  const before = keys.snapshot();
  for (let index = 0; index < 1_000; index += 2) keys.remove(numbered(index));
  for (let index = 1; index < 1_000; index += 2) keys.put(numbered(index), numbered(0));
  const after = keys.snapshot();
  expect([...before.range(all)].every(([key, value]) => compareBytes(key, value) === 0)).toBe(true);
  expect([before.size, after.size]).toEqual([1_000, 500]);
  keys.restore(before);
  keys.put(numbered(5), numbered(6));
  expect(numberOf(keys.get(numbered(5)) as Uint8Array)).toBe(6);
  expect(numberOf(before.get(numbered(5)) as Uint8Array)).toBe(5);
  expect(after.peek(numbered(4))).toBeUndefined();
  expect(numberOf(before.peek(numbered(4)) as Uint8Array)).toBe(4);
});

test("maps that go on from one snapshot do not see what the others write", () => {
  const first = new MemoryKeys();
  first.put(numbered(1), numbered(1));
  const [second, third] = [new MemoryKeys(), new MemoryKeys()];
  second.restore(first.snapshot());
  second.put(numbered(1), numbered(2));
  third.restore(second.snapshot());
  third.put(numbered(1), numbered(3));
  expect([first, second, third].map((keys) => numberOf(keys.get(numbered(1)) as Uint8Array))).toEqual([1, 2, 3]);
});

test("a range half read is not disturbed by what is written meanwhile", () => {
  const keys = new MemoryKeys();
  for (let index = 0; index < 600; index++) keys.put(numbered(index), numbered(index));
  const seen: number[] = [];
  for (const [key] of keys.range(all)) {
    keys.remove(key);
    keys.put(numbered(10_000 + numberOf(key)), LOWEST);
    seen.push(numberOf(key));
  }
  expect(seen).toEqual(Array.from({ length: 600 }, (_, index) => index));
});

test("only a snapshot of such a map can be gone back to", () => {
  const keys = new MemoryKeys();
  const foreign = { size: 0, get: () => undefined, peek: () => undefined, range: () => [] };
  expect(() => keys.restore(foreign)).toThrow(TypeError);
});
