import { expect, test } from "vitest";
import { jsonDepthMax, schemaNestingMax, schemaStepsMax } from "../../bytes/limits.js";
import type { Data } from "../data.js";
import { anything, compiled, conditional } from "./schema-made.suite.js";

function arrays(levels: number): Data {
  let value: Data = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

test("values are looked into as deep as JSON may be, and no deeper", () => {
  const { check } = compiled({ items: { $ref: "#" } });
  for (const as of ["fragment", "document"] as const) {
    expect(check(arrays(jsonDepthMax), as)).toEqual([]);
    expect(check(arrays(jsonDepthMax + 1), as)).toEqual([
      {
        pointer: "/0".repeat(jsonDepthMax),
        keyword: "",
        expected: `at most ${jsonDepthMax} arrays and objects in one another`,
        found: "more",
        schema: expect.any(String),
      },
    ]);
  }
  expect(check(arrays(1), "document")).toEqual([]);
});

test("so they are where elements are compared", () => {
  const { check } = compiled({ properties: { a: { uniqueItems: true } } });
  const twins = (levels: number): Data => ({ a: [arrays(levels), [arrays(levels - 1), 1]] });
  expect(check(twins(jsonDepthMax - 2), "document")).toEqual([]);
  expect(check(twins(jsonDepthMax - 1), "document")).toMatchObject([
    { keyword: "", expected: expect.stringMatching(/arrays and objects in one another/) },
  ]);
  expect(check(twins(100_000), "document")).toMatchObject([{ keyword: "" }]);
});

/** Schemas that each apply the next to the same value. */
function chain(length: number, link: (next: Data) => Data, last: Data): Data {
  const defs = Array.from({ length }, (_, at) => [`s${at}`, at === length - 1 ? last : link({ $ref: `#/$defs/s${at + 1}` })]);
  return { $ref: "#/$defs/s0", $defs: Object.fromEntries(defs) as Data };
}

test.each<[string, (next: Data) => Data]>([
  ["allOf", (next) => ({ allOf: [next] })],
  ["anyOf", (next) => ({ anyOf: [next, { type: "array" }] })],
  ["oneOf", (next) => ({ oneOf: [{ type: "array" }, next] })],
  ["not", (next) => ({ not: next })],
  ["dependentSchemas", (next) => ({ dependentSchemas: { a: next } })],
])("so many schemas may be applied in one another, which the stack holds: %s", (_, link) => {
  // The root, and two for each that leads on.
  const most = (schemaNestingMax - 2) / 2 + 1;
  const depth = (length: number) => compiled(chain(length, link, { required: ["b"] })).check({ a: 1 }, "document");
  const bounded = { keyword: "", expected: `at most ${schemaNestingMax} schemas in one another`, found: "more" };
  expect(depth(most)).not.toContainEqual(expect.objectContaining(bounded));
  expect(depth(most + 1)).toMatchObject([bounded]);
});

test("a small value takes so many steps and no more, whatever schemas make of it", () => {
  // Each doubles what is to be done.
  const doubling = (length: number) => compiled(chain(length, (next) => ({ allOf: [next, next] }), { type: "null" }));
  expect(doubling(10).check(null, "document")).toEqual([]);
  expect(doubling(40).check(null, "document")).toMatchObject([
    { keyword: "", expected: `what takes at most ${schemaStepsMax} steps to check` },
  ]);
  const either = compiled(chain(40, (next) => conditional(next, anything, next), { type: "string" }));
  expect(either.check(null, "document")).toMatchObject([{ keyword: "", expected: `what takes at most ${schemaStepsMax} steps to check` }]);
  // What a check has used up is not missing in the next.
  expect(doubling(10).check(1, "document")).toMatchObject([{ keyword: "type" }]);
});

test("where a value is not looked at to its end, not even a schema that denies it holds", () => {
  const long = chain(40, (next) => ({ allOf: [next, next] }), { type: "null" }) as { readonly $ref: string; readonly $defs: Data };
  expect(compiled({ not: { $ref: long.$ref }, $defs: long.$defs }).check(null, "document")).toMatchObject([{ keyword: "" }]);
});

test("a large value takes some for each of the values in it", () => {
  const many = new Array(Math.ceil(schemaStepsMax / 8)).fill(1) as Data[];
  const items = { allOf: new Array(10).fill({ minimum: 1 }) as Data[] };
  expect(compiled({ items }).check(many, "document")).toEqual([]);
  expect(compiled({ items }).check([...many, 0], "document")).toMatchObject([{ pointer: `/${many.length}`, keyword: "minimum" }]);
});
