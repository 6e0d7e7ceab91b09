import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FormatFault } from "../format.js";

// Files read in one go, in the turn of whoever asks: for many small files that is several times faster than waiting for each.

/** Most files fit in here, and need not be asked for their size. */
const scratch = Buffer.alloc(64 * 1024);

export function readWhole(path: string, bytesMax: number): Buffer | FormatFault {
  try {
    const file = openSync(path, "r");
    try {
      return readOpen(file, bytesMax);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return unreadable(error);
  }
}

export function unreadable(error: unknown): FormatFault {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, string>> = { EACCES: "you may not", ENOENT: "it is not there", EISDIR: "it is a folder" };
  return new FormatFault(`a file that can be read expected: ${why[code] ?? code}`);
}

function readOpen(file: number, bytesMax: number): Buffer | FormatFault {
  const begun = readInto(file, scratch, 0);
  if (begun < scratch.length) return begun > bytesMax ? tooLarge(bytesMax) : Buffer.from(scratch.subarray(0, begun));
  const { size } = fstatSync(file);
  if (size > bytesMax) return tooLarge(bytesMax);
  const bytes = Buffer.allocUnsafe(Math.max(size, begun));
  bytes.set(scratch);
  const end = readInto(file, bytes, begun);
  // It may be written at this moment: what is behind the size it had is of its next version.
  return bytes.subarray(0, end);
}

/** Until the end of the file, or until it is full. */
function readInto(file: number, bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, bytes.length - at, null);
    if (count === 0) break;
    at += count;
  }
  return at;
}

function tooLarge(bytesMax: number): FormatFault {
  return new FormatFault(`a file of at most ${bytesMax} bytes expected`);
}
