import { type Data, isDataObject } from "@sinter/core";
import { FormatFault } from "./format.js";

// Data as a text that tells all there is to tell: a bigint from a number, 0 from -0, the order of names, and `__proto__` from what an object
// inherits. Comparisons of objects look at `constructor`, which is a name as all others here.

export function shown(value: Data | FormatFault | undefined): string {
  if (value instanceof FormatFault) return `${value.line ?? "-"}:${value.column ?? "-"} ${value.reason}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${(value as readonly Data[]).map(shown).join(",")}]`;
  if (value === undefined || !isDataObject(value)) return JSON.stringify(value) ?? "nothing";
  const isPlain = Object.getPrototypeOf(value) === Object.prototype ? "" : "of a class ";
  return `${isPlain}{${Object.keys(value)
    .map((name) => `${JSON.stringify(name)}:${shown(value[name])}`)
    .join(",")}}`;
}

/** Records or parts with their lines. */
export function shownTold(told: readonly (readonly [number, Data | FormatFault])[]): string[] {
  return told.map(([line, body]) => `${line} ${shown(body)}`);
}
