import { isMalformed, LineReader, payloadBytesMax, SinterError } from "@sinter/core";
import { nextUnless } from "./interruption.js";
import type { Source } from "./io.js";

/**
 * The lines of a byte stream, in the groups they arrive in, until its end or the signal. A last line counts though no
 * newline ends it; an empty line is an empty line.
 */
export async function* eventLines(source: Source, signal: AbortSignal): AsyncGenerator<readonly Uint8Array[], void> {
  const reader = new LineReader(payloadBytesMax);
  const iterator = source[Symbol.asyncIterator]();
  let count = 0;
  for (;;) {
    const next = await nextUnless(signal, iterator);
    if (next === undefined || signal.aborted) return;
    if (next.done) break;
    const lines = reader.push(next.value);
    if (isMalformed(lines)) throw new SinterError("too-large", `line ${count + 1} is longer than 16 MiB`, "Split it.");
    count += lines.length;
    if (lines.length > 0) yield lines;
  }
  const last = reader.rest();
  if (last !== undefined) yield [last];
}
