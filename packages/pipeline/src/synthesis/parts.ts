import { join } from "node:path";
import type { Data } from "@sinter/core";
import { fragmentTree } from "../files/fragment-tree.js";
import { readDocument, readRecords } from "../files/read-fragments.js";
import { type DocumentFormat, FormatFault, partPath, recordPath, type TakeRecord } from "../format.js";
import { type FormatOptions, formatOf } from "../formats.js";
import { type ProtobufMessages, protobuf } from "../protobuf/protobuf.js";

// The fragments of a folder, one after the other: which they are, and what is in them.

/** A file of fragments, as threads tell each other of it. */
export interface InputFile {
  /** From the folder on. */
  readonly path: string;
  /** From here. */
  readonly full: string;
}

/** How files are to be read, as threads tell each other. */
export interface Reading {
  /** What binary fragments are. */
  readonly messages?: ProtobufMessages | undefined;
  /** Between the fields of `.csv`. */
  readonly delimiter?: FormatOptions["delimiter"];
}

export function formatsOf({ messages, delimiter }: Reading): FormatOptions {
  return { messages: messages === undefined ? undefined : protobuf(messages), delimiter };
}

export interface FragmentPart {
  readonly id: string;
  readonly file: InputFile;
  /** Where it begins. */
  readonly line: number;
  readonly content: Data | FormatFault;
  /** Of what stands at a place in it. */
  lineOf?(names: readonly string[]): number | undefined;
}

/** A file that is left out, or that stands in the way. */
export interface PassedFile {
  readonly path: string;
  readonly reason: string;
}

export interface Input {
  readonly files: readonly InputFile[];
  readonly skipped: readonly PassedFile[];
  readonly unreadable: readonly PassedFile[];
}

export function inputOf(folder: string, formats: FormatOptions): Input {
  const { files, skipped, unreadable } = fragmentTree(folder, formats);
  return {
    files: files.map(({ path }) => ({ path, full: join(folder, path) })),
    skipped,
    unreadable,
  };
}

export type TakePart = (part: FragmentPart) => void;

/** A file, and what is in it if that was read already. */
export interface InputBytes {
  readonly file: InputFile;
  readonly bytes?: Uint8Array | undefined;
}

/** Hands on what is in the file. Asynchronous where it takes several turns: a file of records is read piece by piece. */
export function readParts({ file, bytes }: InputBytes, formats: FormatOptions, take: TakePart): AsyncIterable<unknown> | undefined {
  const format = formatOf(file.path, formats);
  if (format === undefined) throw new Error(`a file of no format, ${file.path}, was taken for one of fragments`);
  if (format.kind === "document") {
    readDocumentParts({ file, bytes: bytes ?? readDocument(file.full) }, format, take);
    return undefined;
  }
  const one: TakeRecord = (content, line) => take({ id: recordPath(file.path, line), file, line, content });
  return readRecords(file.full, format, one);
}

interface ReadFile {
  readonly file: InputFile;
  readonly bytes: Uint8Array | FormatFault;
}

function readDocumentParts({ file, bytes }: ReadFile, format: DocumentFormat, take: TakePart): void {
  if (bytes instanceof FormatFault) return take({ id: file.path, file, line: 1, content: bytes });
  for (const { number, line, body } of format.parse(bytes))
    take({ id: partPath(file.path, number), file, line, content: body, lineOf: (names) => format.lineOf(bytes, names, number) });
}

const RECORD = /:\d+$/;
const PART = /#\d+$/;

/** One of them, read again; `undefined`, where it is gone. */
export async function partOf(id: string, files: ReadonlyMap<string, InputFile>, formats: FormatOptions): Promise<FragmentPart | undefined> {
  const file = files.get(id) ?? files.get(id.replace(RECORD, "")) ?? files.get(id.replace(PART, ""));
  if (file === undefined) return undefined;
  let found: FragmentPart | undefined;
  const pieces = readParts({ file }, formats, (part) => {
    if (part.id === id) found ??= part;
  });
  if (pieces !== undefined) for await (const _piece of pieces) if (found !== undefined) break;
  return found;
}
