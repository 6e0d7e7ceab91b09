import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { planOf } from "./plan.js";
import { partForSchema, placeOfPart } from "./schema-part.js";
import { strategiesFrom } from "./strategies-file.js";

const noTypes = () => new Malformed("no types here");

function part(value: Data, paths: Data): Data | undefined {
  const strategies = strategiesFrom({ paths }, noTypes);
  return partForSchema(
    value,
    planOf(strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies.paths, undefined, noTypes),
  );
}

test("most of what is said is as documents are, and is not copied", () => {
  const value = { a: { b: [1] }, n: 1 };
  expect(part(value, {})).toBe(value);
  expect(part(value, { "/n": "max", "/a": { strategy: "lww", whole: true } })).toBe(value);
});

test("amounts, values said at once and operations of one's own are no part of a document", () => {
  expect(part({ n: -1, m: 1, v: "x", o: { p: -1 } }, { "/n": "pn-counter", "/v": "mv", "/o": "g-counter" })).toEqual({ m: 1, o: {} });
  expect(part(5, { "": "pn-counter" })).toBeUndefined();
});

test("of sets, what is added is", () => {
  expect(part({ s: { add: ["a"], remove: ["b"] }, t: ["c"] }, { "/*": "or-set" })).toEqual({ s: ["a"], t: ["c"] });
  expect(part({ s: { remove: ["b"] } }, { "/s": "2p-set" })).toEqual({ s: [] });
});

test("elements that are told apart by a key stay where they are", () => {
  const paths = { "/l": { strategy: "by-key", key: "id" }, "/l/*/n": "pn-counter", '/l/"c"': { strategy: "mv", whole: true } };
  expect(part({ l: [{ id: "a", n: -1 }, { id: "c" }, { id: "b", m: 1 }] }, paths)).toEqual({ l: [{ id: "a" }, {}, { id: "b", m: 1 }] });
});

test("what does not fit its rules stays as it is, for the schema to say what is wrong", () => {
  const paths = { "/l": { strategy: "by-key", key: "id", of: "max" }, "/m": "map", "/s": "or-set" };
  for (const value of [{ l: 1 }, { l: [1, { x: 1 }] }, { m: 1 }, { s: "x" }, { s: { add: 1 } }]) expect(part(value, paths)).toEqual(value);
});

test("where something lies in the part tells where it lies in the fragment", () => {
  const fragment = { s: { add: ["a"], remove: [] }, o: { add: { b: 1 } }, x: [1] };
  expect(placeOfPart(fragment, ["s", "0"])).toEqual(["s", "add", "0"]);
  expect(placeOfPart(fragment, ["o", "add", "b"])).toEqual(["o", "add", "b"]);
  expect(placeOfPart(fragment, ["x", "0"])).toEqual(["x", "0"]);
  expect(placeOfPart(fragment, ["gone", "there"])).toEqual(["gone", "there"]);
});
