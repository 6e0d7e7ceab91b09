import { expect, test } from "vitest";
import { isAbsolute, resolveUri, splitFragment } from "./uri.js";

const base = "http://a/b/c/d;p?q";

test.each([
  ["g:h", "g:h"],
  ["g", "http://a/b/c/g"],
  ["./g", "http://a/b/c/g"],
  ["g/", "http://a/b/c/g/"],
  ["/g", "http://a/g"],
  ["//g", "http://g"],
  ["?y", "http://a/b/c/d;p?y"],
  ["g?y", "http://a/b/c/g?y"],
  ["#s", "http://a/b/c/d;p?q#s"],
  ["g#s", "http://a/b/c/g#s"],
  ["g?y#s", "http://a/b/c/g?y#s"],
  [";x", "http://a/b/c/;x"],
  ["g;x?y#s", "http://a/b/c/g;x?y#s"],
  ["", "http://a/b/c/d;p?q"],
  [".", "http://a/b/c/"],
  ["./", "http://a/b/c/"],
  ["..", "http://a/b/"],
  ["../", "http://a/b/"],
  ["../g", "http://a/b/g"],
  ["../..", "http://a/"],
  ["../../", "http://a/"],
  ["../../g", "http://a/g"],
  ["../../../g", "http://a/g"],
  ["../../../../g", "http://a/g"],
  ["/./g", "http://a/g"],
  ["/../g", "http://a/g"],
  ["g.", "http://a/b/c/g."],
  [".g", "http://a/b/c/.g"],
  ["g..", "http://a/b/c/g.."],
  ["./../g", "http://a/b/g"],
  ["./g/.", "http://a/b/c/g/"],
  ["g/./h", "http://a/b/c/g/h"],
  ["g/../h", "http://a/b/c/h"],
  ["g;x=1/../y", "http://a/b/c/y"],
  ["g?y/../x", "http://a/b/c/g?y/../x"],
  ["g#s/../x", "http://a/b/c/g#s/../x"],
])("%s is resolved as RFC 3986 has it in 5.4", (reference, expected) => {
  expect(resolveUri(reference, base)).toBe(expected);
});

test("what has no path of folders is a base as well", () => {
  expect(resolveUri("#/$defs/a", "urn:uuid:deadbeef")).toBe("urn:uuid:deadbeef#/$defs/a");
  expect(resolveUri("g", "http://a")).toBe("http://a/g");
  expect(resolveUri("ports.json", "file:///schemas/root.json")).toBe("file:///schemas/ports.json");
});

test("an absolute URI says its scheme", () => {
  expect(["file:///a", "urn:a", "a/b", "/a", "//a", "#a", ""].map(isAbsolute)).toEqual([true, true, false, false, false, false, false]);
});

test("what stands behind # is the fragment", () => {
  expect(splitFragment("a#b#c")).toEqual({ document: "a", fragment: "b#c" });
  expect(splitFragment("a")).toEqual({ document: "a", fragment: "" });
});
