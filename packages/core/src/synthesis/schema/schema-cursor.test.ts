import { expect, test } from "vitest";
import type { Data } from "../data.js";
import { compiled, faultOf, here } from "./schema-made.suite.js";

const at = (schema: Data, names: readonly string[], others: Readonly<Record<string, Data>> = {}) => {
  let cursor = compiled(schema, others).merge;
  for (const name of names) cursor = name === "*" ? cursor?.element : cursor?.child(name);
  return cursor;
};
const mergeAt = (schema: Data, ...names: string[]) => at(schema, names)?.merge;

test("what is said of a place is found by its fields, patterns, the rest and elements", () => {
  const schema = {
    "x-merge": "first",
    properties: {
      tags: { "x-merge": "or-set" },
      services: { items: { properties: { name: { "x-merge": { strategy: "quorum", of: 2 } } } } },
    },
    patternProperties: { _count$: { "x-merge": "pn-counter" } },
    additionalProperties: { "x-merge": "max" },
  };
  expect(mergeAt(schema)).toBe("first");
  expect(mergeAt(schema, "tags")).toBe("or-set");
  expect(mergeAt(schema, "votes_count")).toBe("pn-counter");
  expect(mergeAt(schema, "other")).toBe("max");
  expect(mergeAt(schema, "services", "*", "name")).toEqual({ strategy: "quorum", of: 2 });
  expect(mergeAt(schema, "services", "*")).toBeUndefined();
  expect(at(schema, ["services", "*", "port"])).toBeUndefined();
  expect(at(schema, ["services", "name"])).toBeUndefined();
  expect(at(schema, ["tags", "*"])).toBeUndefined();
});

test("a place of which nothing is said has no cursor, and a schema without any has none", () => {
  expect(compiled({ properties: { a: { type: "string" } } }).merge).toBeUndefined();
  expect(at({ properties: { a: { "x-merge": "max" }, b: {} } }, ["b"])).toBeUndefined();
  expect(at({ properties: { a: { "x-merge": "max" } } }, ["toString"])).toBeUndefined();
});

test("references are followed, also into other documents", () => {
  const others = {
    "file:///service.json": { properties: { tags: { $ref: "common.json#tags" } }, allOf: [{ $ref: "common.json#/$defs/owned" }] },
    "file:///common.json": {
      $defs: { tags: { $anchor: "tags", "x-merge": "or-set" }, owned: { properties: { owner: { "x-merge": "first" } } } },
    },
  };
  const schema = { properties: { services: { additionalProperties: { $ref: "service.json" } } } };
  expect(at(schema, ["services", "api", "tags"], others)?.merge).toBe("or-set");
  expect(at(schema, ["services", "web", "owner"], others)?.merge).toBe("first");
});

test("dynamic references lead where the document that is begun with has them lead", () => {
  const list = { $id: "list", $dynamicAnchor: "of", items: { $dynamicRef: "#of" } };
  const schema = { $id: "counts", $dynamicAnchor: "of", $ref: "list", "x-merge": "by-key", $defs: { list } };
  expect(mergeAt(schema, "*", "*", "*")).toBe("by-key");
  expect(mergeAt({ $id: "plain", $ref: "list", $defs: { list } }, "*")).toBeUndefined();
});

test("a schema that leads back to itself below has no end of places, and few cursors", () => {
  const schema = { properties: { children: { items: { $ref: "#" } }, size: { "x-merge": "max" } } };
  const { merge } = compiled(schema);
  const child = merge?.child("children")?.element;
  expect(child?.child("children")?.element).toBe(child);
  let cursor = merge;
  for (let level = 0; level < 10_000; level++) cursor = cursor?.child("children")?.element;
  expect(cursor?.child("size")?.merge).toBe("max");
});

test("fields that are not named share a cursor, however many there are", () => {
  const { merge } = compiled({ properties: { a: { "x-merge": "max" } }, additionalProperties: { "x-merge": "min" } });
  expect(merge?.child("b")).toBe(merge?.child("c"));
  expect(merge?.child("a")).not.toBe(merge?.child("b"));
});

test("the same may be said twice of a place, in any order", () => {
  const schema = {
    allOf: [{ properties: { a: { "x-merge": { of: 2, strategy: "quorum" } } } }],
    properties: { a: { "x-merge": { strategy: "quorum", of: 2 } } },
  };
  expect(mergeAt(schema, "a")).toEqual({ strategy: "quorum", of: 2 });
});

