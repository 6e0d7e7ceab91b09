import { isPlainlyCanonical } from "./canonical-json-scan.js";
import { jsonDepthMax } from "./limits.js";
import { type Decoded, Malformed } from "./malformed.js";
import { decodeUtf8, encodeUtf8, isWhole } from "./utf8.js";

// JSON in its one canonical form (RFC 8785): no space, names in the order of their UTF-16 units, numbers and strings as ECMAScript
// writes them. Equal values are equal bytes, whoever wrote them.

/** Throws where it holds what JSON has no form for. A property that is undefined is left out. */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeUtf8(textOf(value, 0));
}

export function parseCanonicalJson(bytes: Uint8Array): Decoded<unknown> {
  const text = decodeUtf8(bytes);
  if (text === undefined) return new Malformed("JSON that is not UTF-8");
  try {
    const value: unknown = JSON.parse(text);
    return textOf(value, 0) === text ? value : new Malformed("JSON that is not in its canonical form (RFC 8785)");
  } catch (error) {
    return new Malformed(error instanceof RangeError ? error.message : "not JSON");
  }
}

/** What `parseCanonicalJson` would find wrong: mostly without making the value. */
export function canonicalJsonFault(bytes: Uint8Array): Malformed | undefined {
  if (isPlainlyCanonical(bytes)) return undefined;
  const value = parseCanonicalJson(bytes);
  return value instanceof Malformed ? value : undefined;
}

/** What `canonicalJson` encodes. */
export function canonicalText(value: unknown): string {
  return textOf(value, 0);
}

function textOf(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return canonicalString(value);
    case "number":
      if (!Number.isFinite(value)) throw new RangeError(`JSON has no ${value}`);
      // String(-0) is "0".
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= jsonDepthMax) throw new RangeError(`JSON nested deeper than ${jsonDepthMax}, or a value that holds itself`);
      return Array.isArray(value) ? textOfArray(value, depth + 1) : textOfObject(value, depth + 1);
    case "undefined":
      throw new RangeError("JSON has no undefined");
    case "bigint":
      throw new RangeError("JSON has no bigint: write it as text");
    default:
      throw new RangeError(`JSON has no ${typeof value}`);
  }
}

/** Throws where it holds half of a character. */
export function canonicalString(value: string): string {
  const text = JSON.stringify(value);
  // Halves of characters are written as escapes, as nothing else with these digits is: what it escapes is below U+0020.
  if (text.includes("\\ud") && !isWhole(value)) throw new RangeError("JSON has no text that holds half of a character");
  return text;
}

function textOfArray(values: readonly unknown[], depth: number): string {
  let text = "[";
  // By index: holes are not skipped.
  for (let at = 0; at < values.length; at++) text += (at === 0 ? "" : ",") + textOf(values[at], depth);
  return `${text}]`;
}

function textOfObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isOfAnotherRealm(prototype as object))
    throw new RangeError(`JSON has plain objects and arrays, no ${nameOf(prototype as object)}`);
  const fields = value as Readonly<Record<string, unknown>>;
  let text = "";
  // Without a comparison function names are compared by their UTF-16 units.
  for (const name of Object.keys(fields).sort()) {
    const field = fields[name];
    if (field !== undefined) text += `${text === "" ? "" : ","}${canonicalString(name)}:${textOf(field, depth)}`;
  }
  return `{${text}}`;
}

/** Its objects have another `Object.prototype` than ours, with nothing above it either. */
function isOfAnotherRealm(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function nameOf(prototype: object): string {
  const { constructor: made } = prototype;
  return typeof made === "function" && made.name !== "" ? made.name : "object of a class";
}
