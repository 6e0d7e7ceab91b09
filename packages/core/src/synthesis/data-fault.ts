import { jsonDepthMax } from "../bytes/limits.js";
import { isWhole } from "../bytes/utf8.js";

// What an application hands in as data need not be any.

/** Why it is no data, if it is none. */
export function dataFault(value: unknown): string | undefined {
  return faultAt(value, 0);
}

function faultAt(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return isWhole(value) ? undefined : "text that holds half of a character";
    case "number":
      return numberFault(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? `the bigint ${value}, which is to be a number` : undefined;
    case "object":
      if (value === null) return undefined;
      if (depth >= jsonDepthMax) return `it is nested deeper than ${jsonDepthMax}, or holds itself`;
      return Array.isArray(value) ? arrayFault(value, depth + 1) : objectFault(value, depth + 1);
    default:
      return `${typeof value === "undefined" ? "undefined" : `a ${typeof value}`} is no JSON`;
  }
}

function numberFault(value: number): string | undefined {
  if (!Number.isFinite(value)) return `${value} is no JSON`;
  // Written in digits it would be read as a bigint: a number has one form.
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(String(value))
    ? undefined
    : `${value} is beyond what a number holds exactly: a bigint is`;
}

function arrayFault(values: readonly unknown[], depth: number): string | undefined {
  // By index: holes are not skipped.
  for (let at = 0; at < values.length; at++) {
    const fault = faultAt(values[at], depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function objectFault(value: object, depth: number): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return "it holds an object of a class";
  for (const name of Object.keys(value)) {
    const fault = isWhole(name)
      ? faultAt((value as Readonly<Record<string, unknown>>)[name], depth)
      : "a name that holds half of a character";
    if (fault !== undefined) return fault;
  }
  return undefined;
}
