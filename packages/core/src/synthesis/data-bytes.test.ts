import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8 } from "../bytes/utf8.js";
import type { Data } from "./data.js";
import { writeData } from "./data-bytes.js";
import { textOfData } from "./data-text.js";
import { anyValue } from "./drawn.suite.js";

function piecesOf(value: Data): string[] {
  const pieces: string[] = [];
  writeData(value, (piece) => pieces.push(decodeUtf8(piece) ?? expect.fail("a piece that is no text")));
  return pieces;
}

test("property: as bytes it is the same text", () => {
  const anyText = fc.string({
    unit: fc.constantFrom("a", '"', "\\", "\u001f", " ", "~", "\u007f", "é", "\u2028", "\u{1f600}"),
    maxLength: 40,
  });
  const anyData = fc.oneof(
    anyValue,
    fc.dictionary(anyText, fc.oneof(anyText, anyValue)),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(anyData, (value) => {
      expect(piecesOf(value as Data).join("")).toBe(textOfData(value as Data));
    }),
    { numRuns: 500 },
  );
});

test("pieces are handed on before all of it is there, and end wherever a room is full", () => {
  for (const text of ["text", "a longer text", 'one "to escape"', "not ASCII: é\u{1f600}"]) {
    for (let shift = 0; shift < 8; shift++) {
      const value = ["-".repeat(shift), ...Array.from({ length: 60_000 }, (_, index) => `${text} ${index}`)];
      const pieces = piecesOf(value);
      expect(pieces.length).toBeGreaterThan(4);
      expect(pieces.join("") === textOfData(value)).toBe(true);
    }
  }
});

test.each(["x", '"', "é", "\u{1f600}"])("a text and a number that are longer than any room, of %s", (character) => {
  const value = [1, character.repeat(600_000), { [character.repeat(300_000)]: 10n ** 300n, a: 10n ** 2000n }, 2];
  expect(piecesOf(value).join("") === textOfData(value)).toBe(true);
});

test("halves of characters are no text", () => {
  expect(() => piecesOf({ a: ["plain", "\ud800"] })).toThrow(RangeError);
});
