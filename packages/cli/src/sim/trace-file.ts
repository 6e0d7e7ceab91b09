import { closeSync, openSync, writeSync } from "node:fs";
import { SinterError } from "@sinter/core";

const BUFFERED_CHARS = 64 * 1024;

/**
 * Lines to a file, many at once: a run makes more of them than could wait. They come from within a transport, which nothing may be
 * thrown into: what cannot be written is told by `failed`, and thrown when the file is closed.
 */
export class TraceFile {
  readonly #path: string;
  readonly #file: number;
  readonly #failed = new AbortController();
  #failure: NodeJS.ErrnoException | undefined;
  #text = "";

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const { code = "unknown" } = error as NodeJS.ErrnoException;
      throw new SinterError("usage", `${path} cannot be written (${code})`, "Name another file with --trace FILE.", { cause: error });
    }
  }

  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  line(text: string): void {
    if (this.#failure !== undefined) return;
    this.#text += `${text}\n`;
    if (this.#text.length >= BUFFERED_CHARS) this.#write();
  }

  close(): void {
    this.#write();
    this.#kept(() => closeSync(this.#file));
    if (this.#failure === undefined) return;
    const { code = "unknown" } = this.#failure;
    throw new SinterError(
      "disk-full",
      `the trace ${this.#path} cannot be written (${code}), and the run was ended`,
      "Free some space, or name another file with --trace FILE.",
      { cause: this.#failure },
    );
  }

  #write(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    this.#kept(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    });
  }

  #kept(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failure ??= error as NodeJS.ErrnoException;
      this.#failed.abort();
    }
  }
}
