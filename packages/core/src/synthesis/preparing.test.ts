import { expect, test } from "vitest";
import { jsonDepthMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { unstamped } from "./fragment.js";
import { pointerOf } from "./pointer.js";
import { contentPath, type Delivered, type Prepared, prepare, RefusedFragment, type Rules, shortText } from "./preparing.js";
import { compileSchema } from "./schema/compile.js";
import { SchemaFault } from "./schema/schema-fault.js";
import { rulesFrom } from "./synthesis.js";

function rules(strategies: Data = {}, schema?: Data): Rules {
  const root = "https://example.org/schema";
  const compiled = schema === undefined ? undefined : compileSchema({ root, documents: new Map([[root, schema]]) });
  if (compiled instanceof SchemaFault) return expect.fail(compiled.reason);
  const made = rulesFrom({ schema: compiled, strategies, types: () => new Malformed("no types here") });
  return made instanceof Malformed ? expect.fail(made.reason) : made;
}

function prepared(by: Rules, content: Data, delivered: Partial<Delivered> = {}): Prepared {
  const made = prepare(by, { id: "a.json", ...delivered }, content);
  return made instanceof RefusedFragment ? expect.fail(`${pointerOf(made.names)} ${made.expected}`) : made;
}

/** "/body/x: a number, for max; found "y"" */
function refusal(by: Rules, content: Data): string {
  const made = prepare(by, { id: "a.json" }, content);
  if (!(made instanceof RefusedFragment)) return expect.fail("refused expected");
  expect(made.id).toBe("a.json");
  return `${pointerOf(made.names)}: ${made.expected}${made.found === "" ? "" : `; found ${made.found}`}`;
}

test("without anything said of it, a fragment is its own source, before all, and of no priority", () => {
  expect(prepared(rules(), { x: 1 })).toMatchObject({
    head: { id: "a.json", source: "a.json", stamp: unstamped, priority: 0 },
    body: { x: 1 },
  });
});

test("what a fragment says of itself counts before what rules say, and that before what whoever delivers it knows", () => {
  const strategies = { fragments: [{ match: "**", source: "rule", stamp: 2, priority: 2 }] };
  const delivered = { source: "delivered", stamp: 1, priority: 1 };
  expect(prepared(rules(), {}, delivered).head).toMatchObject(delivered);
  expect(prepared(rules(strategies), {}, delivered).head).toMatchObject({ source: "rule", stamp: 2, priority: 2 });
  const around = { source: "own", stamp: 3, priority: 3 };
  expect(prepared(rules(strategies), { $fragment: around, body: {} }, delivered).head).toMatchObject(around);
  expect(prepared(rules(strategies), { $fragment: { stamp: 3 }, body: {} }, delivered).head).toMatchObject({
    source: "rule",
    stamp: 3,
    priority: 2,
  });
});

test("texts are made numbers before anything is said of them, or asked of them", () => {
  const strategies = { paths: { "/n": "max" }, fragments: [{ match: "*", fields: { n: "number", at: "number" }, stamp: "{at}" }] };
  expect(prepared(rules(strategies), { n: "5", at: "7" })).toMatchObject({ head: { stamp: 7 }, body: { n: 5, at: 7 } });
  expect(refusal(rules(strategies), { n: "five", at: "7" })).toBe(': a number under "n", not "five"');
  expect(refusal(rules(strategies), { n: "5" })).toContain('it has no text or number under "at"');
});

test("a body is put where it belongs", () => {
  expect(prepared(rules(), { $fragment: { scope: "/services/api" }, body: { n: 1 } }).body).toEqual({ services: { api: { n: 1 } } });
  expect(prepared(rules({ fragments: [{ match: "*", scope: "/regions/{region}" }] }), { region: "eu" }).body).toEqual({
    regions: { eu: { region: "eu" } },
  });
});

test("what has no meaning where it is said is refused, with its place in what was read", () => {
  const by = rules({ paths: { "/services/*/n": "max", "/l": { strategy: "by-key", key: "id" }, "/l/*/n": "max" } });
  expect(refusal(by, { services: { api: { n: "5" } } })).toBe('/services/api/n: a number, for max; found "5"');
  expect(refusal(by, { $fragment: {}, body: { services: { api: { n: null } } } })).toBe(
    "/body/services/api/n: a number, for max; found null",
  );
  expect(refusal(by, { $fragment: { scope: "/services/api" }, body: { n: [1, 2] } })).toBe("/body/n: a number, for max; found [1,2]");
  expect(refusal(by, { $fragment: { scope: "/services/api/n" }, body: "x" })).toBe('/body: a number, for max; found "x"');
  expect(refusal(by, { $fragment: { scope: "/l" }, body: [{ id: "a" }, { id: "b", n: "x" }] })).toBe(
    '/body/1/n: a number, for max; found "x"',
  );
  // Where the scope itself leads astray, all of the body is.
  expect(refusal(by, { $fragment: { scope: "/l/x" }, body: 1 })).toBe('/body: an array, for by-key; found {"x":1}');
});

test("so is what the schema has no place for, also under a scope and in what is added to a set", () => {
  const schema = {
    properties: {
      s: { items: { type: "string" }, type: "array", "x-merge": "or-set" },
      n: { type: "integer", minimum: 0, "x-merge": "pn-counter" },
    },
  };
  const by = rules({}, schema);
  expect(refusal(by, { s: ["a", 1] })).toBe("/s/1: a text; found 1");
  expect(refusal(by, { s: { add: ["a", 1] } })).toBe("/s/add/1: a text; found 1");
  expect(refusal(by, { $fragment: { scope: "/s" }, body: { add: [1] } })).toBe("/body/add/0: a text; found 1");
  expect(prepared(by, { s: { remove: ["a"] }, n: -1 }).body).toEqual({ s: { remove: ["a"] }, n: -1 });
  expect(prepared(rules({}, { type: "integer", "x-merge": "mv" }), "x").body).toBe("x");
});

test("an envelope that is none is refused", () => {
  expect(refusal(rules(), { $fragment: { stamp: "noon" }, body: 1 })).toContain("a stamp is");
});

test("a scope does not make it deeper than data may be", () => {
  const scope = (names: number) => ({ $fragment: { scope: "/a".repeat(names) }, body: { x: [] } });
  expect(prepared(rules(), scope(jsonDepthMax - 2)).scope).toHaveLength(jsonDepthMax - 2);
  expect(refusal(rules(), scope(jsonDepthMax - 1))).toContain("in its scope it is no JSON: it is nested deeper than 128");
  expect(refusal(rules(), scope(20_000))).toContain("nested deeper");
});

test("where a fragment says something of a place is found in what was read", () => {
  const by = rules({ paths: { "/l": { strategy: "by-key", key: "id" } } });
  const made = prepared(by, { $fragment: { scope: "/x" }, body: { a: { b: 1 }, n: [1] } });
  const where = (fragment: Prepared, ...names: string[]) => contentPath(fragment, names, by.plan);
  expect(where(made, "x", "a", "b")).toEqual(["body", "a", "b"]);
  expect(where(made, "x")).toEqual(["body"]);
  expect(where(made)).toEqual(["body"]);
  expect(where(made, "x", "a", "c")).toBeUndefined();
  expect(where(made, "x", "constructor")).toBeUndefined();
  const elements = prepared(by, { l: [{ id: 2 }, { id: "2", n: 1 }] });
  expect(where(elements, "l", '"2"', "n")).toEqual(["l", "1", "n"]);
  expect(where(elements, "l", "2")).toEqual(["l", "0"]);
  expect(where(elements, "l", "3")).toBeUndefined();
});

test("what was found is shown on one line, in whole characters", () => {
  expect(shortText({ a: [1, "x"] })).toBe('{"a":[1,"x"]}');
  expect(shortText("x".repeat(58))).toBe(`"${"x".repeat(58)}"`);
  expect(shortText("x".repeat(59))).toBe(`"${"x".repeat(59)}…`);
  expect(shortText(`${"x".repeat(58)}\u{1f600}`)).toBe(`"${"x".repeat(58)}…`);
  expect(shortText(Object.fromEntries(Array.from({ length: 61 }, (_, at) => [`${at}`, at])))).toBe("an object");
});
