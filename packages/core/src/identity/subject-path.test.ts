import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import {
  bytesOfText,
  decodeSubjectPath,
  normalizePath,
  parseSubjectPath,
  pathBytesMax,
  type SubjectPath,
  spacePath,
} from "./subject-path.js";

const reason = (value: unknown) => (value instanceof Malformed ? value.reason : `accepted: ${String(value)}`);

test("paths as the format allows them", () => {
  for (const good of ["a", "workspace/alpha/object/votes", "@owner/x", "1/2/3/4/5/6/7/8", "ä/…", "x".repeat(64), "...", "a b"]) {
    expect(parseSubjectPath(good)).toBe(good);
    expect(decodeSubjectPath(bytesOfText(good))).toBe(good);
  }
  expect(pathBytesMax).toBe(519);
  expect(parseSubjectPath(Array.from({ length: 8 }, () => "x".repeat(64)).join("/"))).toHaveLength(519);
});

test.each([
  ["", "empty"],
  ["/a", "part 1 of the path is empty"],
  ["a/", "part 2 of the path is empty"],
  ["a//b", "part 2 of the path is empty"],
  ["a/./b", 'part 2 of the path must not be "."'],
  ["..", 'must not be ".."'],
  ["a\u0000b", "control"],
  ["a\u007f", "control"],
  ["1/2/3/4/5/6/7/8/9", "at most 8 parts, not 9"],
  ["x".repeat(65), "has 65 bytes; 64 are allowed"],
  ["ä".repeat(33), "has 66 bytes; 64 are allowed"],
  ["a\u0308", "normal form"],
  ["\udc00", "half of a character"],
  ["x".repeat(600), "at most 519 bytes"],
])("path %j is refused: %s", (text, expected) => {
  expect(reason(parseSubjectPath(text))).toContain(expected);
});

test("what a person types is brought into normal form; what a stranger sends is not", () => {
  expect(normalizePath("a\u0308/b")).toBe("ä/b");
  expect(reason(normalizePath("a//b"))).toContain("empty");
  expect(reason(normalizePath("x".repeat(5000)))).toContain("519");
  expect(reason(decodeSubjectPath(bytesOfText("a\u0308/b")))).toContain("normal form");
});

test("bytes that are not UTF-8 are refused, and a byte order mark is not lost", () => {
  expect(reason(decodeSubjectPath(Uint8Array.of(0x61, 0xff)))).toContain("UTF-8");
  expect(reason(decodeSubjectPath(Uint8Array.of(0xed, 0xa0, 0x80)))).toContain("UTF-8");
  expect(reason(decodeSubjectPath(new Uint8Array(520).fill(0x61)))).toContain("519");
  expect(decodeSubjectPath(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
});

test("the space is the first two parts", () => {
  expect(["a", "a/b", "a/b/c", "a/b/c/d"].map((text) => spacePath(text as SubjectPath))).toEqual(["a", "a/b", "a/b", "a/b"]);
});

test("property: what is accepted comes back the same from its bytes, and normalising it changes nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 9 }), (parts) => {
      const path = normalizePath(parts.join("/"));
      if (path instanceof Malformed) return;
      expect(decodeSubjectPath(bytesOfText(path))).toBe(path);
      expect(normalizePath(path)).toBe(path);
    }),
  );
});
