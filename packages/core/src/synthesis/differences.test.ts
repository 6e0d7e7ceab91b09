import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceCharsMax, differencesListedMax } from "../bytes/limits.js";
import type { Data } from "./data.js";
import { equalData, textOfData } from "./data-text.js";
import { type Difference, differenceLines, differences } from "./differences.js";
import { namesOfPointer } from "./pointer.js";

const linesOf = (published: Data | undefined, now: Data | undefined) => differenceLines(differences(published, now));

test("what is added, removed or changed is told by its pointer, in the order of the document", () => {
  const published = { z: 1, a: { b: 1, c: [1, 2], gone: { deep: true } }, "x/y": "ä" };
  const now = { z: 1n + 2n ** 60n, a: { b: 2, c: [1, 2], come: null }, "x/y": "ö" };
  expect(differences(published, now)).toEqual({
    listed: [
      { pointer: "/a/b", published: 1, now: 2 },
      { pointer: "/a/come", now: null },
      { pointer: "/a/gone", published: { deep: true } },
      { pointer: "/x~1y", published: "ä", now: "ö" },
      { pointer: "/z", published: 1, now: 1152921504606846977n },
    ],
    more: 0,
  });
  expect(linesOf(published, now)).toEqual([
    "- /a/b: 1",
    "+ /a/b: 2",
    "+ /a/come: null",
    '- /a/gone: {"deep":true}',
    '- /x~1y: "ä"',
    '+ /x~1y: "ö"',
    "- /z: 1",
    "+ /z: 1152921504606846977",
  ]);
});

const arrays: readonly (readonly [Data[], Data[], string[]])[] = [
  [["a", "b"], ["a", "b", "c"], ['+ /2: "c"']],
  [["a", "b"], ["0", "a", "b"], ['+ /0: "0"']],
  [
    ["b", "d", "f"],
    ["a", "b", "c", "d", "f", "g"],
    ['+ /0: "a"', '+ /2: "c"', '+ /5: "g"'],
  ],
  [["a", "b", "c"], ["a", "c"], ['- /1: "b"']],
  [
    ["a", "b", "c"],
    ["b", "c", "d"],
    ['- /0: "a"', '+ /2: "d"'],
  ],
  [["a", "a"], ["a"], ['- /1: "a"']],
  [
    ["a", "b"],
    ["b", "a"],
    ['+ /0: "b"', '- /1: "b"'],
  ],
  [
    [1, 2, 3],
    [1, 5, 3],
    ["- /1: 2", "+ /1: 5"],
  ],
  [
    [{ k: 1, v: 1 }, { k: 2 }],
    [{ k: 1, v: 2 }, { k: 2 }, { k: 3 }],
    ["- /0/v: 1", "+ /0/v: 2", '+ /2: {"k":3}'],
  ],
  [
    ["a", { k: 1 }],
    ["0", "a", { k: 2 }],
    ['+ /0: "0"', '- /1: {"k":1}', '+ /2: {"k":2}'],
  ],
  [[[1], [2]], [[1, 1], [2]], ["+ /0/1: 1"]],
  [[], [null], ["+ /0: null"]],
];

test.each(arrays)("from %j to %j", (published, now, lines) => {
  expect(linesOf(published, now)).toEqual(lines);
});

test("values of another kind are other values, and a document may begin or end", () => {
  expect(linesOf({ a: [] }, { a: {} })).toEqual(["- /a: []", "+ /a: {}"]);
  expect(linesOf({ a: 1 }, { a: "1" })).toEqual(["- /a: 1", '+ /a: "1"']);
  expect(linesOf(undefined, { a: 1 })).toEqual(['+ (document): {"a":1}']);
  expect(linesOf(null, undefined)).toEqual(["- (document): null"]);
  expect([linesOf(undefined, undefined), linesOf({ "": [] }, { "": [] })]).toEqual([[], []]);
  expect(linesOf({ "": 1 }, { "": 2 })).toEqual(["- /: 1", "+ /: 2"]);
});

test("names that objects inherit are names as all others", () => {
  const [none, some] = [JSON.parse("{}"), JSON.parse('{"__proto__":1,"constructor":{"name":2}}')] as [Data, Data];
  expect(linesOf(none, some)).toEqual(["+ /__proto__: 1", '+ /constructor: {"name":2}']);
  expect(linesOf(some, JSON.parse('{"__proto__":1,"constructor":{}}') as Data)).toEqual(["- /constructor/name: 2"]);
});

test("no more than a bound are listed, and long values are cut between characters", () => {
  const all = Object.fromEntries(Array.from({ length: differencesListedMax + 2 }, (_, at) => [`n${at}`, at]));
  const many = differences({}, all);
  expect([many.listed.length, many.more]).toEqual([differencesListedMax, 2]);
  expect(differenceLines(many).at(-1)).toBe("… and 2 more");
  const fits = "x".repeat(differenceCharsMax - 2);
  expect(linesOf(undefined, fits)).toEqual([`+ (document): "${fits}"`]);
  expect(linesOf(undefined, `${fits}x`)).toEqual([`+ (document): "${fits}x…`]);
  expect(linesOf(undefined, `${fits}\u{1f600}`)).toEqual([`+ (document): "${fits}…`]);
  const long = Array.from({ length: 100_000 }, (_, at) => `element ${at}`);
  expect(linesOf(undefined, long)).toEqual([`+ (document): ${textOfData(long).slice(0, differenceCharsMax)}…`]);
});

type Container = Record<string, Data> | Data[];

/** Where it is, and by what name. */
function placeIn(document: Data, pointer: string): { readonly container: Container; readonly name: string } {
  const names = namesOfPointer(pointer) as string[];
  const name = names.pop() as string;
  const container = names.reduce((at, each) => (at as Record<string, Data>)[each], document) as Container;
  return { container, name };
}

/** What is listed says how to make the one document of the other: changes first, what goes from behind, then what comes from the front. */
function made(published: Data, listed: readonly Difference[]): Data {
  const document = { "": structuredClone(published) };
  const at = (pointer: string) => placeIn(document, `/${pointer}`);
  for (const { pointer, now, published: old } of listed) {
    const { container, name } = at(pointer);
    if (old !== undefined && now !== undefined) (container as Record<string, Data>)[name] = now;
  }
  for (const { pointer, now } of listed.toReversed()) {
    const { container, name } = at(pointer);
    if (now !== undefined) continue;
    if (Array.isArray(container)) container.splice(Number(name), 1);
    else delete container[name];
  }
  for (const { pointer, now, published: old } of listed) {
    if (old !== undefined || now === undefined) continue;
    const { container, name } = at(pointer);
    if (Array.isArray(container)) container.splice(Number(name), 0, now);
    else container[name] = now;
  }
  return document[""];
}

const anyData = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Data>(null, true, 0, 1, 2n ** 70n, "", "a", "~/"),
    fc.array(tie("data"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom("a", "b", "", "~/", "0"), tie("data"), { noNullPrototype: true }),
  ),
})).data;

test("differences are what makes the one document of the other, and none are between equal ones", () => {
  fc.assert(
    fc.property(anyData, anyData, (published, now) => {
      const { listed, more } = differences(published, now);
      expect(more).toBe(0);
      expect(listed.length === 0).toBe(equalData(published, now));
      expect(textOfData(made(published, listed))).toBe(textOfData(now));
    }),
    { numRuns: 2_000 },
  );
});
