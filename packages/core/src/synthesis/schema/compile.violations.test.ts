import { expect, test } from "vitest";
import { violationCharsMax, violationsMax } from "../../bytes/limits.js";
import type { Data } from "../data.js";
import { anything, compiled, conditional, here, told } from "./schema-made.suite.js";

const port = { type: "integer", minimum: 1, maximum: 65535 };
const service = (kind: string, port: Data) => ({ type: "object", properties: { kind: { const: kind }, port }, required: ["kind"] });

const cases: readonly [Data, Data, string][] = [
  [false, 1, " false: expected nothing here, found 1"],
  [{ properties: { old: false } }, { old: 1 }, "/old false: expected nothing here, found 1"],
  [{ type: "string" }, null, " type: expected a text, found null"],
  [{ type: ["string", "null"] }, true, " type: expected a text or null, found true"],
  [{ type: ["boolean", "array", "object"] }, 1.5, " type: expected true or false, an array or an object, found 1.5"],
  [{ type: "integer", minimum: 1 }, "a", ' type: expected a whole number of at least 1, found "a"'],
  [{ type: "integer", minimum: 1 }, 0, " minimum: expected a whole number of at least 1, found 0"],
  [{ type: "integer" }, 1.5, " type: expected a whole number, found 1.5"],
  [{ minimum: 1, maximum: 9 }, 10, " maximum: expected a number of at least 1 and of at most 9, found 10"],
  [{ exclusiveMinimum: 0 }, 0, " exclusiveMinimum: expected a number above 0, found 0"],
  [{ exclusiveMaximum: 0.5 }, 0.5, " exclusiveMaximum: expected a number below 0.5, found 0.5"],
  [{ type: "number", multipleOf: 0.01 }, 0.015, " multipleOf: expected a number that is a multiple of 0.01, found 0.015"],
  [{ type: ["integer", "null"], multipleOf: 5 }, 7, " multipleOf: expected a whole number that is a multiple of 5, found 7"],
  [{ maximum: 9007199254740993n }, 9007199254740994n, " maximum: expected a number of at most 9007199254740993, found 9007199254740994"],
  [{ minLength: 1 }, "", ' minLength: expected a text of at least 1 character, found "", of 0 characters'],
  [{ maxLength: 2 }, "a😀b", ' maxLength: expected a text of at most 2 characters, found "a😀b", of 3 characters'],
  [{ minLength: 2, maxLength: 3 }, "a", ' minLength: expected a text of 2 to 3 characters, found "a", of 1 character'],
  [{ pattern: "^[a-z]+$", maxLength: 9 }, "A", ' pattern: expected a text of at most 9 characters that matches ^[a-z]+$, found "A"'],
  [{ const: { b: 1, a: "x" } }, {}, ' const: expected {"a":"x","b":1}, found an empty object'],
  [{ enum: ["a", 1, null] }, "b", ' enum: expected one of "a", 1, null, found "b"'],
  [{ enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, 11, " enum: expected one of 1, 2, 3, 4, 5, 6, 7, 8 or 2 more, found 11"],
  [{ enum: [1] }, [], " enum: expected 1, found an empty array"],
  [{ minItems: 2, maxItems: 2 }, [1], " minItems: expected an array of 2 items, found an array of 1 item"],
  [{ maxItems: 0 }, [1, 2], " maxItems: expected an array of at most 0 items, found an array of 2 items"],
  [{ uniqueItems: true }, [1, "a", 1], " uniqueItems: expected no item twice, found the same at 0 and 2"],
  [
    { uniqueItems: true },
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    " uniqueItems: expected no item twice, found the same at 0 and 1",
  ],
  [{ items: { type: "string" } }, ["a", 1], "/1 type: expected a text, found 1"],
  [{ prefixItems: [{ type: "string" }], items: false }, ["a", 1], "/1 items: expected at most 1 item, found 1"],
  [{ prefixItems: [{ type: "string" }] }, [1], "/0 type: expected a text, found 1"],
  [
    { contains: port },
    [0],
    " contains: expected at least 1 item that is a whole number of at least 1 and of at most 65535, found none among 1 item",
  ],
  [
    { contains: { type: "string" }, minContains: 2 },
    ["a", 1],
    " minContains: expected at least 2 items that are a text, found 1 among 2 items",
  ],
  [
    { contains: { type: "string" }, maxContains: 1 },
    ["a", "b"],
    " maxContains: expected at most 1 item that is a text, found 2 among 2 items",
  ],
  [{ unevaluatedItems: false }, [1], "/0 unevaluatedItems: expected no item that is not described, found 1"],
  [{ minProperties: 1 }, {}, " minProperties: expected an object of at least 1 field, found an empty object"],
  [{ maxProperties: 1 }, { a: 1, b: 2 }, " maxProperties: expected an object of at most 1 field, found an object of 2 fields"],
  [{ required: ["port"] }, {}, ' required: expected a field "port", found an empty object'],
  [{ required: ["a", "port"] }, { a: 1, b: 2 }, ' required: expected a field "port", found only "a" and "b"'],
  [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ' dependentRequired: expected a field "b" beside "a", found only "a"'],
  [
    { propertyNames: { pattern: "^[a-z]+$", type: "string" } },
    { "A/B": 1 },
    '/A~1B propertyNames: expected a name that is a text that matches ^[a-z]+$, found "A/B"',
  ],
  [
    { properties: { a: true, b: true }, additionalProperties: false },
    { c: 1 },
    '/c additionalProperties: expected no field but "a" and "b", found 1',
  ],
  [{ additionalProperties: false }, { c: 1 }, "/c additionalProperties: expected no field, found 1"],
  [{ patternProperties: { "^p": port } }, { p1: 0 }, "/p1 minimum: expected a whole number of at least 1 and of at most 65535, found 0"],
  [{ unevaluatedProperties: false }, { c: 1 }, "/c unevaluatedProperties: expected no field that is not described, found 1"],
  [{ unevaluatedProperties: { type: "string" } }, { c: 1 }, "/c type: expected a text, found 1"],
  [{ $ref: "#/$defs/port", $defs: { port } }, 0, " minimum: expected a whole number of at least 1 and of at most 65535, found 0"],
  [{ allOf: [{ type: "string" }, { maxLength: 1 }] }, 1, " type: expected a text, found 1"],
  [{ not: port }, 1, " not: expected anything but a whole number of at least 1 and of at most 65535, found 1"],
  [{ not: { required: ["a"] } }, { a: 1 }, ' not: expected anything but an object with "a", found an object of 1 field'],
  [{ anyOf: [{ type: "string" }, { type: "null" }, { type: "null" }] }, 1, " anyOf: expected a text or null, found 1"],
  [
    { anyOf: [{ $ref: "#/$defs/port" }, { type: "null" }], $defs: { port } },
    0,
    " minimum: expected a whole number of at least 1 and of at most 65535, found 0",
  ],
  [
    { anyOf: [service("web", port), service("job", anything)] },
    { kind: "web", port: 0 },
    "/port minimum: expected a whole number of at least 1 and of at most 65535, found 0",
  ],
  [
    { oneOf: [service("web", port), service("job", anything)] },
    { kind: "jbo" },
    ' oneOf: expected an object with "kind", found an object of 1 field',
  ],
  [
    { oneOf: [{ type: "string" }, { maxLength: 3 }, true] },
    "a",
    ' oneOf: expected only one of 3 forms, found "a", which is a text, what #/oneOf/1 asks for and anything',
  ],
  [
    { oneOf: [{ title: "A name", minLength: 1 }, { type: "null" }] },
    "",
    ' minLength: expected a text of at least 1 character, found "", of 0 characters',
  ],
  [{ not: { title: "A name", minLength: 1 } }, "a", ' not: expected anything but "A name", found "a"'],
  [
    { not: { anyOf: [{ type: "string" }, { $ref: "#/$defs/port" }], $defs: {} }, $defs: { port } },
    7,
    " not: expected anything but a text or a whole number of at least 1 and of at most 65535, found 7",
  ],
  [
    conditional({ type: "string" }, { minLength: 2 }),
    "a",
    ' minLength: expected a text of at least 2 characters, found "a", of 1 character',
  ],
  [conditional({ type: "string" }, anything, { minimum: 2 }), 1, " minimum: expected a number of at least 2, found 1"],
  [
    { dependentSchemas: { a: { maxProperties: 1 } } },
    { a: 1, b: 1 },
    " maxProperties: expected an object of at most 1 field, found an object of 2 fields",
  ],
];

test.each(cases.map(([schema, value, text]) => ({ schema, value, text })))("$text", ({ schema, value, text }) => {
  expect(told(schema, value).map((each) => each.replaceAll(here, ""))).toEqual([text]);
});

test("all that is wrong is told, in the order in which it is written, and of each place where it is", () => {
  const schema = { properties: { a: port, b: { items: port } }, required: ["c", "d"] };
  expect(
    compiled(schema)
      .check({ b: [1, 0, "x"], a: 1.5 }, "document")
      .map(({ pointer, schema: where }) => [pointer, where.replace(here, "")]),
  ).toEqual([
    ["", "#/required"],
    ["", "#/required"],
    ["/b/1", "#/properties/b/items/minimum"],
    ["/b/2", "#/properties/b/items/type"],
    ["/a", "#/properties/a/type"],
  ]);
});

test("what two schemas say alike is told once", () => {
  expect(told({ allOf: [{ $ref: "#/$defs/port" }, { $ref: "#/$defs/port" }], $defs: { port } }, 0)).toHaveLength(1);
});

test("where a fragment may be neither of what a condition leads to, it is said what there is", () => {
  const schema = conditional({ required: ["a"] }, { properties: { b: { const: 1 } } }, { properties: { b: { const: 2 } } });
  const [violation] = compiled(schema).check({ b: 3 }, "fragment");
  expect(violation).toMatchObject({ pointer: "", keyword: "if", schema: `${here}#/if` });
});

test(`no more than ${violationsMax} are told`, () => {
  const { check } = compiled({ items: port });
  expect(check(new Array(violationsMax - 1).fill(0), "document")).toHaveLength(violationsMax - 1);
  expect(check(new Array(violationsMax + 1).fill(0), "document")).toHaveLength(violationsMax);
  expect(compiled({ anyOf: [{ items: port }, { type: "null" }] }).check(new Array(violationsMax + 1).fill(0), "document")).toHaveLength(
    violationsMax,
  );
});

test("a long value is told by how it begins", () => {
  const most = "x".repeat(violationCharsMax);
  expect(told({ type: "null" }, most)).toEqual([` type: expected null, found "${most}"`]);
  expect(told({ type: "null" }, `${most}x`)).toEqual([` type: expected null, found "${most}"…`]);
  expect(told({ type: "null" }, 10n ** 100n)[0]).toMatch(/found 10{59}…$/);
});

test("a field may be called like a property that every object has", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
  const value = JSON.parse(`{${names.map((name) => `"${name}":1`).join()}}`) as Data;
  const properties = JSON.parse(`{${names.map((name) => `"${name}":{"type":"null"}`).join()}}`) as Data;
  expect(told({ properties }, value)).toHaveLength(names.length);
  expect(told({ properties }, {})).toEqual([]);
  expect(told({ required: names }, {})).toHaveLength(names.length);
  expect(told({ required: names }, value)).toEqual([]);
  expect(told({ dependentRequired: JSON.parse('{"__proto__":["constructor"]}') as Data }, {})).toEqual([]);
  expect(told({ properties, additionalProperties: false }, {})).toEqual([]);
  expect(told({ const: JSON.parse('{"__proto__":1}') as Data }, {})).toHaveLength(1);
  expect(compiled({ enum: [value] }).check({}, "fragment")).toEqual([]);
  expect(compiled({ const: {} }).check(JSON.parse('{"__proto__":1}') as Data, "fragment")).toHaveLength(1);
  expect(told(JSON.parse('{"$defs":{"__proto__":{"type":"null"}},"$ref":"#/$defs/__proto__"}') as Data, 1)).toHaveLength(1);
});
