import { violationCharsMax, violationNamesMax } from "../../bytes/limits.js";
import { type Data, isDataObject } from "../data.js";

/** Where a value is not what a schema asks for, as "expected …, found …" reads. */
export interface Violation {
  /** Into the value. */
  readonly pointer: string;
  /** "" where a bound ended the check: it is not known what else is wrong. */
  readonly keyword: string;
  readonly expected: string;
  readonly found: string;
  /** `uri#/pointer` of the keyword. */
  readonly schema: string;
}

/** A value in a few words. */
export function shown(value: Data): string {
  if (typeof value === "string") return shownText(value);
  if (typeof value !== "object" || value === null) return cut(String(value));
  if (!isDataObject(value)) return value.length === 0 ? "an empty array" : `an array of ${counted(value.length, "item")}`;
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : `an object of ${counted(names.length, "field")}`;
}

export function shownText(text: string): string {
  return text.length <= violationCharsMax ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, violationCharsMax))}…`;
}

/** As it is written, with an end. */
export function cut(text: string): string {
  return text.length <= violationCharsMax ? text : `${text.slice(0, violationCharsMax)}…`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** "a, b or c", of which there are not too many. */
export function listed(parts: readonly string[], word: "and" | "or"): string {
  const told = parts.slice(0, violationNamesMax);
  const more = parts.length - told.length;
  const all = more === 0 ? told : [...told, `${more} more`];
  return all.length < 2 ? all.join() : `${all.slice(0, -1).join(", ")} ${word} ${all.at(-1)}`;
}
