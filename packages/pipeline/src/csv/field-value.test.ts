import type { DataKind } from "@sinter/core";
import { expect, test } from "vitest";
import { shown } from "../shown.suite.js";
import { fieldValue } from "./field-value.js";

test.each<[string, DataKind, string]>([
  ["12", "text", '"12"'],
  ["", "text", '""'],
  ["12", "number", "12"],
  ["-1.50e1", "number", "-15"],
  ["-0", "number", "0"],
  ["12345678901234567890", "number", "12345678901234567890n"],
  ["", "number", "nothing"],
  ["012", "number", "nothing"],
  ["+1", "number", "nothing"],
  [" 1", "number", "nothing"],
  ["1,5", "number", "nothing"],
  ["0x10", "number", "nothing"],
  ["NaN", "number", "nothing"],
  ["1e400", "number", "nothing"],
  ["true", "boolean", "true"],
  ["false", "boolean", "false"],
  ["TRUE", "boolean", "nothing"],
  ["", "null", "null"],
  ["null", "null", "nothing"],
  ["[1, 2]", "array", "[1,2]"],
  ["{}", "array", "nothing"],
  ["[1,", "array", "nothing"],
  ['{"a": 1}', "object", '{"a":1}'],
  ["[]", "object", "nothing"],
  ["1", "object", "nothing"],
])("the field %j as %s is %s", (text, kind, expected) => {
  expect(shown(fieldValue(text, kind))).toBe(expected);
});
