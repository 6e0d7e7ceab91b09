import { expect, test } from "vitest";
import { isDataObject, kindOf } from "./data.js";

test("kinds are those of JSON: whole numbers of any size are numbers, and null and arrays are no objects", () => {
  expect([null, true, 1, 2n ** 64n, "", [], {}].map(kindOf)).toEqual(["null", "boolean", "number", "number", "text", "array", "object"]);
  expect([null, true, 1, 2n ** 64n, "", [], {}].filter(isDataObject)).toEqual([{}]);
});
