import type { Data } from "@sinter/core";
import { reasonCharsMax } from "./limits.js";

// What reads fragments. A format of documents has the whole file; a format of records takes it piece by piece, so that a file may be
// larger than the memory. Bytes come from anywhere: what they are not is a fault, never a throw.

/** Why bytes are no fragment, and where. Lines and columns are counted from 1, columns in UTF-16 units. */
export class FormatFault {
  /** What was expected, in words a person can act on. */
  readonly reason: string;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(reason: string, place: { readonly line?: number; readonly column?: number } = {}) {
    this.reason = reason.length > reasonCharsMax ? `${reason.slice(0, reasonCharsMax)}…` : reason;
    this.line = place.line;
    this.column = place.column;
  }
}

/** One fragment of a file. */
export interface DocumentPart {
  /** From 1. Most files have one part alone; documents with nothing in them are counted, and are no parts. */
  readonly number: number;
  /** Where it begins. */
  readonly line: number;
  readonly body: Data | FormatFault;
}

export interface DocumentFormat {
  readonly kind: "document";
  readonly name: string;
  parse(bytes: Uint8Array): readonly DocumentPart[];
  /** The line on which the value at that place begins; undefined where there is none, or where the format has no lines. */
  lineOf(bytes: Uint8Array, names: readonly string[], number?: number): number | undefined;
}

export interface RecordFormat {
  readonly kind: "records";
  readonly name: string;
  /** For one file. */
  open(): RecordReader;
}

/** `line`: where the record begins. A fault of the file as a whole is the last that is told of it. */
export type TakeRecord = (body: Data | FormatFault, line: number) => void;

export interface RecordReader {
  /** `chunk` may be used again when this returns. */
  push(chunk: Uint8Array, take: TakeRecord): void;
  /** Nothing follows. */
  end(take: TakeRecord): void;
}

export type Format = DocumentFormat | RecordFormat;

/** What a fragment is called: the first of a file as the file itself, so that a second does not rename it. */
export function partPath(path: string, number: number): string {
  return number === 1 ? path : `${path}#${number}`;
}

export function recordPath(path: string, line: number): string {
  return `${path}:${line}`;
}
