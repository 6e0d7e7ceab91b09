import { type Data, isDataObject, jsonDepthMax } from "@sinter/core";
import { composed } from "../names.js";

// What JSON.parse has made, counted and looked at: whether it is what the text says by our rules, too.

/** So much of it that the text is to be read with care. */
export const NEEDS_CARE = Number.NaN;

/** Members of all objects together; `NEEDS_CARE` where a number may not be what the text says, or where it is nested too deeply. */
export function plainMembers(value: Data, depth = 0): number {
  if (typeof value === "number") return isPlain(value) ? 0 : NEEDS_CARE;
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= jsonDepthMax) return NEEDS_CARE;
  return Array.isArray(value) ? inArray(value, depth + 1) : inObject(value as Readonly<Record<string, Data>>, depth + 1);
}

function inArray(values: readonly Data[], depth: number): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as Data;
    if (typeof value === "object") count += plainMembers(value, depth);
    else if (typeof value === "number" && !isPlain(value)) return NEEDS_CARE;
  }
  return count;
}

function inObject(object: Readonly<Record<string, Data>>, depth: number): number {
  let count = 0;
  // What JSON.parse makes inherits no names: this is several times faster than Object.keys.
  for (const name in object) {
    count++;
    const value = object[name] as Data;
    if (typeof value === "object") count += plainMembers(value, depth);
    else if (typeof value === "number" && !isPlain(value)) return NEEDS_CARE;
  }
  return count;
}

/** Beyond 2^53 a whole number may have been rounded; -0 is 0. */
function isPlain(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER && (value !== 0 || 1 / value > 0);
}

/** Whether all names are in their composed form already. */
export function areNamesComposed(value: Data): boolean {
  if (Array.isArray(value)) return (value as readonly Data[]).every(areNamesComposed);
  if (!isDataObject(value)) return true;
  return Object.keys(value).every((name) => composed(name) === name && areNamesComposed(value[name] as Data));
}
