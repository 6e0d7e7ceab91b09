import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { misfitOf } from "./fitting.js";
import { planOf } from "./plan.js";
import { pointerOf } from "./pointer.js";
import { strategiesFrom } from "./strategies-file.js";

const noTypes = () => new Malformed("no types here");

/** "/a: a number, for max" */
function misfit(value: Data, paths: Data): string | undefined {
  const strategies = strategiesFrom({ paths }, noTypes);
  const found = misfitOf(
    value,
    planOf(strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies.paths, undefined, noTypes),
  );
  return found === undefined ? undefined : `${pointerOf(found.names)}: ${found.expected}`;
}

test("the default rule has a meaning for anything", () => {
  for (const value of [null, 1, "", [{}], { a: { b: [] } }]) expect(misfit(value, {})).toBeUndefined();
});

test("a strategy says what it has a meaning for, wherever that lies", () => {
  const paths = { "/a/*/n": "max", "/s": "or-set" };
  expect(misfit({ a: { x: { n: 1 }, y: { n: 2 } }, s: ["x"] }, paths)).toBeUndefined();
  expect(misfit({ a: { x: { n: 1 }, y: { n: "2" } } }, paths)).toBe("/a/y/n: a number, for max");
  expect(misfit({ s: "x" }, paths)).toBe('/s: an array, or {"add":[…],"remove":[…]}, for or-set');
});

test("below a strategy over leaves, objects are looked into, and under one over the whole they are not", () => {
  expect(misfit({ a: { b: { c: 1 } } }, { "/a": "max" })).toBeUndefined();
  expect(misfit({ a: { b: { c: null } } }, { "/a": "max" })).toBe("/a/b/c: a number, for max");
  expect(misfit({ a: { b: { c: null } } }, { "/a": { strategy: "lww", whole: true } })).toBeUndefined();
});

test("a map is of objects, a record of its fields", () => {
  const record = { "/r": { strategy: "record", fields: { n: "max", f: "flag" } } };
  expect(misfit({ r: { n: 1 } }, record)).toBeUndefined();
  expect(misfit({ r: 1 }, record)).toBe("/r: an object, for record");
  expect(misfit({ r: { n: 1, m: 1 } }, record)).toBe('/r: only the fields n, f, not "m"');
  expect(misfit({ r: { f: 1 } }, record)).toBe("/r/f: true or false, for flag");
  expect(misfit(JSON.parse('{"r":{"constructor":1}}'), record)).toContain('not "constructor"');
  const map = { "/m": { strategy: "map", of: "max" } };
  expect(misfit({ m: { a: 1, b: { c: 2 } } }, map)).toBeUndefined();
  expect(misfit({ m: [] }, map)).toBe("/m: an object, for map");
  expect(misfit({ m: { a: "" } }, map)).toBe("/m/a: a number, for max");
});

test("elements that are told apart by a key are objects that have it, each another", () => {
  const paths = { "/l": { strategy: "by-key", key: "id", of: "max" } };
  expect(misfit({ l: [{ id: "a", n: 1 }, { id: 1, n: 2 }, { id: "1", n: 2 }, { id: 2n ** 60n }] }, paths)).toBeUndefined();
  expect(misfit({ l: {} }, paths)).toBe("/l: an array, for by-key");
  expect(misfit({ l: [{ id: "a" }, "b"] }, paths)).toBe('/l/1: an object with "id", for by-key');
  expect(misfit({ l: [{ name: "a" }] }, paths)).toBe('/l/0: an object with "id", for by-key');
  expect(misfit({ l: [{ id: null }] }, paths)).toBe('/l/0: a text or a number under "id", for by-key');
  expect(misfit({ l: [{ id: "a" }, { id: "b" }, { id: "a" }] }, paths)).toBe('/l/2: an element of its own for "a", which is there already');
  expect(misfit({ l: [{ id: "a", n: "1" }] }, paths)).toBe("/l/0/n: a number, for max");
});

test("a record of elements need not list what tells them apart", () => {
  const paths = { "/l": { strategy: "by-key", key: "id", of: { strategy: "record", fields: { n: "max" } } } };
  expect(misfit({ l: [{ id: "a", n: 1 }] }, paths)).toBeUndefined();
  expect(misfit({ l: [{ id: "a", m: 1 }] }, paths)).toBe('/l/0: only the fields n, not "m"');
});
