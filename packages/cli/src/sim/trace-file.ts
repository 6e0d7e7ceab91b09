import { closeSync, openSync, writeSync } from "node:fs";
import { SinterError } from "@sinter/core";

const BUFFERED_CHARS = 64 * 1024;

/** Lines to a file, many at once: a run makes more of them than could wait. */
export class TraceFile {
  readonly #file: number;
  #text = "";

  constructor(path: string) {
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const { code = "unknown" } = error as NodeJS.ErrnoException;
      throw new SinterError("usage", `${path} cannot be written (${code})`, "Name another file with --trace FILE.", { cause: error });
    }
  }

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length >= BUFFERED_CHARS) this.#write();
  }

  close(): void {
    try {
      this.#write();
    } finally {
      closeSync(this.#file);
    }
  }

  #write(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }
}
