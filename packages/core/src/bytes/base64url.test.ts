import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64url, toBase64url } from "./base64url.js";
import { isMalformed } from "./malformed.js";

test("property: as Node writes it, and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64url(text, bytes.length)).toEqual(bytes);
      if (bytes.length > 0) expect(isMalformed(fromBase64url(text, bytes.length - 1))).toBe(true);
    }),
  );
});

test("property: a text that is read is the only one for its bytes", () => {
  const digits = fc.constantFrom(..."ABab019-_=+/ ä");
  fc.assert(
    fc.property(fc.string({ unit: digits, maxLength: 9 }), (text) => {
      const bytes = fromBase64url(text, 100);
      if (!isMalformed(bytes)) expect(toBase64url(bytes)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test.each(["A", "AAAAA", "AB", "AAB", "AA==", "A+", "A/", "A A", "Aä", "\ud83d\ude00"])("%s is malformed", (text) => {
  expect(isMalformed(fromBase64url(text, 100))).toBe(true);
});
