import { SinterError } from "@sinter/core";
import type { Sink } from "./io.js";

const flushChars = 64 * 1024;

/**
 * Lines to standard output, gathered while they come fast and written at once when they pause. When the reader has gone
 * (`| head`), nothing more is written and `gone` fires; that is no error. What cannot be written for another reason is
 * one: `gone` fires too, and whatever is asked of the output from then on throws.
 */
export class Output {
  readonly #sink: Sink;
  readonly #gone = new AbortController();
  #text = "";
  #flushing = false;
  #draining: Promise<void> | undefined;
  #failure: SinterError | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
    sink.on("error", (error) => {
      // Only the first tells the cause: a stream that has failed once refuses all that follows.
      if (error.code !== "EPIPE" && !this.gone.aborted) this.#failure = unwritable(error);
      this.#gone.abort();
    });
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isTerminal(): boolean {
    return this.#sink.isTTY === true;
  }

  /** Awaiting it keeps what is held here bounded. */
  async line(text: string): Promise<void> {
    this.#throwFailure();
    this.#text += `${text}\n`;
    if (this.#text.length >= flushChars) return this.#drain();
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (this.#draining === undefined) this.#write();
    });
  }

  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value));
  }

  async flush(): Promise<void> {
    await this.#drain();
    // A sink takes what it is given before it knows whether that can be written.
    if (!this.gone.aborted) await this.#left();
    this.#throwFailure();
  }

  async #drain(): Promise<void> {
    do {
      this.#write();
      await this.#draining;
    } while (this.#text !== "");
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** All that was written has left, or its reader has gone. */
  #left(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.gone.removeEventListener("abort", go);
        resolve();
      };
      this.gone.addEventListener("abort", go);
      // A stream tells of an error only after it has called back.
      this.#sink.write("", () => setImmediate(go));
    });
  }

  #write(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    if (this.gone.aborted || this.#sink.write(text)) return;
    this.#draining ??= this.#drained().then(() => {
      this.#draining = undefined;
    });
  }

  /** The sink can take more, or its reader has gone. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#sink.off("drain", go);
        this.gone.removeEventListener("abort", go);
        resolve();
      };
      this.#sink.once("drain", go);
      this.gone.addEventListener("abort", go);
    });
  }
}

function unwritable(error: NodeJS.ErrnoException): SinterError {
  // "ENOSPC: no space left on device, write": the middle is for people.
  const reason = /^[A-Z0-9]+: (.+?)(, \w+)?$/.exec(error.message)?.[1] ?? error.message;
  return new SinterError("disk-full", `cannot write the output: ${reason}`, "Free some space or choose another place.", { cause: error });
}

/** How far a long piece of work is, on one line of a terminal; nothing in a pipe. */
export class Progress {
  readonly #sink: Sink;
  #shown = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  show(text: string): void {
    if (this.#sink.isTTY !== true) return;
    this.#sink.write(`\r${text.padEnd(this.#shown)}`);
    this.#shown = text.length;
  }

  clear(): void {
    if (this.#shown === 0) return;
    this.#sink.write(`\r${" ".repeat(this.#shown)}\r`);
    this.#shown = 0;
  }

  /** What a person has to know even where standard error is kept. */
  notice(text: string): void {
    this.clear();
    this.#sink.write(`${text}\n`);
  }

  /** A remark for a person at a terminal. */
  remark(text: string): void {
    this.clear();
    if (this.#sink.isTTY === true) this.#sink.write(`${text}\n`);
  }
}
