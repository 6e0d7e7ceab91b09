import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../bytes/canonical-json.js";
import { compareBytes } from "../bytes/order.js";
import { encodeUtf8 } from "../bytes/utf8.js";
import type { Data } from "./data.js";
import { compareTexts, equalData, textOfData } from "./data-text.js";
import { anyValue } from "./drawn.suite.js";

test("the text is the canonical form of RFC 8785, and whole numbers have all their digits", () => {
  const value = { b: [1, -0, 1e21, 0.1], a: { "\u20ac": null, "\r": true, "\ud83d\ude00": '\u0007"é' }, "": {}, c: [] };
  expect(textOfData(value)).toBe(new TextDecoder().decode(canonicalJson(value)));
  expect(textOfData([2n ** 64n, -(2n ** 53n), 10n ** 30n])).toBe(
    "[18446744073709551616,-9007199254740992,1000000000000000000000000000000]",
  );
});

test("names that objects have from elsewhere are names", () => {
  const value = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3,"10":4,"9":5}');
  expect(textOfData(value)).toBe('{"10":4,"9":5,"__proto__":{"x":1},"constructor":2,"toString":3}');
});

test("halves of characters are no text", () => {
  expect(() => textOfData(["\ud800"])).toThrow(RangeError);
  expect(() => textOfData({ "\udc00": 1 })).toThrow(RangeError);
});

test("property: texts are in the order of their bytes", () => {
  const anyText = fc.string({ unit: fc.constantFrom("a", "b", "é", "\u{1f600}", "\uffff", "\u{10ffff}", "\ue000"), maxLength: 4 });
  fc.assert(
    fc.property(anyText, anyText, (left, right) => {
      expect(Math.sign(compareTexts(left, right))).toBe(Math.sign(compareBytes(encodeUtf8(left), encodeUtf8(right))));
    }),
    { numRuns: 300 },
  );
});

test("beyond the first plane bytes are in another order than UTF-16 units", () => {
  expect("\u{1f600}" < "\uffff").toBe(true);
  expect(compareTexts("\u{1f600}", "\uffff")).toBeGreaterThan(0);
  expect(compareTexts("\uffff", "\u{1f600}")).toBeLessThan(0);
});

test("property: values are equal when their texts are", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (left, right) => {
      expect(equalData(left, right)).toBe(textOfData(left) === textOfData(right));
      expect(equalData(left, structuredClone(left))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test.each<[Data, Data]>([
  [1, 1n],
  [1, "1"],
  [null, {}],
  [[], {}],
  [[1], [1, 2]],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, { a: 1, b: 1 }],
  ["é", "e\u0301"],
])("%o and %o are not equal", (left, right) => {
  expect(equalData(left, right)).toBe(false);
  expect(equalData(right, left)).toBe(false);
});

test("names may come in any order", () => {
  expect(equalData({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  expect(equalData({ constructor: 1 }, { b: 1 })).toBe(false);
});
