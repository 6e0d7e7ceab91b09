import fc from "fast-check";
import { expect, test } from "vitest";
import { isMultiple } from "./decimal.js";

test.each([
  [0.0075, 0.0001, true],
  [0.00751, 0.0001, false],
  [1.1, 0.1, true],
  [0.3, 0.1, true],
  [4.35, 0.01, true],
  [1e308, 0.5, true],
  [1e308, 0.123456789, false],
  [5e-324, 5e-324, true],
  [0, 0.3, true],
  [-0, 7, true],
  [-9, 3, true],
  [7.5, 2, false],
  [7.5, 2.5, true],
  [9007199254740993n, 3, true],
  [9007199254740993n, 2, false],
  [9007199254740994n, 2, true],
  [9007199254740993n, 0.1, true],
  [10, 9007199254740993n, false],
  [Number.POSITIVE_INFINITY, 2, false],
] as const)("%d as a multiple of %d: %s", (value, divisor, expected) => {
  expect(isMultiple(value, divisor)).toBe(expected);
});

test("of what is written with up to six decimals, as the whole numbers without the point", () => {
  const decimal = fc.record({ digits: fc.integer({ min: -1e9, max: 1e9 }), places: fc.integer({ min: 0, max: 6 }) });
  const divisor = fc.record({ digits: fc.integer({ min: 1, max: 300 }), places: fc.integer({ min: 0, max: 6 }) });
  const textOf = ({ digits, places }: { digits: number; places: number }) => Number(`${digits}e-${places}`);
  const wholeOf = ({ digits, places }: { digits: number; places: number }) => BigInt(digits) * 10n ** BigInt(6 - places);
  fc.assert(
    fc.property(decimal, divisor, (left, right) => {
      expect(isMultiple(textOf(left), textOf(right))).toBe(wholeOf(left) % wholeOf(right) === 0n);
    }),
    { numRuns: 2_000 },
  );
});
