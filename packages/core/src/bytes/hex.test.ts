import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "./hex.js";
import { isMalformed } from "./malformed.js";

test("bytes come back from their text, and text from its bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = toHex(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("hex"));
      expect(fromHex(text, bytes.length)).toEqual(bytes);
    }),
  );
});

test("any text comes to bytes of the length asked for or to Malformed", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.nat(6), (text, length) => {
      const decoded = fromHex(text, length);
      if (isMalformed(decoded)) expect(decoded.reason).toContain(`${length * 2}`);
      else expect(toHex(decoded)).toBe(text);
    }),
  );
});

test.each(["0A", "0g", "0", "000", " 00", "00\n", ""])("one byte is not spelt %j", (text) => {
  expect(isMalformed(fromHex(text, 1))).toBe(true);
});
