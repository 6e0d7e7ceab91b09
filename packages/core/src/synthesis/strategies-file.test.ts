import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { reasonOf } from "../merge/story.suite.js";
import type { Data } from "./data.js";
import type { Envelope } from "./fragment.js";
import { envelopeByRules, type FragmentRule, type Strategies, strategiesFrom, typedFields } from "./strategies-file.js";
import { strategyName } from "./told.js";

const read = (file: Data) => strategiesFrom(file, () => new Malformed("no types here"));
const made = (file: Data): Strategies => {
  const strategies = read(file);
  return strategies instanceof Malformed ? expect.fail(strategies.reason) : strategies;
};
const rules = (...fragments: Data[]): readonly FragmentRule[] => made({ fragments }).fragments;

test("a strategies file says what holds at places, and what is known of fragments", () => {
  const { paths, fragments } = made({
    paths: { "/services/*/replicas": "max", "/a": { strategy: "quorum", of: 2 } },
    fragments: [{ match: "team/**", source: "team" }],
  });
  expect(paths.map(({ pattern, rule }) => `${pattern.text} ${strategyName(rule)}`)).toEqual(["/services/*/replicas max", "/a quorum(2)"]);
  expect(fragments.map(({ matches, says }) => [matches("team/a.json"), matches("a.json"), says])).toEqual([
    [true, false, { source: "team" }],
  ]);
  expect(made({})).toEqual({ paths: [], fragments: [] });
});

test.each<[Data, string]>([
  [[], "strategies are an object"],
  [{ path: {} }, 'not "path"'],
  [{ paths: [] }, '"paths" are strategies by path'],
  [{ paths: { services: "max" } }, 'write it like "/services/*/replicas"'],
  [{ paths: { "/a": "maximum" } }, 'at "/a": there is no strategy "maximum"'],
  [{ paths: { "/a": { strategy: "custom", type: "x" } } }, 'at "/a": no types here'],
  [{ fragments: {} }, '"fragments" are a list'],
  [{ fragments: ["team/**"] }, "which files it is for"],
  [{ fragments: [{ source: "team" }] }, "which files it is for"],
  [{ fragments: [{ match: "" }] }, "1 to 1024 characters"],
  [{ fragments: [{ match: "a", sourse: "team" }] }, 'for "a": of a fragment source, stamp, priority, scope are said, not "sourse"'],
  [{ fragments: [JSON.parse('{"match":"a","__proto__":"team"}')] }, 'not "__proto__"'],
  [{ fragments: [{ match: "a", stamp: "yesterday" }] }, "a stamp is"],
  [{ fragments: [{ match: "a", priority: "high" }] }, "a priority is a number"],
  [{ fragments: [{ match: "a", scope: "x" }] }, "JSON pointer"],
  [{ fragments: [{ match: "a", fields: { n: "int" } }] }, "number, boolean, json, text"],
  [{ fragments: [{ match: "a", fields: ["n"] }] }, '"fields" say what texts are'],
])("%j is none", (file, reason) => {
  expect(reasonOf(read(file))).toContain(reason);
});

const said = (body: Data, ...written: Data[]): Envelope => {
  const envelope = envelopeByRules(rules(...written), "team/api.json", body);
  return envelope instanceof Malformed ? expect.fail(envelope.reason) : envelope;
};
const unsaid = (body: Data, ...written: Data[]) => reasonOf(envelopeByRules(rules(...written), "team/api.json", body));

test("rules say something of the fragments whose names they match, the later before the earlier", () => {
  const written = [
    { match: "**", source: "anybody", priority: 1 },
    { match: "team/*", source: "team", stamp: "2026-11-20" },
    { match: "region/*", source: "region" },
    { match: "**", stamp: 5 },
  ];
  expect(said({}, ...written)).toEqual({ source: "team", priority: 1, stamp: 5 });
});

test("what they say may be in the body: a field, or one that a pointer leads to", () => {
  const body = { region: "eu", n: 7, meta: { at: "2026-11-20T00:00:00Z", "a/b": "x", rank: 2 } };
  expect(said(body, { match: "**", source: "{region}", stamp: "{/meta/at}", priority: "{/meta/rank}" })).toEqual({
    source: "eu",
    stamp: Date.UTC(2026, 10, 20),
    priority: 2,
  });
  expect(said(body, { match: "**", source: "region-{region}-{n}", stamp: "2026-11-{/meta/rank}0" })).toEqual({
    source: "region-eu-7",
    stamp: Date.UTC(2026, 10, 20),
  });
  expect(said(body, { match: "**", source: "{n}", stamp: "{n}" })).toEqual({ source: "7", stamp: 7 });
  expect(said({ "{x}": 1, x: 2n ** 60n }, { match: "**", source: "{x}" })).toEqual({ source: "1152921504606846976" });
});

