import { closeSync, openSync, readSync } from "node:fs";

// Many small files in few blocks, for another thread.

export interface ReadBlock {
  readonly room: ArrayBuffer;
  /** Of one file after the other, whose bytes are one behind the other. */
  readonly sizes: readonly number[];
}

/** In place of a size: it was not read. */
export const notRead = -1;

const scratch = new Uint8Array(1024 * 1024);
/** A larger one is not for a block. */
const FILE_BYTES = 64 * 1024;

/** What has no path is not read, nor what is large, or cannot be read: whoever asks reads that, and finds what is wrong with it. */
export function* readBlocks(paths: readonly string[]): Generator<ReadBlock, void> {
  for (let next = 0; next < paths.length; ) {
    const sizes: number[] = [];
    let end = 0;
    for (; next < paths.length && end + FILE_BYTES <= scratch.length; next++) {
      const path = paths[next] as string;
      const size = path === "" ? notRead : readInto(scratch.subarray(end, end + FILE_BYTES), path);
      sizes.push(size);
      if (size !== notRead) end += size;
    }
    yield { room: scratch.buffer.slice(0, end), sizes };
  }
}

function readInto(bytes: Uint8Array, path: string): number {
  try {
    const file = openSync(path, "r");
    try {
      let at = 0;
      for (let count = -1; count !== 0 && at < bytes.length; at += count) count = readSync(file, bytes, at, bytes.length - at, null);
      return at < bytes.length ? at : notRead;
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever asks reads it again, and is told.
    return notRead;
  }
}
