import { createReadStream } from "node:fs";
import { isMalformed, LineReader, SinterError } from "@sinter/core";
import { traceLineBytesMax } from "../limits.js";
import { interrupted, nextUnless } from "../terminal/interruption.js";
import type { Source } from "../terminal/io.js";

/** Where `-` reads from, and what ends it. */
export interface TraceSource {
  readonly stdin: Source;
  readonly signal: AbortSignal;
}

export interface TraceText {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** `cut`: no line end follows, because whoever wrote it was stopped, or writes it still. */
  readonly end: "whole" | "cut";
}

/** The lines of a file, or for `-` of standard input, one after the other: a trace may be longer than the memory. */
export async function* traceLines({ stdin, signal }: TraceSource, file: string): AsyncGenerator<TraceText, void, undefined> {
  const source = file === "-" ? stdin : createReadStream(file);
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const reader = new LineReader(traceLineBytesMax);
  const decoder = new TextDecoder();
  let number = 0;
  try {
    for (;;) {
      const next = await nextUnless(signal, iterator).catch((error: unknown) => {
        throw unreadable(file, error);
      });
      if (next === undefined) throw interrupted();
      if (next.done) break;
      const lines = reader.push(next.value);
      if (isMalformed(lines)) throw noTrace(file, number + 1, lines.reason);
      for (const line of lines) yield { number: ++number, text: decoder.decode(line), end: "whole" };
    }
    const rest = reader.rest();
    if (rest !== undefined) yield { number: ++number, text: decoder.decode(rest), end: "cut" };
  } finally {
    // Whoever wants no more does not read the rest of the file; standard input is left to the process.
    if (file !== "-") await iterator.return?.();
  }
}

function unreadable(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const name = file === "-" ? "standard input" : file;
  return new SinterError(
    "usage",
    `${name} cannot be read (${code})`,
    "Name a trace that is there and that you may read, or - for standard input.",
    {
      cause: error,
    },
  );
}

export function noTrace(file: string, number: number, what: string): SinterError {
  const name = file === "-" ? "standard input" : file;
  return new SinterError(
    "corrupt",
    `${name} is no trace, or a damaged one: line ${number}: ${what}`,
    "Give what the simulator kept of a seed, or what --trace of sinter sim or sinter up has written.",
  );
}
