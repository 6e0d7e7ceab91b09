import type { Data } from "@sinter/core";
import { type DocumentFormat, FormatFault } from "../format.js";
import { documentValuesMax } from "../limits.js";
import { textOf, withoutMark } from "../text.js";
import { countingValues, JsonScan } from "./json-scan.js";
import { lineInJson, parseJsonText } from "./json-text.js";
import { areNamesComposed, plainMembers } from "./plain-json.js";

// JSON, one document a file. Most of it needs no care: one look at its bytes, JSON.parse, and a count of what that has made. If the object
// has fewer members than the text, a name was there twice. What does need care, or is wrong, is read again by a parser of our own.

export const json: DocumentFormat = {
  kind: "document",
  name: "JSON",
  parse: (bytes) => [{ number: 1, line: 1, body: parseJson(withoutMark(bytes)) }],
  lineOf(bytes, names) {
    const text = textOf(withoutMark(bytes));
    return text instanceof FormatFault ? undefined : lineInJson(text, names);
  },
};

const scan = new JsonScan(countingValues);
/** Halves of characters, and whole ones that are written by halves. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Of bytes without a mark. */
export function parseJson(bytes: Uint8Array): Data | FormatFault {
  const text = textOf(bytes);
  if (text instanceof FormatFault) return text;
  scan.scan(bytes, 0, bytes.length);
  const { members, isClosed, hasNumberedEscapes, counted } = scan;
  if (counted >= documentValuesMax) return new FormatFault(`a document of at most ${documentValuesMax} values expected`);
  const hasOthers = text.length < bytes.length;
  const plain = isClosed ? parsePlain(text, { members, hasNumberedEscapes, hasOthers, depth: 0 }) : undefined;
  return plain === undefined ? parseJsonText(text) : plain;
}

/** What a look at the bytes has told. */
export interface LookedAt {
  readonly members: number;
  readonly hasNumberedEscapes: boolean;
  /** Characters beyond ASCII. */
  readonly hasOthers: boolean;
  /** What it is nested in. */
  readonly depth: number;
}

/** Undefined where it needs care. */
export function parsePlain(text: string, { members, hasNumberedEscapes, hasOthers, depth }: LookedAt): Data | undefined {
  if (hasNumberedEscapes && SURROGATE_ESCAPE.test(text)) return undefined;
  const value = parsed(text);
  if (value === undefined || plainMembers(value, depth) !== members) return undefined;
  return (hasOthers || hasNumberedEscapes) && !areNamesComposed(value) ? undefined : value;
}

function parsed(text: string): Data | undefined {
  try {
    return JSON.parse(text) as Data;
  } catch {
    // The parser of our own says what is wrong, and where.
    return undefined;
  }
}
