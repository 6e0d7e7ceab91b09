import { AheadReader } from "../files/read-ahead.js";
import { type FormatOptions, formatOf, isCompressed } from "../formats.js";
import type { InputBytes, InputFile } from "./parts.js";

// The files of a folder, some at a time, and what is in them if another thread has read that already.

/** Until a thread is there that reads ahead, so many are read here. */
const BEGUN_FILES = 2_048;

export interface FilesToRead {
  readonly files: readonly InputFile[];
  readonly formats: FormatOptions;
  readonly threads?: number | undefined;
  readonly begunFiles?: number | undefined;
}

export async function* filesToRead({
  files,
  formats,
  threads = 1,
  begunFiles = BEGUN_FILES,
}: FilesToRead): AsyncGenerator<InputBytes[], void> {
  // Fewer are read before a thread is of any use.
  if (threads === 1 || files.length < 4 * begunFiles) return yield files.map((file) => ({ file }));
  const ahead = files.slice(begunFiles);
  const reader = new AheadReader(ahead.map(({ path, full }) => (isDocument(path, formats) ? full : "")));
  try {
    yield files.slice(0, begunFiles).map((file) => ({ file }));
    for (let at = 0; at < ahead.length; ) {
      const block = await reader.next();
      yield block.map((bytes, index) => ({ file: ahead[at + index] as InputFile, bytes }));
      at += block.length;
    }
  } finally {
    await reader.stop();
  }
}

/** Records are read piece by piece, and what is compressed is another thing than what is in the file. */
function isDocument(path: string, formats: FormatOptions): boolean {
  return formatOf(path, formats)?.kind === "document" && !isCompressed(path);
}
