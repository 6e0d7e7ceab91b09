import { closeSync, openSync, readSync } from "node:fs";
import { FormatFault, type RecordFormat, type TakeRecord } from "../format.js";
import { isCompressed } from "../formats.js";
import { documentBytesMax, readPieceBytes } from "../limits.js";
import { gunzipped, gunzippedPieces } from "./gunzip.js";
import { readWhole, unreadable } from "./read-file.js";

// Fragments from files: what may be compressed is, if it is called so.

/** A file of documents as a whole, expanded. */
export function readDocument(path: string): Buffer | FormatFault {
  const bytes = readWhole(path, documentBytesMax);
  return bytes instanceof FormatFault || !isCompressed(path) ? bytes : gunzipped(bytes, documentBytesMax);
}

/**
 * Hands on the records of a file, however large it is, and says after each piece of it how many bytes that was: then others may have their
 * turn. A file that cannot be read to its end is a fault behind its last record.
 */
export async function* readRecords(path: string, format: RecordFormat, take: TakeRecord): AsyncGenerator<number, void> {
  const reader = format.open();
  let last = 0;
  const taking: TakeRecord = (body, line) => {
    last = line;
    take(body, line);
  };
  for await (const piece of isCompressed(path) ? gunzippedPieces(path) : pieces(path)) {
    if (piece instanceof FormatFault) return taking(piece, last + 1);
    reader.push(piece, taking);
    yield piece.length;
  }
  reader.end(taking);
}

/** Each is gone when the next is asked for. */
function* pieces(path: string): Generator<Uint8Array | FormatFault, void> {
  const bytes = Buffer.allocUnsafe(readPieceBytes);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    yield unreadable(error);
    return;
  }
  try {
    for (let count = readSync(file, bytes); count > 0; count = readSync(file, bytes)) yield bytes.subarray(0, count);
  } catch (error) {
    yield unreadable(error);
  } finally {
    closeSync(file);
  }
}
