import fc from "fast-check";
import { expect, test } from "vitest";
import { type Data, isDataObject } from "../data.js";
import { compiled, conditional, nothing } from "./schema-made.suite.js";

// Whatever a schema says: every part of a document that is right is right as a fragment. Schemas are drawn with all keywords in one
// another; with `not` among them this holds what is certain to it as well as what is possible.

const name = fc.constantFrom("a", "b", "c");
const scalar = fc.constantFrom<Data>(null, true, 0, 1, 2, "a", "bb", 9007199254740993n);
const { value } = fc.letrec<{ value: Data; array: Data[]; object: Record<string, Data> }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, depthIdentifier: "value", withCrossShrink: true }, scalar, tie("array"), tie("object"), tie("object")),
  array: fc.array(tie("value"), { maxLength: 3, depthIdentifier: "value" }),
  object: fc.dictionary(name, tie("value"), { maxKeys: 3, depthIdentifier: "value" }),
}));

const count = fc.integer({ min: 0, max: 2 });
const { schema } = fc.letrec<{ schema: Data; schemas: Data[]; byName: Data; keywords: Data }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthIdentifier: "schema", withCrossShrink: true },
    fc.boolean(),
    tie("keywords"),
    tie("keywords"),
    tie("keywords"),
    tie("keywords"),
  ),
  schemas: fc.array(tie("schema"), { minLength: 1, maxLength: 3, depthIdentifier: "schema" }),
  byName: fc.dictionary(name, tie("schema"), { maxKeys: 3, depthIdentifier: "schema" }),
  keywords: fc
    .array(
      fc.oneof(
        fc.record({ type: fc.constantFrom("object", "array", "integer", "string", "null") }),
        fc.record({ const: value }),
        fc.record({ enum: fc.array(value, { maxLength: 3 }) }),
        fc.record({ maximum: count }),
        fc.record({ multipleOf: fc.constant(2) }),
        fc.record({ minLength: count }),
        fc.record({ pattern: fc.constantFrom("a", "b") }),
        fc.record({ minItems: count }),
        fc.record({ maxItems: count }),
        fc.record({ uniqueItems: fc.boolean() }),
        fc.record({ prefixItems: tie("schemas") }),
        fc.record({ items: tie("schema") }),
        fc.record({ contains: tie("schema"), minContains: count, maxContains: count }, { requiredKeys: ["contains"] }),
        fc.record({ minProperties: count }),
        fc.record({ maxProperties: count }),
        fc.record({ required: fc.array(name, { maxLength: 2 }) }),
        fc.record({ dependentRequired: fc.dictionary(name, fc.array(name, { maxLength: 2 }), { maxKeys: 2 }) }),
        fc.record({ propertyNames: tie("schema") }),
        fc.record({ properties: tie("byName") }),
        fc.record({ patternProperties: fc.dictionary(fc.constantFrom("a|b", "c"), tie("schema"), { maxKeys: 2 }) }),
        fc.record({ additionalProperties: tie("schema") }),
        fc.record({ allOf: tie("schemas") }),
        fc.record({ anyOf: tie("schemas") }),
        fc.record({ oneOf: tie("schemas") }),
        fc.record({ not: tie("schema") }),
        fc.tuple(tie("schema"), tie("schema"), tie("schema")).map(([holds, met, unmet]) => conditional(holds, met, unmet) as object),
        fc.record({ dependentSchemas: tie("byName") }),
        fc.record({ unevaluatedItems: tie("schema") }),
        fc.record({ unevaluatedProperties: tie("schema") }),
      ),
      { minLength: 1, maxLength: 4, depthIdentifier: "schema" },
    )
    .map((parts) => Object.assign({}, ...parts) as Data),
}));

/** Some fields left out, and some of the end of arrays. */
function partOf(whole: Data, draw: () => number): Data {
  if (typeof whole !== "object" || whole === null) return whole;
  if (!isDataObject(whole)) return whole.slice(0, Math.round(draw() * whole.length)).map((each) => partOf(each, draw));
  const kept = Object.entries(whole).filter(() => draw() < 0.6);
  return Object.fromEntries(kept.map(([key, each]) => [key, partOf(each, draw)]));
}

test("every part of a document that is right is right as a fragment", () => {
  let right = 0;
  let parted = 0;
  fc.assert(
    fc.property(
      schema,
      fc.array(value, { minLength: 8, maxLength: 8 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (given, wholes, draws) => {
        const { check } = compiled(given);
        const draw = () => draws.next().value as number;
        for (const whole of wholes) {
          if (check(whole, "document").length > 0) continue;
          right++;
          for (const part of [whole, partOf(whole, draw), partOf(whole, draw)]) {
            expect(check(part, "fragment"), `${show(part)} of ${show(whole)} by ${show(given)}`).toEqual([]);
            if (check(part, "document").length > 0) parted++;
          }
        }
      },
    ),
    { numRuns: 600 },
  );
  // It says something: parts that would be wrong as a whole are among them.
  expect(right).toBeGreaterThan(300);
  expect(parted).toBeGreaterThan(5);
});

test("what is refused says why, the same each time", () => {
  fc.assert(
    fc.property(schema, value, fc.constantFrom("fragment", "document"), (given, whole, as) => {
      const { check } = compiled(given);
      const violations = check(whole, as);
      expect(check(whole, as)).toEqual(violations);
      expect(compiled(given).check(whole, as)).toEqual(violations);
      for (const { expected, found, keyword, schema: where } of violations)
        expect([expected, found, keyword, where].every((text) => text !== "" && !text.includes("undefined"))).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test("of a document, what is denied is what does not hold", () => {
  fc.assert(
    fc.property(schema, value, (given, whole) => {
      const holds = compiled(given).check(whole, "document").length === 0;
      expect(compiled({ not: given }).check(whole, "document").length === 0).toBe(!holds);
      expect(compiled(conditional(given, nothing)).check(whole, "document").length === 0).toBe(!holds);
      expect(compiled({ oneOf: [given, given] }).check(whole, "document").length).not.toBe(0);
    }),
    { numRuns: 600 },
  );
});

function show(data: Data): string {
  return JSON.stringify(data, (_, each: Data) => (typeof each === "bigint" ? `${each}n` : each));
}
