import { expect, test } from "vitest";
import { jsonDepthMax, schemasMax } from "../../bytes/limits.js";
import type { Data } from "../data.js";
import { compileSchema } from "./compile.js";
import { SchemaFault } from "./schema-fault.js";
import { answerTo, anything, compiled, faultOf, here } from "./schema-made.suite.js";

test.each<[Data, string]>([
  ["text", "# a schema is an object, true or false"],
  [{ properties: { a: 1 } }, "#/properties/a a schema is an object, true or false"],
  [{ type: "strng" }, '#/type "type" is one of null, boolean, number, integer, string, array, object, or an array of them'],
  [{ type: [] }, '#/type "type" is one of null, boolean, number, integer, string, array, object, or an array of them'],
  [{ type: "toString" }, '#/type "type" is one of null, boolean, number, integer, string, array, object, or an array of them'],
  [{ enum: "a" }, '#/enum "enum" is an array of values'],
  [{ minimum: "1" }, '#/minimum "minimum" is a number'],
  [{ multipleOf: 0 }, '#/multipleOf "multipleOf" is above 0'],
  [{ minLength: -1 }, '#/minLength "minLength" is a whole number of at least 0'],
  [{ maxItems: 1.5 }, '#/maxItems "maxItems" is a whole number of at least 0'],
  [{ uniqueItems: "yes" }, '#/uniqueItems "uniqueItems" is true or false'],
  [{ pattern: 1 }, '#/pattern "pattern" is a regular expression'],
  [{ pattern: "(" }, "#/pattern Invalid regular expression: /(/u: Unterminated group (regular expressions are read with the flag u)"],
  [
    { patternProperties: { "\\Z": true } },
    "#/patternProperties Invalid regular expression: /\\Z/u: Invalid escape (regular expressions are read with the flag u)",
  ],
  [{ required: ["a", 1] }, '#/required "required" is an array of texts'],
  [{ required: true }, '#/required "required" is an array of texts'],
  [{ dependentRequired: { a: "b" } }, '#/dependentRequired "dependentRequired" is an object of arrays of texts'],
  [{ dependentRequired: [] }, '#/dependentRequired "dependentRequired" is an object of arrays of texts'],
  [{ properties: [] }, '#/properties "properties" is an object of schemas'],
  [{ allOf: [] }, '#/allOf "allOf" is an array of schemas, one at least'],
  [{ anyOf: {} }, '#/anyOf "anyOf" is an array of schemas, one at least'],
  [{ not: 1 }, "#/not a schema is an object, true or false"],
  [{ items: [true] }, '#/items "items" is one schema; for each item its own, write "prefixItems"'],
  [{ $ref: 1 }, "#/$ref a reference is a text"],
  [{ $ref: "#/$defs/a" }, `#/$ref there is no schema ${here}#/$defs/a`],
  [{ $ref: "#/$defs/length", $defs: [] }, `#/$ref there is no schema ${here}#/$defs/length`],
  [{ $ref: "#/$defs/~2", $defs: { "~2": true } }, `#/$ref there is no schema ${here}#/$defs/~2`],
  [{ $ref: "#/allOf/00", allOf: [true] }, `#/$ref there is no schema ${here}#/allOf/00`],
  [{ $ref: "#toString" }, `#/$ref there is no schema ${here}#toString`],
  [{ $ref: "#%" }, "#/$ref there is no schema #%"],
  [{ $anchor: "a b" }, '# "$anchor" is a name of letters, digits, "-", "." and "_"'],
  [
    { $defs: { a: { $anchor: "a" }, b: { $dynamicAnchor: "a" } } },
    `#/$defs/b "#a" is the name of two schemas: the other is ${here}#/$defs/a`,
  ],
  [{ $defs: { a: { $id: "#a" } } }, '#/$defs/a an "$id" names a whole schema, without a fragment: write "$anchor" for "#a"'],
  [
    { $defs: { a: { $id: "b.json" }, b: { $id: "./b.json" } } },
    `#/$defs/b "file:///b.json" is the name of two schemas: the other is ${here}#/$defs/a`,
  ],
  [{ $defs: { a: { $id: 1 } } }, '#/$defs/a "$id" is the URI of the schema'],
  [{ $schema: 1 }, '#/$schema "$schema" is the URI of a metaschema'],
  [
    { $schema: "http://json-schema.org/draft-07/schema#" },
    '#/$schema "http://json-schema.org/draft-07/schema#" is another version: write the schema for https://json-schema.org/draft/2020-12/schema',
  ],
  [
    { $schema: "https://json-schema.org/draft/2019-09/schema" },
    '#/$schema "https://json-schema.org/draft/2019-09/schema" is another version: write the schema for https://json-schema.org/draft/2020-12/schema',
  ],
])("%j is refused", (schema, fault) => {
  expect(faultOf(schema)).toBe(fault);
});

test("what is wrong where nothing leads is not looked at", () => {
  expect(faultOf({ $defs: { a: { type: "strng" } } })).toBeUndefined();
});