test("in a scope, what is filled in is one name", () => {
  expect(said({ region: "eu/west~1" }, { match: "**", scope: "/regions/{region}/services" })).toEqual({
    scope: "/regions/eu~1west~01/services",
  });
  expect(said({ region: "eu" }, { match: "**", scope: "/{region}" })).toEqual({ scope: "/eu" });
});

test.each<[Data, DataRule, string]>([
  [{}, { source: "{region}" }, 'its source is "{region}": it has no text or number under "region"'],
  [{ region: null }, { source: "{region}" }, "no text or number"],
  [{ region: { a: 1 } }, { source: "x{region}" }, "no text or number"],
  [5, { source: "{region}" }, "no text or number"],
  [{}, { source: "{constructor}" }, "no text or number"],
  ["text", { source: "{/~2}" }, "no text or number"],
  [{ at: "noon" }, { stamp: "{at}" }, "a stamp is"],
  [{ at: 2n ** 60n }, { stamp: "{at}" }, "holds exactly"],
  [{ rank: "first" }, { priority: "{rank}" }, "a priority is a number"],
  [{ rank: 1 }, { priority: "{rank}0" }, "a priority is a number"],
])("of %o rules cannot say %j", (body, rule, reason) => {
  expect(unsaid(body, { match: "**", ...rule })).toContain(reason);
});

type DataRule = Readonly<Record<string, Data>>;

const typed = (body: Data, ...written: Data[]) => typedFields(rules(...written), "a.csv", body);

test("texts are made what rules say they are", () => {
  const fields = { n: "number", big: "number", b: "boolean", j: "json", t: "text" };
  const body = { n: "-1.5", big: "9007199254740993", b: "true", j: '{"a":[1]}', t: "5", other: "5" };
  expect(typed(body, { match: "*.csv", fields })).toEqual({
    n: -1.5,
    big: 2n ** 53n + 1n,
    b: true,
    j: { a: [1] },
    t: "5",
    other: "5",
  });
  expect(body.n).toBe("-1.5");
});

test.each<[string, Data]>([
  ["[9007199254740993,-9007199254740993]", [2n ** 53n + 1n, -(2n ** 53n) - 1n]],
  ['{"a":{"b":[1e21,1.5e22,12345678901234567890.0]},"c":1e2}', { a: { b: [10n ** 21n, 15n * 10n ** 21n, 12345678901234567890n] }, c: 100 }],
  [
    '["9007199254740993","#0","##1 \\"9007199254740993",9007199254740993]',
    ["9007199254740993", "#0", '##1 "9007199254740993', 2n ** 53n + 1n],
  ],
  ['{"9007199254740993":"\\u00230","x":9007199254740993}', { "9007199254740993": "#0", x: 2n ** 53n + 1n }],
  ["1e20", 10n ** 20n],
])("whole numbers in JSON are exact: %s", (text, value) => {
  expect(typed({ n: text }, { match: "**", fields: { n: "json" } })).toEqual({ n: value });
});

test("what is no text, or not there, or of other files, stays", () => {
  const rule = { match: "*.csv", fields: { n: "number", m: "boolean" } };
  expect(typed({ n: 5 }, rule)).toEqual({ n: 5 });
  expect(typed(["n"], rule)).toEqual(["n"]);
  expect(typed({ n: "5" }, { ...rule, match: "*.json" })).toEqual({ n: "5" });
  expect(typed({ n: "5", m: "false" }, { match: "**", fields: { n: "json" } }, { match: "**", fields: { m: "boolean" } })).toEqual({
    n: 5,
    m: false,
  });
});

test("also of names that every object has", () => {
  const fields = JSON.parse('{"match":"**","fields":{"__proto__":"number","constructor":"number"}}');
  expect(JSON.stringify(typed(JSON.parse('{"__proto__":"5","constructor":"6"}'), fields))).toBe('{"__proto__":5,"constructor":6}');
  expect(JSON.stringify(typed({}, fields))).toBe("{}");
});

test.each([
  ["number", ""],
  ["number", "five"],
  ["number", "01"],
  ["number", "true"],
  ["number", "1e999"],
  ["boolean", "yes"],
  ["boolean", "True"],
  ["json", "{"],
  ["json", "[1e999]"],
  ["json", "{9007199254740993:1}"],
  ["json", "[09007199254740993]"],
  ["json", '["\\ud800",9007199254740993]'],
])("as %s, %j is refused", (type, text) => {
  expect(reasonOf(typed({ n: text }, { match: "**", fields: { n: type } }))).toBe(`a ${type} under "n", not ${JSON.stringify(text)}`);
});
