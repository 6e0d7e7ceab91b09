import fc from "fast-check";
import { expect, test } from "vitest";
import type { Data } from "../data.js";
import { compiled, verdictsOf } from "./schema-made.suite.js";

const valid = (schema: Data, value: Data) => verdictsOf(schema, value).document;
const big = 9007199254740993n;

test("whole numbers of any size are whole numbers, compared exactly", () => {
  expect(valid({ type: "integer" }, big)).toBe(true);
  expect(valid({ type: "number" }, big)).toBe(true);
  expect(valid({ type: "string" }, big)).toBe(false);
  expect(valid({ maximum: big }, big)).toBe(true);
  expect(valid({ maximum: big }, big + 1n)).toBe(false);
  expect(valid({ exclusiveMaximum: big }, big)).toBe(false);
  expect(valid({ minimum: big }, 9007199254740992)).toBe(false);
  expect(valid({ minimum: 0.5 }, big)).toBe(true);
  expect(valid({ maximum: 1e300 }, 10n ** 299n)).toBe(true);
  expect(valid({ maximum: 1e300 }, 10n ** 301n)).toBe(false);
  expect(valid({ multipleOf: 3 }, big)).toBe(true);
  expect(valid({ multipleOf: 2 }, big)).toBe(false);
  expect(valid({ const: big }, big)).toBe(true);
  expect(valid({ const: big }, big + 1n)).toBe(false);
  expect(valid({ enum: [{ a: [big] }] }, { a: [big] })).toBe(true);
  expect(valid({ uniqueItems: true }, [big, big + 1n, [big]])).toBe(true);
  expect(valid({ uniqueItems: true }, [[big], [big]])).toBe(false);
  expect(valid({ minLength: 2n ** 70n }, "a")).toBe(false);
  expect(valid({ maxLength: 2n ** 70n }, "a")).toBe(true);
});

test("numbers are equal by value, and objects whatever order they are written in", () => {
  expect(valid({ const: JSON.parse("1.0") as Data }, 1)).toBe(true);
  expect(valid({ const: 0 }, -0)).toBe(true);
  expect(valid({ uniqueItems: true }, [0, -0])).toBe(false);
  expect(valid({ const: { a: 1, b: [2] } }, { b: [2], a: 1 })).toBe(true);
  expect(valid({ items: { enum: [1, "1", true, null] } }, [true])).toBe(true);
  expect(valid({ items: { enum: [1, "1", true, null] } }, [false])).toBe(false);
});

test("texts are as long as they have code points", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00"), maxLength: 6 }),
      fc.integer({ min: 0, max: 7 }),
      (text, length) => {
        expect(valid({ minLength: length }, text)).toBe([...text].length >= length);
        expect(valid({ maxLength: length }, text)).toBe([...text].length <= length);
      },
    ),
  );
});

test("elements are found twice among few and among many", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom<Data>("1", "2", [1], [2], { a: 1 })), { maxLength: 20 }),
      (items) => {
        const texts = items.map((item) => JSON.stringify(item));
        expect(valid({ uniqueItems: true }, items)).toBe(new Set(texts).size === texts.length);
      },
    ),
  );
});

test("expressions are by Unicode, and find what they match anywhere", () => {
  expect(valid({ pattern: "^\\p{Letter}$" }, "é")).toBe(true);
  expect(valid({ pattern: "^.$" }, "😀")).toBe(true);
  expect(valid({ pattern: "b" }, "abc")).toBe(true);
  // The same answer each time: nothing is kept of what was matched before.
  const { check } = compiled({ items: { pattern: "a" } });
  expect(check(["a", "a", "ba"], "document")).toEqual([]);
});

test("formats and contents are annotations: nothing is refused by them", () => {
  expect(valid({ format: "email", contentMediaType: "application/json", contentSchema: false }, "{")).toBe(true);
});

test("a check that is done leaves nothing to the next", () => {
  const { check } = compiled({ items: { required: ["a"] } });
  expect(check([{}, {}], "document")).toHaveLength(2);
  expect(check([{}, {}], "fragment")).toEqual([]);
  expect(check([{ a: 1 }], "document")).toEqual([]);
  expect(check([{}], "document")).toMatchObject([{ pointer: "/0" }]);
});

test("dynamic references of several names each lead where the first on the way has them lead", () => {
  const anchor = (name: string, type: string) => ({ $dynamicAnchor: name, type });
  const leaf = {
    $id: "leaf",
    properties: { a: { $dynamicRef: "#a" }, b: { $dynamicRef: "#b" } },
    $defs: { a: anchor("a", "null"), b: anchor("b", "null") },
  };
  const middle = { $id: "middle", $ref: "leaf", $defs: { a: anchor("a", "boolean"), b: anchor("b", "boolean") } };
  const schema = { $id: "first", $ref: "middle", $defs: { a: anchor("a", "string"), middle, leaf } };
  expect(valid(schema, { a: "a", b: true })).toBe(true);
  expect(valid(schema, { a: true })).toBe(false);
  expect(valid(schema, { b: null })).toBe(false);
  expect(valid({ $ref: "leaf", $defs: { leaf } }, { a: null, b: null })).toBe(true);
});
