import fc from "fast-check";
import { expect, test } from "vitest";
import { namesOfPointer, pointerOf } from "./pointer.js";

// The examples of RFC 6901, section 5.
test.each<[string, string[]]>([
  ["", []],
  ["/foo", ["foo"]],
  ["/foo/0", ["foo", "0"]],
  ["/", [""]],
  ["/a~1b", ["a/b"]],
  ["/c%d", ["c%d"]],
  ["/e^f", ["e^f"]],
  ["/ ", [" "]],
  ["/m~0n", ["m~n"]],
  ["/~01", ["~1"]],
  ["//", ["", ""]],
])("%j is a pointer", (pointer, names) => {
  expect(namesOfPointer(pointer)).toEqual(names);
  expect(pointerOf(names)).toBe(pointer);
});

test.each(["a", "a/b", "/~", "/~2", "/a~", "#/a"])("%j is none", (text) => {
  expect(namesOfPointer(text)).toBeUndefined();
});

test("property: names come back from their pointer", () => {
  const name = fc.string({ unit: fc.constantFrom("~", "/", "0", "1", "a", "é"), maxLength: 5 });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 4 }), (names) => {
      expect(namesOfPointer(pointerOf(names))).toEqual(names);
    }),
  );
});
