import { createReadStream } from "node:fs";
import { createGunzip, gunzipSync } from "node:zlib";
import { FormatFault } from "../format.js";
import { documentBytesMax, gunzippedFreeBytes, gunzippedTimesMax, readPieceBytes } from "../limits.js";
import { unreadable } from "./read-file.js";

// What is compressed with gzip. A few bytes can stand for any number of them, so what they expand to is bounded.

/** In one go. */
export function gunzipped(bytes: Uint8Array): Buffer | FormatFault {
  try {
    const { buffer, engine } = gunzipSync(bytes, { maxOutputLength: documentBytesMax, info: true }) as unknown as Inflated;
    return engine.bytesWritten === bytes.length ? buffer : new FormatFault("nothing behind the compressed data expected");
  } catch (error) {
    return gzipFault(error);
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
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > gunzippedFreeBytes + gunzippedTimesMax * gunzip.bytesWritten) {
        yield new FormatFault(`compressed data that expands to at most ${gunzippedTimesMax} times its size expected`);
        return;
      }
      yield piece;
    }
    if (gunzip.bytesWritten < file.bytesRead) yield new FormatFault("nothing behind the compressed data expected");
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
      return new FormatFault("all of the compressed data expected: the end is missing");
    case "Z_DATA_ERROR":
      return new FormatFault(`data that gzip has compressed expected: ${(error as Error).message}`);
    case "ERR_BUFFER_TOO_LARGE":
      return new FormatFault(`compressed data that expands to at most ${documentBytesMax} bytes expected`);
    default:
      return unreadable(error);
  }
}
