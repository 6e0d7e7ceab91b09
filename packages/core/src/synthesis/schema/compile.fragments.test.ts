import { expect, test } from "vitest";
import type { Data } from "../data.js";
import { anything, conditional, verdictsOf } from "./schema-made.suite.js";

// A fragment says only part of a document: it is wrong where nothing that others say could make it right.

const both = { fragment: true, document: true };
const later = { fragment: true, document: false };
const never = { fragment: false, document: false };
/** Of which the finished document may be right and a part of it not. */
const kind = (name: string, of: Data) => ({ properties: { kind: { const: name }, of }, required: ["kind", "of"] });

test.each<[string, Data, Data, { fragment: boolean; document: boolean }]>([
  ["what is required may still come", { required: ["a", "b"] }, { a: 1 }, later],
  ["fields may still come", { minProperties: 2 }, { a: 1 }, later],
  ["fields that are too many stay too many", { maxProperties: 1 }, { a: 1, b: 2 }, never],
  ["what goes with a field may still come", { dependentRequired: { a: ["b"] } }, { a: 1 }, later],
  ["further elements may still come", { minItems: 2 }, [1], later],
  ["elements that are too many stay too many", { maxItems: 1 }, [1, 2], never],
  ["what an array is to contain may still come", { contains: { const: 1 } }, [2], later],
  ["so may what it contains too few of", { contains: { const: 1 }, minContains: 2 }, [1], later],
  ["what it contains too much of stays", { contains: { const: 1 }, maxContains: 1 }, [1, 1], never],
  ["what it may come to contain is not too much yet", { contains: { required: ["a"] }, minContains: 0, maxContains: 0 }, [{}], both],
  ["equal numbers stay equal", { uniqueItems: true }, [1, 1], never],
  ["equal objects may come apart", { uniqueItems: true }, [{ a: 1 }, { a: 1 }], later],
  ["a value of another kind stays wrong", { properties: { a: { type: "string" } } }, { a: 1 }, never],
  ["so does one out of bounds", { properties: { a: { maximum: 3 } } }, { a: 4 }, never],
  ["so does a field that is not allowed", { properties: { a: true }, additionalProperties: false, required: ["a"] }, { b: 1 }, never],
  ["so does a name that is not allowed", { propertyNames: { maxLength: 1 } }, { ab: 1 }, never],
  ["so does a field that is not described", { allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, { b: 1 }, never],
  ["an object may become what it is to be", { const: { a: 1, b: { c: 2 } } }, { b: {} }, later],
  ["an object that says otherwise may not", { const: { a: 1 } }, { a: 2 }, never],
  ["nor one that says more", { const: { a: 1 } }, { b: 1 }, never],
  ["nor does another value", { const: { a: 1 } }, [1], never],
  ["an array may become what it is to be", { enum: [[1, 2]] }, [1], later],
  ["an array that begins otherwise may not", { enum: [[1, 2]] }, [2], never],
  ["all of several must be possible", { allOf: [{ required: ["a"] }, { properties: { b: { const: 1 } } }] }, { b: 2 }, never],
  ["one of several is enough", { anyOf: [{ required: ["a"] }, false] }, {}, later],
  [
    "of several that are to exclude each other, two that may hold need not",
    { oneOf: [{ required: ["a"] }, { required: ["b"] }] },
    {},
    later,
  ],
  ["two that hold whatever comes do", { oneOf: [{ required: ["a"] }, { required: ["b"] }] }, { a: 1, b: 1 }, never],
  ["none that may hold is none", { oneOf: [kind("x", anything), kind("y", anything)] }, { kind: "z" }, never],
  ["kinds are told apart by what is there", { oneOf: [kind("x", { type: "null" }), kind("y", anything)] }, { kind: "x", of: 1 }, never],
  ["and may still be either", { oneOf: [kind("x", { type: "null" }), kind("y", { type: "string" })] }, { of: "a" }, later],
  ["what must not be there is wrong once it is", { not: { required: ["a"] } }, { a: 1 }, never],
  ["what must not be as it is may still change", { not: { properties: { a: { const: 1 } } } }, {}, later],
  ["and may not, once it is said", { not: { properties: { a: { const: 1 } } } }, { a: 1 }, never],
  [
    "a condition that holds whatever comes counts",
    conditional({ properties: { a: { const: 1 } } }, { maxProperties: 1 }),
    { a: 1, b: 1 },
    never,
  ],
  ["one that cannot hold does not", conditional({ properties: { a: { const: 1 } } }, { maxProperties: 1 }), { a: 2, b: 1 }, both],
  ["of one that may hold, either side will do", conditional({ required: ["a"] }, { maxProperties: 0 }), { b: 1 }, both],
  ["and none of them will not", conditional({ required: ["a"] }, { maxProperties: 0 }, { maxProperties: 0 }), { b: 1 }, never],
  ["a schema that comes with a field may still come", { dependentSchemas: { a: { required: ["b"] } } }, { c: 1 }, both],
  ["one that is there counts", { dependentSchemas: { a: { maxProperties: 1 } } }, { a: 1, b: 1 }, never],
  [
    "what a schema describes that may still come is not undescribed",
    { dependentSchemas: { a: { properties: { b: true } } }, properties: { a: true }, unevaluatedProperties: false },
    { b: 1 },
    later,
  ],
  [
    "nor what one describes that may hold",
    { anyOf: [{ required: ["a"], properties: { a: true, b: true } }, { properties: { c: true } }], unevaluatedProperties: false },
    { b: 1 },
    later,
  ],
  [
    "what only one describes that cannot hold is",
    { anyOf: [{ properties: { a: { const: 1 }, b: true } }, { properties: { a: true } }], unevaluatedProperties: false },
    { a: 2, b: 1 },
    never,
  ],
  ["items that are not described stay so", { prefixItems: [true], unevaluatedItems: false }, [1, 2], never],
  ["unless they may come to be contained", { contains: { required: ["a"] }, unevaluatedItems: false }, [{}], later],
])("%s", (_, schema, value, verdicts) => {
  expect(verdictsOf(schema, value)).toEqual(verdicts);
});

/** What is certain of a fragment shows where it is denied: what is refused then can no longer be false. */
test.each<[string, Data, Data, boolean]>([
  ["a value that is no array or object is as it is", { const: 1 }, 1, true],
  ["an object that is complete may get more", { const: { a: 1 } }, { a: 1 }, false],
  ["enough fields stay enough", { minProperties: 1 }, { a: 1 }, true],
  ["few fields may become many", { maxProperties: 3 }, { a: 1 }, false],
  ["enough elements stay enough", { minItems: 1 }, [1], true],
  ["few elements may become many", { maxItems: 3 }, [1], false],
  ["different elements may be followed by the same", { uniqueItems: true }, [1, 2], false],
  ["what is contained stays contained", { contains: { const: 1 } }, [1], true],
  ["but may become too much", { contains: { const: 1 }, maxContains: 2 }, [1], false],
  ["fields that are all there stay right", { properties: { a: { const: 1 } } }, { a: 1 }, true],
  ["one that is not may come wrong", { properties: { a: { const: 1 }, b: { const: 1 } } }, { a: 1 }, false],
  ["unless nothing is asked of it", { properties: { a: { const: 1 }, b: true } }, { a: 1 }, true],
  ["others may come wrong", { additionalProperties: { const: 1 } }, { a: 1 }, false],
  ["also where patterns say so", { patternProperties: { a: { const: 1 } } }, { a: 1 }, false],
  ["unless nothing is asked of them", { patternProperties: { a: true }, additionalProperties: {} }, { a: 1 }, true],
  ["names may come wrong", { propertyNames: { const: "a" } }, { a: 1 }, false],
  ["elements may come wrong", { items: { const: 1 } }, [1], false],
  ["also those of which each has its own schema", { prefixItems: [{ const: 1 }, { const: 2 }] }, [1], false],
  ["which are right once they are there", { prefixItems: [{ const: 1 }] }, [1, 2], true],
  ["what is described may be joined by what is not", { properties: { a: true }, unevaluatedProperties: false }, { a: 1 }, false],
  ["what goes with a field that is not there may be missing", { dependentRequired: { a: ["b"] } }, {}, false],
  ["unless it is there already", { dependentRequired: { a: ["b"] } }, { b: 1 }, true],
  ["a schema that comes with a field may be broken", { dependentSchemas: { a: { maxProperties: 1 } } }, {}, false],
  ["unless it cannot be", { dependentSchemas: { a: { required: ["b"] } } }, { b: 1 }, true],
  ["one that holds is enough", { anyOf: [{ required: ["a"] }, { required: ["b"] }] }, { b: 1 }, true],
  ["of those that exclude each other another may come to hold", { oneOf: [{ required: ["a"] }, { required: ["b"] }] }, { b: 1 }, false],
  ["unless it cannot", { oneOf: [{ properties: { a: { const: 1 } } }, { properties: { a: { const: 2 } } }] }, { a: 1 }, true],
  ["either side of a condition may be broken", conditional({ required: ["a"] }, { maxProperties: 3 }), {}, false],
  ["unless both hold", conditional({ required: ["a"] }, { required: ["b"] }, { required: ["b"] }), { b: 1 }, true],
])("of what is certain: %s", (_, schema, value, isCertain) => {
  expect(verdictsOf({ not: schema }, value).fragment).toBe(!isCertain);
});
