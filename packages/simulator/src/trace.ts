import { toHex } from "@sinter/core";
import { traceDepthLevelsMax } from "./limits.js";
import { Mixer } from "./mixer.js";

// Everything that happens in a simulation, as lines of text that are hashed at once. Two runs are the same run when
// their hashes are equal.

/** Longer bytes are given by length and hash: the line is for people too. */
const SHOWN_BYTES = 32;

/** Text that is the same for the same value: keys in the order they were set, bytes in hexadecimal. */
export function traceText(value: unknown, depth = 0): string {
  if (value === null || typeof value !== "object") return plainText(value);
  if (depth > traceDepthLevelsMax) return "…";
  if (value instanceof Uint8Array) {
    return value.length <= SHOWN_BYTES ? `x${toHex(value)}` : `x${value.length}:${new Mixer().bytes(value).hex()}`;
  }
  if (ArrayBuffer.isView(value)) return `[${[...(value as unknown as Iterable<unknown>)].join()}]`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${value.map((item) => traceText(item, depth + 1)).join()}]`;
  if (value instanceof Map || value instanceof Set) return `{${[...value].map((item) => traceText(item, depth + 1)).join()}}`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${name}:${traceText(item, depth + 1)}`)
    .join()}}`;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "function" ? "function" : String(value);
}

export interface TraceOptions {
  /** Given every line as it is written. */
  readonly sink?: ((line: string) => void) | undefined;
  /** The last so many lines are kept, for whoever looks at a failure. */
  readonly keptLines?: number;
}

export class Trace {
  readonly #mixer = new Mixer();
  readonly #sink: ((line: string) => void) | undefined;
  readonly #keptLines: number;
  #kept: string[] = [];
  #lines = 0;

  constructor({ sink, keptLines = 200 }: TraceOptions = {}) {
    this.#sink = sink;
    this.#keptLines = keptLines;
  }

  get lines(): number {
    return this.#lines;
  }

  get hash(): string {
    return this.#mixer.hex();
  }

  get recent(): readonly string[] {
    return this.#kept.slice(-this.#keptLines);
  }

  note(atMs: number, who: string, what: unknown): void {
    const line = `${atMs} ${who} ${typeof what === "string" ? what : traceText(what)}`;
    this.#lines += 1;
    this.#mixer.text(line);
    this.#sink?.(line);
    this.#kept.push(line);
    if (this.#kept.length > 2 * this.#keptLines) this.#kept = this.#kept.slice(-this.#keptLines);
  }
}
