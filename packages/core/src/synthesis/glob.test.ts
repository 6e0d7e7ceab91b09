import fc from "fast-check";
import { expect, test } from "vitest";
import { globCharsMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { globFrom } from "./glob.js";

const fits = (pattern: string, id: string) => {
  const glob = globFrom(pattern);
  return glob instanceof Malformed ? expect.fail(glob.reason) : glob(id);
};

test.each<[string, readonly string[], readonly string[]]>([
  ["team/api.json", ["team/api.json"], ["team/api_json", "x/team/api.json", "team/api.json/x", "Team/api.json"]],
  ["team/*.json", ["team/a.json", "team/.json"], ["team/a.yaml", "team/x/a.json", "a.json"]],
  ["*", ["a", "a.json", ""], ["a/b"]],
  ["team/?.json", ["team/a.json", "team/\u{1f600}.json"], ["team/.json", "team/ab.json", "team//.json"]],
  ["**", ["a", "a/b", "a/b/c.json"], []],
  ["team/**", ["team/a", "team/a/b"], ["teams/a", "a/team/b"]],
  ["**/api.json", ["api.json", "a/api.json", "a/b/api.json"], ["a/xapi.json"]],
  ["a/**/z/*.json", ["a/z/1.json", "a/b/z/1.json", "a/z/z/z/1.json"], ["a/z/b/1.json", "z/1.json"]],
  ["a*b*c", ["abc", "aXbXc", "abbcc", "abcbc"], ["ab", "acb"]],
  ["a.b[0]{1}+(2)", ["a.b[0]{1}+(2)"], ["aXb0112"]],
])("%s", (pattern, yes, no) => {
  expect(yes.filter((id) => !fits(pattern, id))).toEqual([]);
  expect(no.filter((id) => fits(pattern, id))).toEqual([]);
});

/** By trying everything. */
function naive(pattern: string, id: string): boolean {
  const parts = (text: string) => text.split("/");
  const folders = (wanted: readonly string[], rest: readonly string[]): boolean => {
    if (wanted.length === 0) return rest.length === 0;
    if (wanted[0] === "**") return folders(wanted.slice(1), rest) || (rest.length > 0 && folders(wanted, rest.slice(1)));
    return rest.length > 0 && signs(wanted[0], rest[0]) && folders(wanted.slice(1), rest.slice(1));
  };
  const signs = (wanted: string, part: string): boolean => {
    if (wanted === "") return part === "";
    if (wanted[0] === "*") return signs(wanted.slice(1), part) || (part !== "" && signs(wanted, part.slice(1)));
    return part !== "" && (wanted[0] === "?" || wanted[0] === part[0]) && signs(wanted.slice(1), part.slice(1));
  };
  return folders(parts(pattern), parts(id));
}

test("property: it is as trying everything would have it", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "**", "?", "/", "/"), minLength: 1, maxLength: 9 });
  const id = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 9 });
  fc.assert(
    fc.property(pattern, id, (wanted, name) => {
      expect(fits(wanted, name)).toBe(naive(wanted, name));
    }),
    { numRuns: 1000 },
  );
});

// Trying everything would never end.
test("the worst pattern of a long name is decided", () => {
  expect(fits(`${"a*".repeat(500)}b`, "a".repeat(5000))).toBe(false);
});

test("a pattern has a bound, and says something", () => {
  expect(globFrom("")).toBeInstanceOf(Malformed);
  expect(globFrom("a".repeat(globCharsMax))).not.toBeInstanceOf(Malformed);
  expect(globFrom("a".repeat(globCharsMax + 1))).toBeInstanceOf(Malformed);
});
