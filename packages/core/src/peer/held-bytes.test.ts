import { expect, test } from "vitest";
import { heldBytes } from "./held-bytes.js";

const MOST = 1_000_000;

test.each([
  ["text", "x".repeat(1_000), 1_000],
  ["bytes", new Uint8Array(1_000), 1_000],
  ["a list", Array(100).fill(1), 1_000],
  ["a map", new Map(Array.from({ length: 100 }, (_, index) => [`key ${index}`, "value"])), 1_500],
  ["a set in a record", { tags: new Set(["x".repeat(600)]), title: "y".repeat(400) }, 1_000],
])("%s holds at least its own, and not many times as much", (_, value, bytes) => {
  expect(heldBytes(value, MOST)).toBeGreaterThanOrEqual(bytes);
  expect(heldBytes(value, MOST)).toBeLessThan(5 * bytes);
});

test("what is more than is asked of is not looked at any further: also what holds itself", () => {
  const itself: unknown[] = [];
  itself.push(itself);
  expect(heldBytes(itself, 5_000)).toBe(5_000);
  let looked = 0;
  const endless = new Set([1]);
  endless[Symbol.iterator] = function* (): SetIterator<number> {
    for (;;) yield looked++;
  } as never;
  expect(heldBytes(endless, 5_000)).toBe(5_000);
  expect(looked).toBeLessThan(5_000);
  expect(heldBytes("x".repeat(10_000), 5_000)).toBe(5_000);
});

test("what has no size of its own still takes a place", () => {
  for (const value of [undefined, null, 1, true, 2n]) expect(heldBytes(value, MOST)).toBeGreaterThan(0);
});
