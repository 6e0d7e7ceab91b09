import { type Data, type DataObject, textOfData } from "@sinter/core";
import type { PlaceOfFiles, RefusedPart, ToldByFile } from "sinter/synthesis";
import { timeText } from "./render.js";

// What a person, or a program, is shown of fragments and of what they come to.

/** For programs: whole numbers in all their digits. */
export function canonicalLine(told: object): string {
  return textOfData(dataOf(told) as Data);
}

/** Without what is not there. */
function dataOf(told: unknown): unknown {
  if (typeof told !== "object" || told === null) return told;
  if (Array.isArray(told)) return told.map(dataOf);
  return Object.fromEntries(Object.entries(told).flatMap(([name, each]) => (each === undefined ? [] : [[name, dataOf(each)]])));
}

export function refusedOf({ id, line, pointer, expected, found }: RefusedPart): DataObject {
  return { id, pointer, expected, ...(found === "" ? {} : { found }), ...(line === undefined ? {} : { line }) };
}

/** Where, what was expected, what is there. */
export function refusedLine({ file, line, pointer, expected, found }: RefusedPart): string {
  const where = `${file}${line === undefined ? "" : `:${line}`}${pointer === "" ? "" : ` ${pointer}`}`;
  return `${where}: expected ${expected}${found === "" ? "" : `, found ${found}`}`;
}

export function placeLines(asked: string, { pointer, strategy, outcome, value, why, candidates, more, notes }: PlaceOfFiles): string[] {
  const decidedAt = pointer === asked ? "" : ` (decided at ${pointer === "" ? "the top" : pointer})`;
  const came = value === undefined ? (outcome === "agreed" ? "objects, merged by their names" : "nothing") : textOfData(value);
  return [
    `${asked === "" ? "(the document)" : asked}${decidedAt}: ${came}`,
    `  ${strategy}, ${outcome}: ${why}`,
    ...candidates.map(candidateLine),
    ...(more === 0 ? [] : [`    and ${more.toLocaleString("en-US")} more`]),
    ...notes.map((note) => `  ${note}`),
  ];
}

function candidateLine({ value, source, id, file, line, stamp, priority, counts }: ToldByFile): string {
  const where = `${file}${line === undefined ? "" : `:${line}`}`;
  const facts = [
    ...(source === id || source === file ? [] : [`source ${source}`]),
    ...(stamp === undefined ? [] : [timeOf(stamp)]),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
  ];
  return `  ${counts ? "+" : "-"} ${value === undefined ? "(an object)" : textOfData(value)}  ${where}${facts.length === 0 ? "" : `  (${facts.join(", ")})`}`;
}

/** Times are told as times, other stamps as the numbers they are. */
function timeOf(stamp: number): string {
  return stamp >= FIRST_TIME_MS ? timeText(stamp) : `stamp ${stamp}`;
}

/** September 2001: counters do not come so far. */
const FIRST_TIME_MS = 1e12;
