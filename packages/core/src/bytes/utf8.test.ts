import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, isUtf8, isWhole } from "./utf8.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("any text comes back from its bytes, the empty one and one that begins with U+FEFF too", () => {
  for (const text of ["", "\ufeffa", "a".repeat(64), "a".repeat(65), "é", "\u0000"]) expect(decodeUtf8(bytesOf(text))).toBe(text);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
      expect(decodeUtf8(bytesOf(text))).toBe(text);
      expect(encodeUtf8(text)).toEqual(bytesOf(text));
      expect(isWhole(text)).toBe(true);
      expect(isUtf8(bytesOf(text))).toBe(true);
    }),
  );
});

test("of any bytes those are text that its bytes are again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = decodeUtf8(bytes);
      expect(isUtf8(bytes)).toBe(text !== undefined);
      if (text !== undefined) expect(bytesOf(text)).toEqual(bytes);
    }),
  );
});

test.each([
  ["a byte of no character", [0xff]],
  ["a character cut short", [0xe2, 0x82]],
  ["a longer form than needed", [0xc0, 0x80]],
  ["half of a character", [0xed, 0xa0, 0x80]],
])("no text is %s", (_, bytes) => {
  expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  expect(isUtf8(Uint8Array.from([0x61, ...bytes]))).toBe(false);
});

test("a text with half of a character is not whole", () => {
  for (const text of ["\ud83d", "a\udc00b", "\udc00\ud800", "\ud83d\ud83d\ude00"]) expect(isWhole(text)).toBe(false);
  for (const text of ["", "a", "\ud83d\ude00", "\uffff\ue000"]) expect(isWhole(text)).toBe(true);
});
