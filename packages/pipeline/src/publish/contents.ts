import { createHash, type Hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { SinterError } from "@sinter/core";
import { publishPieceBytes } from "../limits.js";
import type { OpenFile } from "./file-system.js";

/** A document, piece by piece, each with whole characters only. It is asked for up to twice, and is the same then. */
export type Pieces = () => Iterable<string | Uint8Array>;

/** What is to be published, until it is called off. */
export class Contents {
  readonly #pieces: Pieces;
  readonly #signal: AbortSignal | undefined;

  constructor(pieces: Pieces, signal: AbortSignal | undefined) {
    this.#pieces = pieces;
    this.#signal = signal;
  }

  /** Answers the hash of what was written. */
  async writeTo(file: OpenFile): Promise<string> {
    const hash = createHash("sha256");
    for (const bytes of this.#bytes()) {
      const writing = file.write(bytes);
      hash.update(bytes);
      await writing;
    }
    return hashText(hash);
  }

  /** Whether the file holds this and nothing else. */
  async isIn(file: OpenFile): Promise<boolean> {
    const room = Buffer.allocUnsafeSlow(UNIT_BYTES * publishPieceBytes);
    for (const bytes of this.#bytes()) {
      const held = room.subarray(0, bytes.length);
      if ((await file.read(held)) < bytes.length || !held.equals(bytes)) return false;
    }
    return (await file.read(room.subarray(0, 1))) === 0;
  }

  async hash(): Promise<string> {
    const hash = createHash("sha256");
    for (const bytes of this.#bytes()) {
      hash.update(bytes);
      // Whoever calls it off has their turn.
      await setImmediate();
    }
    return hashText(hash);
  }

  throwIfCalledOff(): void {
    if (!this.#signal?.aborted) return;
    if (this.#signal.reason instanceof SinterError) throw this.#signal.reason;
    throw new SinterError("aborted", "called off", "What was published before is as it was. Give the command again to publish.");
  }

  *#bytes(): Generator<Uint8Array> {
    for (const piece of this.#pieces()) {
      for (const bytes of typeof piece === "string" ? cutText(piece) : cutBytes(piece)) {
        this.throwIfCalledOff();
        yield bytes;
      }
    }
  }
}

/** What a UTF-16 unit takes in UTF-8, at most. */
const UNIT_BYTES = 3;

function* cutText(text: string): Generator<Uint8Array> {
  if (isFirstHalf(text.charCodeAt(text.length - 1))) throw new RangeError("a piece of a document ends within a character");
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + publishPieceBytes);
    if (end < text.length && isFirstHalf(text.charCodeAt(end - 1))) end--;
    yield Buffer.from(text.slice(at, end));
    at = end;
  }
}

/** Of a character that UTF-16 has in two. */
function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function* cutBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += publishPieceBytes) yield bytes.subarray(at, at + publishPieceBytes);
}

/** `sha256sum FILE` prints the same digits. */
function hashText(hash: Hash): string {
  return `sha256:${hash.digest("hex")}`;
}
