import fc from "fast-check";
import { expect, test } from "vitest";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { bytesOfKey, decodeKey, decodeTextKey, keyOfBytes, keyOfText, textKeyFault, textOfKey } from "./item-key.js";
import { reasonOf } from "./story.suite.js";

const bytes = fc.uint8Array({ maxLength: 90 });

test("keys are the bytes they were made of, in the order of these", () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      const [one, other] = [keyOfBytes(left), keyOfBytes(right)];
      expect(bytesOfKey(one)).toEqual(left);
      expect(one < other ? -1 : one > other ? 1 : 0).toBe(Math.sign(compareBytes(left, right)));
    }),
  );
});

test("of bytes within others only those between the places count, however often keys like them came before", () => {
  const within = fc.tuple(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 70, max: 3 }), fc.uint8Array({ maxLength: 4 }));
  fc.assert(
    fc.property(within, ([before, key, behind]) => {
      const all = Uint8Array.of(...before, ...key, ...behind);
      const decoded = decodeKey(all, before.length, before.length + key.length);
      if (isMalformed(decoded)) throw new Error(decoded.reason);
      expect(bytesOfKey(decoded)).toEqual(key);
    }),
  );
});

test("keys of 8000 different bytes are told apart, and found again", () => {
  for (let round = 0; round < 2; round++)
    for (let number = 0; number < 8000; number++)
      expect(keyOfBytes(Uint8Array.of(number & 0xff, number >>> 8))).toBe(String.fromCharCode(number & 0xff, number >>> 8));
});

test("a key has so many bytes at most", () => {
  expect(keyOfBytes(new Uint8Array(itemKeyBytesMax))).toHaveLength(itemKeyBytesMax);
  expect(() => keyOfBytes(new Uint8Array(itemKeyBytesMax + 1))).toThrow(`at most ${itemKeyBytesMax} bytes`);
  expect(reasonOf(decodeTextKey(new Uint8Array(itemKeyBytesMax + 1)))).toContain(`at most ${itemKeyBytesMax} bytes`);
  expect(() => keyOfText("é".repeat(itemKeyBytesMax / 2 + 1))).toThrow(RangeError);
  expect(() => keyOfText("a".repeat(itemKeyBytesMax + 1))).toThrow(RangeError);
});

test("text is its UTF-8 as a key, and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const key = keyOfText(text);
      expect(bytesOfKey(key)).toEqual(new TextEncoder().encode(text));
      expect(textOfKey(key)).toBe(text);
      expect(decodeTextKey(bytesOfKey(key))).toBe(key);
      expect(textKeyFault(key)).toBeUndefined();
    }),
  );
  expect(() => keyOfText("\ud800")).toThrow("half of a character");
  expect(reasonOf(decodeTextKey(Uint8Array.of(0x61, 0xff)))).toBe("a key that is not UTF-8");
  expect(() => textOfKey("\u00ff")).toThrow("no text");
});
