import { type Decoded, Malformed } from "./malformed.js";

const NEWLINE = 0x0a;

/** Cuts a stream of bytes at its newlines, holding at most one unfinished line of bounded length. */
export class LineReader {
  readonly #lineBytesMax: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines this chunk completes, without their newline; views of the chunk where they lie in it whole. */
  push(chunk: Uint8Array): Decoded<readonly Uint8Array[]> {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      if (this.#heldBytes + part.length > this.#lineBytesMax)
        return new Malformed(`a line of at most ${this.#lineBytesMax} bytes expected`);
      if (end < 0) {
        if (part.length > 0) this.#hold(part);
        return lines;
      }
      lines.push(this.#heldBytes === 0 ? part : this.#joined(part));
      start = end + 1;
    }
  }

  /** What follows the last newline, if anything does. */
  rest(): Uint8Array | undefined {
    return this.#heldBytes === 0 ? undefined : this.#joined(new Uint8Array(0));
  }

  #hold(part: Uint8Array): void {
    this.#held.push(part);
    this.#heldBytes += part.length;
  }

  #joined(last: Uint8Array): Uint8Array {
    const line = new Uint8Array(this.#heldBytes + last.length);
    let at = 0;
    for (const part of this.#held) {
      line.set(part, at);
      at += part.length;
    }
    line.set(last, at);
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }
}