test.each<[string, Data, string]>([
  [
    "here",
    { "x-merge": "max", allOf: [{ "x-merge": "min" }] },
    `#/allOf/0/x-merge "x-merge" says something else of the same place at ${here}#`,
  ],
  [
    "behind a reference",
    { properties: { a: { $ref: "#/$defs/n", "x-merge": "max" } }, $defs: { n: { "x-merge": "min" } } },
    `#/$defs/n/x-merge "x-merge" says something else of the same place at ${here}#/properties/a`,
  ],
  [
    "of a field that is the rest to another schema",
    { properties: { a: { "x-merge": "max" } }, allOf: [{ additionalProperties: { "x-merge": "min" } }] },
    `#/allOf/0/additionalProperties/x-merge "x-merge" says something else of the same place at ${here}#/properties/a`,
  ],
  [
    "of a field that a pattern matches",
    { properties: { a: { "x-merge": "max" } }, patternProperties: { a: { "x-merge": "min" } } },
    `#/patternProperties/a/x-merge "x-merge" says something else of the same place at ${here}#/properties/a`,
  ],
  [
    "of the rest",
    { additionalProperties: { "x-merge": "max" }, allOf: [{ additionalProperties: { "x-merge": "min" } }] },
    `#/allOf/0/additionalProperties/x-merge "x-merge" says something else of the same place at ${here}#/additionalProperties`,
  ],
  [
    "of elements below fields",
    { properties: { a: { items: { "x-merge": "max" }, allOf: [{ items: { "x-merge": "min" } }] } } },
    `#/properties/a/allOf/0/items/x-merge "x-merge" says something else of the same place at ${here}#/properties/a/items`,
  ],
])("two things said of one place are a fault: %s", (_, schema, fault) => {
  expect(faultOf(schema)).toBe(fault);
});

test("two patterns that match one name are a fault once there is such a name, and none before", () => {
  const { merge } = compiled({ patternProperties: { "^env_": { "x-merge": "or-set" }, _count$: { "x-merge": "pn-counter" } } });
  expect(merge?.child("env_a")).toMatchObject({ merge: "or-set", fault: undefined });
  expect(merge?.child("a_count")).toMatchObject({ merge: "pn-counter", fault: undefined });
  expect(merge?.child("env_count")?.fault).toMatchObject({ where: `${here}#/patternProperties/_count$/x-merge` });
});

const branch = { properties: { a: { "x-merge": "max" } } };
test.each<[string, Data, string]>([
  ["anyOf", { anyOf: [true, branch] }, "#/anyOf/1/properties/a/x-merge"],
  ["oneOf", { oneOf: [branch] }, "#/oneOf/0/properties/a/x-merge"],
  ["not", { not: branch }, "#/not/properties/a/x-merge"],
  ["if", { if: branch }, "#/if/properties/a/x-merge"],
  ["dependentSchemas", { dependentSchemas: { b: branch } }, "#/dependentSchemas/b/properties/a/x-merge"],
  ["prefixItems", { prefixItems: [branch] }, "#/prefixItems/0/properties/a/x-merge"],
  ["contains", { contains: { "x-merge": "max" } }, "#/contains/x-merge"],
  ["propertyNames", { propertyNames: { "x-merge": "max" } }, "#/propertyNames/x-merge"],
  ["unevaluatedItems", { unevaluatedItems: branch }, "#/unevaluatedItems/properties/a/x-merge"],
  ["unevaluatedProperties", { unevaluatedProperties: branch }, "#/unevaluatedProperties/properties/a/x-merge"],
  [
    "anyOf",
    { properties: { b: { anyOf: [{ allOf: [{ $ref: "#/$defs/c" }] }] } }, $defs: { c: { items: branch } } },
    "#/$defs/c/items/properties/a/x-merge",
  ],
  ["anyOf", { anyOf: [{ not: branch }] }, "#/anyOf/0/not/properties/a/x-merge"],
])("where it would depend on the value, it may not be said: below %s", (keyword, schema, where) => {
  expect(faultOf(schema)).toBe(
    `${where} "x-merge" does not count below "${keyword}", where it would depend on the value: say it beside, or below "properties", "items", "allOf" and the like`,
  );
});

test("what nothing leads to may say what it likes", () => {
  expect(faultOf({ $defs: { a: { anyOf: [branch] } } })).toBeUndefined();
  expect(faultOf({ const: branch, enum: [branch] })).toBeUndefined();
});
