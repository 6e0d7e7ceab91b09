import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { Collecting, decidedPlace } from "./collect.js";
import type { Data } from "./data.js";
import { type Plan, planOf } from "./plan.js";
import { namesOfPointer } from "./pointer.js";
import { headOf } from "./said.suite.js";
import { strategiesFrom } from "./strategies-file.js";

const noTypes = () => new Malformed("no types here");
const planFor = (paths: Data): Plan => {
  const strategies = strategiesFrom({ paths }, noTypes);
  return planOf(strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies.paths, undefined, noTypes);
};
const names = (pointer: string) => namesOfPointer(pointer) as string[];

/** What is said at places, by the numbers of the fragments. */
function collected(paths: Data, bodies: readonly Data[], places: readonly string[]): readonly (string | undefined)[] {
  const collecting = new Collecting(planFor(paths));
  for (const place of places) collecting.seek(names(place));
  for (const [at, body] of bodies.entries()) collecting.add(headOf({ source: `${at}`, stamp: at }), body);
  return places.map((place) => {
    const { winners, losers } = collecting.decisionAt(names(place))?.decision ?? {};
    return winners && losers && [winners, losers].map((all) => all.map(({ head }) => head.source).join("")).join(" over ");
  });
}

test("of each place that is sought, all that is said is collected", () => {
  const bodies = [{ a: { b: 1 } }, { a: { b: 2, c: 3 } }, { a: 5 }, { x: 1 }];
  expect(collected({}, bodies, ["", "/a", "/a/b", "/a/c", "/x", "/y", "/a/b/c"])).toEqual([
    "3210 over ",
    "2 over 10",
    "1 over 0",
    "1 over ",
    "3 over ",
    undefined,
    undefined,
  ]);
});

test("few places are found in large objects, and many in small ones", () => {
  const large = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${at}`, at]));
  expect(collected({}, [large, { n7: 1 }], ["/n7", "/n8", "/m"])).toEqual(["1 over 0", "0 over ", undefined]);
  expect(collected({}, [{ n7: 1 }], ["/n6", "/n7", "/n8", "/constructor"])).toEqual([undefined, "0 over ", undefined, undefined]);
});

test("what is decided as a whole is not looked into, and elements are found by what tells them apart", () => {
  const bodies = [
    { l: [{ id: 1, n: 1 }], w: { x: 1 } },
    {
      l: [
        { id: "1", n: 2 },
        { id: 1, n: 3 },
      ],
      w: { x: 2 },
    },
  ];
  const paths = { "/l": { strategy: "by-key", key: "id" }, "/w": { strategy: "lww", whole: true } };
  expect(collected(paths, bodies, ["/l", "/l/1/n", '/l/"1"/n', "/w", "/w/x"])).toEqual([
    "10 over ",
    "1 over 0",
    "1 over ",
    "1 over 0",
    undefined,
  ]);
});

/** The place where that is decided which lies at a pointer. */
const decided = (paths: Data, document: Data | undefined, pointer: string) =>
  decidedPlace(names(pointer), { plan: planFor(paths), document }).names.join(" ");

test("a place is decided where it is, or around it", () => {
  const document = { a: { b: [1, { c: 2 }], d: "x" }, s: ["x"] };
  expect(decided({}, document, "")).toBe("");
  expect(decided({}, document, "/a/d")).toBe("a d");
  expect(decided({}, document, "/a/d/e")).toBe("a d");
  expect(decided({}, document, "/a/b/1/c")).toBe("a b");
  expect(decided({ "/a": { strategy: "lww", whole: true } }, document, "/a/d")).toBe("a");
  expect(decided({ "/s": "or-set" }, document, "/s/0")).toBe("s");
  expect(decided({ "/s": "mv" }, document, "/s/0")).toBe("s");
});

test("names are typed in any form, and what elements are told apart by in its own", () => {
  const [composed, decomposed] = ["\u00e9", "e\u0301"];
  const nameOf = (name: string) => name.normalize("NFC");
  const plan = planFor({ "/*": { strategy: "by-key", key: "id" } });
  const typed = [decomposed, decomposed, decomposed, "gone"];
  expect(decidedPlace(typed, { plan, document: { [composed]: [{ id: decomposed, [composed]: {} }] }, nameOf })).toEqual({
    pointer: [composed, decomposed, composed, "gone"],
    names: [composed, `"${decomposed}"`, composed, "gone"],
  });
  expect(decidedPlace([decomposed], { plan, document: { [decomposed]: [] } }).names).toEqual([decomposed]);
});

test("what is not there was decided where it is missing first", () => {
  expect(decided({}, { a: {} }, "/a/b/c")).toBe("a b");
  expect(decided({}, { a: {} }, "/a/constructor")).toBe("a constructor");
  expect(decided({}, undefined, "/a/b")).toBe("");
});

test("elements are found by their index, and those that have none by what tells them apart", () => {
  const list = { "/l": { strategy: "by-key", key: "id" } };
  const document = { l: [{ id: 7, n: 1 }, { id: "a/b", n: 1 }, { id: "0" }] };
  expect(decided(list, document, "/l/0/n")).toBe("l 7 n");
  expect(decided(list, document, "/l/1")).toBe('l "a/b"');
  expect(decided(list, document, "/l/a~1b/n")).toBe('l "a/b" n');
  expect(decided(list, document, "/l/7")).toBe("l 7");
  expect(decided(list, document, "/l/01")).toBe('l "01"');
  expect(decided(list, document, "/l/gone/n")).toBe('l "gone"');
  // Several objects in one element's place have no name in common.
  expect(decided({ "/l": { strategy: "by-key", key: "id", of: { strategy: "mv", whole: true } } }, { l: [[{ id: 1 }]] }, "/l/0")).toBe("l");
});
