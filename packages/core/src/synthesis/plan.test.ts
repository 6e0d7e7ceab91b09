import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { type Plan, planOf, StrategyFault } from "./plan.js";
import { namesOfPointer } from "./pointer.js";
import { compileSchema } from "./schema/compile.js";
import type { SchemaCursor } from "./schema/schema-cursor.js";
import { SchemaFault } from "./schema/schema-fault.js";
import { strategiesFrom } from "./strategies-file.js";
import { strategyName } from "./told.js";

const noTypes = () => new Malformed("no types here");

function plan(paths: Data, schema?: SchemaCursor): Plan {
  const strategies = strategiesFrom({ paths }, noTypes);
  return strategies instanceof Malformed ? expect.fail(strategies.reason) : planOf(strategies.paths, schema, noTypes);
}

function mergeOf(schema: Data): SchemaCursor | undefined {
  const compiled = compileSchema({ root: "https://example.org/schema", documents: new Map([["https://example.org/schema", schema]]) });
  return compiled instanceof SchemaFault ? expect.fail(compiled.reason) : compiled.merge;
}

function ruleAt(whole: Plan, pointer: string): string {
  return strategyName((namesOfPointer(pointer) as string[]).reduce((place, name) => place.child(name), whole).rule);
}

test("where nothing is said of places, all is by the default rule, and known to be", () => {
  expect(plan({}).isPlain).toBe(true);
  expect(ruleAt(plan({}), "/a/b")).toBe("lww");
});

test("what holds at a place holds below it, until something is said of what lies there", () => {
  const whole = plan({
    "/a": "max",
    "/a/b/c": "flag",
    "/m": { strategy: "map", of: "min" },
    "/r": { strategy: "record", fields: { x: "mv" } },
  });
  expect(["", "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x/y", "/b"].map((place) => ruleAt(whole, place))).toEqual([
    "lww",
    "max",
    "max",
    "flag",
    "flag",
    "max",
    "lww",
  ]);
  expect(["/m", "/m/x", "/m/x/y", "/r", "/r/x", "/r/x/z", "/r/y"].map((place) => ruleAt(whole, place))).toEqual([
    "map",
    "min",
    "min",
    "record",
    "mv",
    "mv",
    "lww",
  ]);
});

test("the more special counts first, in whatever order they are written", () => {
  const entries = Object.entries({
    "/**": "mv",
    "/**/b": "min",
    "/*/b": "first",
    "/a/*": "flag",
    "/a/b": "max",
    "/a/**": "error",
    "/a": "unanimous",
  });
  for (const written of [entries, entries.toReversed()]) {
    const whole = plan(Object.fromEntries(written));
    const places = ["", "/a", "/a/b", "/a/c", "/a/c/b", "/x/b", "/x/y/b", "/x"];
    expect(places.map((place) => ruleAt(whole, place))).toEqual(["mv", "unanimous", "max", "flag", "error", "first", "min", "mv"]);
  }
});

test("names are names: also those that every object has, and those that patterns use", () => {
  const whole = plan(JSON.parse('{"/__proto__":"max","/constructor/x":"min","/*/y":"flag"}'));
  expect(
    ["/__proto__", "/__proto__/y", "/constructor/x", "/constructor/y", "/*/x", "/*/y", "/**/y", "/toString"].map((place) =>
      ruleAt(whole, place),
    ),
  ).toEqual(["max", "flag", "min", "flag", "lww", "flag", "flag", "lww"]);
});

test("more names than are remembered", () => {
  const whole = plan({ "/a/*/x": "max", "/r": { strategy: "record", fields: { x1999: "min" } } });
  for (let at = 0; at < 2000; at++) expect(ruleAt(whole, `/a/n${at}/x`)).toBe("max");
  for (let at = 0; at < 2000; at++) expect(ruleAt(whole, `/r/x${at}`)).toBe(at === 1999 ? "min" : "lww");
});

test("what tells elements apart is no matter of rules, whatever is said of elements", () => {
  const by = (of: Data) => ({ strategy: "by-key", key: "id", of });
  const written = [
    { "/l": by("max") },
    { "/l": by("max"), "/l/*/n": "max" },
    { "/l": by("lww"), "/l/*": "max" },
    { "/l": by("max"), "/**/id": "mv" },
  ];
  for (const paths of written)
    expect(['/l/"a"', '/l/"a"/id', '/l/"a"/n'].map((place) => ruleAt(plan(paths), place))).toEqual(["max", "lww", "max"]);
  expect(ruleAt(plan({ "/l": by("max") }), '/l/"a"/n/id')).toBe("max");
  expect(ruleAt(plan({ "/l": { strategy: "by-key", key: "id", of: by("max") } }), '/l/"a"/"b"/id')).toBe("lww");
});

test("a schema says it under x-merge; a strategies file counts before it, and both before what holds around", () => {
  const schema = mergeOf({
    properties: {
      a: { "x-merge": "max", properties: { b: { "x-merge": "min" }, c: {} } },
      l: { "x-merge": { strategy: "by-key", key: "id" }, items: { properties: { n: { "x-merge": "pn-counter" } } } },
    },
  });
  const places = ["", "/a", "/a/b", "/a/c", "/x", '/l/"x"/n', '/l/"x"/m'];
  expect(places.map((place) => ruleAt(plan({}, schema), place))).toEqual(["lww", "max", "min", "max", "lww", "pn-counter", "lww"]);
  expect(places.map((place) => ruleAt(plan({ "/a": "flag", "/*/c": "mv" }, schema), place))).toEqual([
    "lww",
    "flag",
    "min",
    "mv",
    "lww",
    "pn-counter",
    "lww",
  ]);
});

test("what is no strategy in a schema is a fault", () => {
  const schema = mergeOf({ properties: { a: { "x-merge": "maximum" } } });
  expect(() => ruleAt(plan({}, schema), "/a")).toThrow(StrategyFault);
  expect(() => ruleAt(plan({}, schema), "/a")).toThrow('x-merge in the schema: there is no strategy "maximum"');
});
