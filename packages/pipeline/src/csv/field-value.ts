import type { Data, DataKind } from "@sinter/core";
import { FormatFault } from "../format.js";
import { parseJson } from "../json/json.js";
import { numberFromDecimal } from "../numbers.js";

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** A field where a value of that kind is wanted: numbers, true, false, arrays and objects as JSON has them, null as nothing. Undefined: it
 * is none. */
export function fieldValue(text: string, kind: DataKind): Data | undefined {
  switch (kind) {
    case "text":
      return text;
    case "null":
      return text === "" ? null : undefined;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "number":
      return NUMBER.test(text) ? numberFromDecimal(text) : undefined;
    default: {
      if (!text.startsWith(kind === "array" ? "[" : "{")) return undefined;
      const value = parseJson(Buffer.from(text));
      return value instanceof FormatFault ? undefined : value;
    }
  }
}
