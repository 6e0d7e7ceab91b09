import { expect, test } from "vitest";
import { pathPatternNamesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { reasonOf } from "../merge/story.suite.js";
import { advance, begin, comparePatterns, isMatched, type PathPattern, pathPattern } from "./path-pattern.js";
import { namesOfPointer } from "./pointer.js";

function pattern(text: string): PathPattern {
  const made = pathPattern(text);
  return made instanceof Malformed ? expect.fail(made.reason) : made;
}

/** Which of the patterns hold at a place. */
function matching(patterns: readonly string[], place: string): string[] {
  let matchings = begin(patterns.map(pattern));
  for (const name of namesOfPointer(place) as string[]) matchings = advance(matchings, name);
  return [...new Set(matchings.filter(isMatched).map((each) => each.pattern.text))];
}

const all = ["", "/a", "/*", "/**", "/a/b", "/a/*", "/*/b", "/a/**", "/**/b", "/a/**/b", "/**/a/**/b"];

test.each<[string, readonly string[]]>([
  ["", ["", "/**"]],
  ["/a", ["/a", "/*", "/**", "/a/**"]],
  ["/b", ["/*", "/**", "/**/b"]],
  ["/a/b", ["/**", "/a/b", "/a/*", "/*/b", "/a/**", "/**/b", "/a/**/b", "/**/a/**/b"]],
  ["/a/x/y/b", ["/**", "/a/**", "/**/b", "/a/**/b", "/**/a/**/b"]],
  ["/x/a/b/b", ["/**", "/**/b", "/**/a/**/b"]],
])("at %j", (place, patterns) => {
  expect(matching(all, place).sort()).toEqual([...patterns].sort());
});

test("names are written as in pointers", () => {
  expect(matching(["/a~1b/~0"], "/a~1b/~0")).toEqual(["/a~1b/~0"]);
  expect(matching(["/__proto__"], "/__proto__")).toEqual(["/__proto__"]);
  expect(matching(["/__proto__"], "/x")).toEqual([]);
});

test("the more special comes first, whatever order they are written in", () => {
  const order = ["/a/b", "/a/*", "/a", "/a/**/b", "/a/**", "/*/b", "/*", "", "/**/b", "/**/a/**/b", "/**"];
  expect(
    order
      .map(pattern)
      .toReversed()
      .sort(comparePatterns)
      .map(({ text }) => text),
  ).toEqual(order);
  expect(
    order
      .map(pattern)
      .sort(comparePatterns)
      .map(({ text }) => text),
  ).toEqual(order);
});

test("patterns are pointers of so many names at most", () => {
  expect(reasonOf(pathPattern("services"))).toContain('write it like "/services/*/replicas"');
  expect(pathPattern("/a".repeat(pathPatternNamesMax))).not.toBeInstanceOf(Malformed);
  expect(reasonOf(pathPattern("/a".repeat(pathPatternNamesMax + 1)))).toContain("65 names");
});

test("many `**` take no more time than there are places in them", () => {
  expect(matching(["/**".repeat(pathPatternNamesMax)], "/a".repeat(100))).toHaveLength(1);
  expect(matching([`${"/**".repeat(pathPatternNamesMax - 1)}/b`], "/a".repeat(100))).toEqual([]);
});
