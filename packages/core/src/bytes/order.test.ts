import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes, equalBytes } from "./order.js";

const bytes = fc.uint8Array({ maxLength: 8 });

test("the order is that of memory compared byte by byte", () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right));
    }),
  );
});

test("a prefix comes first, and bytes are unsigned", () => {
  expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
  expect(compareBytes(Uint8Array.of(0x80), Uint8Array.of(0x7f))).toBeGreaterThan(0);
});

test("equal are those of the same bytes alone", () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      expect(equalBytes(left, right)).toBe(Buffer.from(left).equals(right));
      expect(equalBytes(left, left.slice())).toBe(true);
    }),
  );
});