test("a metaschema that requires what is not known here is refused, and one that allows it is not", () => {
  const meta = (as: "required" | "optional") => ({
    "https://example.com/meta": {
      $vocabulary: {
        "https://json-schema.org/draft/2020-12/vocab/validation": true,
        "https://json-schema.org/draft/2020-12/vocab/format-assertion": as === "required",
      },
    },
  });
  const schema = { $schema: "https://example.com/meta", type: "string" };
  expect(faultOf(schema, meta("required"))).toMatch(/requires the vocabulary .*format-assertion, which is not known here/);
  expect(compiled(schema, meta("optional")).check(1, "document")).toHaveLength(1);
});

test("documents that are not there are named, all of them, until they are given", () => {
  const schema = {
    $schema: "https://example.com/meta",
    properties: { a: { $ref: "a.json#/x" }, b: { $ref: "deep/b.json" }, c: { $ref: "a.json" } },
  };
  const first = answerTo(schema);
  expect(first).toBeInstanceOf(SchemaFault);
  expect((first as SchemaFault).missing).toEqual(["https://example.com/meta"]);
  const second = answerTo(schema, { "https://example.com/meta": {} });
  expect([...(second as SchemaFault).missing].sort()).toEqual(["file:///a.json", "file:///deep/b.json"]);
  const others = {
    "https://example.com/meta": {},
    "file:///a.json": { x: { type: "null" } },
    "file:///deep/b.json": { $ref: "../a.json#/x" },
  };
  expect(
    compiled(schema, others)
      .check({ a: 1, b: 2, c: 3 }, "document")
      .map(({ schema: where }) => where),
  ).toEqual(["file:///a.json#/x/type", "file:///a.json#/x/type"]);
  expect(compileSchema({ root: here, documents: new Map() })).toMatchObject({ missing: [here] });
});

test("documents are known by absolute URIs, and by what they call themselves", () => {
  expect(faultOf(anything, { "b.json": true })).toMatch(/^b.json "b.json" is no absolute URI/);
  const others = { "file:///b.json": { $id: "https://example.com/b", $defs: { n: { type: "null" } } } };
  for (const reference of ["b.json#/$defs/n", "https://example.com/b#/$defs/n"])
    expect(compiled({ $ref: reference }, others).check(1, "document")[0]?.schema).toBe("file:///b.json#/$defs/n/type");
});

test.each<[string, Data, string]>([
  ["itself", { $ref: "#" }, "#"],
  ["through others", { $ref: "#/$defs/a", $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } }, "#/$defs/a"],
  ["in a branch", { anyOf: [{ type: "null" }, { $ref: "#" }] }, "#"],
  ["in not", { not: { $ref: "#" } }, "#"],
  ["in a condition", { if: true, else: { $ref: "#" } }, "#"],
  ["where a field depends", { dependentSchemas: { a: { $ref: "#" } } }, "#"],
  ["by a dynamic reference", { $dynamicAnchor: "a", allOf: [{ $dynamicRef: "#a" }] }, "#"],
])("a schema that leads back to itself for the same value is refused: %s", (_, schema, where) => {
  expect(faultOf(schema)).toBe(`${where} it leads back to itself for the same value, without end`);
});

test("a dynamic reference that leads elsewhere is no loop", () => {
  const list = { $id: "list", $dynamicAnchor: "of", type: "array", items: { $dynamicRef: "#of" } };
  expect(faultOf({ $id: "numbers", $dynamicAnchor: "of", $ref: "list", $defs: { list } })).toBeUndefined();
});

test("schemas lie in one another as deep as JSON may", () => {
  const nested = (levels: number): Data => (levels === 0 ? true : { not: nested(levels - 1) });
  expect(faultOf(nested(jsonDepthMax))).toBeUndefined();
  expect(faultOf(nested(jsonDepthMax + 2))).toMatch(`schemas lie in one another ${jsonDepthMax} deep at most`);
});

test("there are so many schemas and no more", () => {
  const many = (count: number) => ({ $defs: Object.fromEntries(Array.from({ length: count - 1 }, (_, at) => [`d${at}`, true])) });
  expect(faultOf(many(schemasMax))).toBeUndefined();
  expect(faultOf(many(schemasMax + 1))).toMatch(`more than ${schemasMax} schemas`);
});

test("what many schemas are compiled to, one for each way their references point, is bounded, too", () => {
  // Each of twenty steps goes one of two ways, which are told apart by their anchors.
  const defs: Record<string, Data> = {};
  for (let at = 0; at < 20; at++) {
    const next = at === 19 ? [] : [{ $ref: `p${at + 1}` }, { $ref: `q${at + 1}` }];
    for (const name of ["p", "q"])
      defs[`${name}${at}`] = {
        $id: `${name}${at}`,
        $defs: { own: { $dynamicAnchor: `of-${at}`, type: "null" } },
        properties: { a: { anyOf: [true, ...next] } },
      };
  }
  expect(faultOf({ $defs: defs, anyOf: [{ $ref: "p0" }, { $ref: "q0" }] })).toMatch(`more than ${schemasMax} schemas`);
});
