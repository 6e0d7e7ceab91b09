import { createReadStream, statSync } from "node:fs";
import { createGunzip, gunzipSync } from "node:zlib";
import { FormatFault } from "../format.js";
import { gunzippedFreeBytes, gunzippedTimesMax, readPieceBytes } from "../limits.js";
import { unreadable } from "./read-file.js";

// What is compressed with gzip. A few bytes can stand for any number of them, so what they expand to is bounded.

/** In one go. */
export function gunzipped(bytes: Uint8Array, bytesMax: number): Buffer | FormatFault {
  try {
    const { buffer, engine } = gunzipSync(bytes, { maxOutputLength: bytesMax, info: true }) as unknown as Inflated;
    return engine.bytesWritten === bytes.length ? buffer : endsBefore();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") return gzipFault(error);
    return new FormatFault(`compressed data that expands to at most ${bytesMax} bytes expected`);
  }
}

/** What it answers where it is asked for more than the bytes. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Piece by piece, and a fault last if there is one. */
export async function* gunzippedPieces(path: string): AsyncGenerator<Uint8Array | FormatFault, void> {
  const gunzip = createGunzip({ chunkSize: readPieceBytes });
  const file = createReadStream(path, { highWaterMark: readPieceBytes });
  // Whoever reads the expanded bytes is told of what is wrong with the file, too.
  file.on("error", (error) => gunzip.destroy(error)).pipe(gunzip);
  let size = 0;
  try {
    const { size: compressed } = statSync(path);
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > gunzippedFreeBytes + gunzippedTimesMax * gunzip.bytesWritten) {
        yield new FormatFault(`compressed data that expands to at most ${gunzippedTimesMax} times its size expected`);
        return;
      }
      yield piece;
    }
    // Of nothing at all the stream makes nothing, without a word.
    if (compressed === 0) yield endMissing();
    else if (gunzip.bytesWritten < compressed) yield endsBefore();
  } catch (error) {
    yield gzipFault(error);
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

function gzipFault(error: unknown): FormatFault {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "Z_BUF_ERROR":
      return endMissing();
    case "Z_DATA_ERROR":
      return new FormatFault(`data that gzip has compressed expected: ${(error as Error).message}`);
    default:
      return unreadable(error);
  }
}

function endMissing(): FormatFault {
  return new FormatFault("all of the compressed data expected: the end is missing");
}

function endsBefore(): FormatFault {
  return new FormatFault("nothing behind the compressed data expected");
}
