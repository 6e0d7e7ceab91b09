// Bytes that come piece by piece and leave in pieces of other lengths: copied only where one that leaves lies across two that came.

const PIECE_BYTES = 256;

export class Pieces {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What they take in memory, about: a short one takes more than its bytes. */
  get heldBytes(): number {
    return this.#length + PIECE_BYTES * this.#pieces.length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** The next so many bytes, or all there are. */
  peek(bytes: number): Uint8Array {
    const length = Math.min(bytes, this.#length);
    const [first] = this.#pieces;
    if (first === undefined || first.length >= length) return first?.subarray(0, length) ?? new Uint8Array(0);
    const joined = new Uint8Array(length);
    let at = 0;
    for (const piece of this.#pieces) {
      if (at === length) break;
      const part = piece.subarray(0, length - at);
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  take(bytes: number): Uint8Array {
    const taken = this.peek(bytes);
    let left = taken.length;
    this.#length -= left;
    let gone = 0;
    for (; left > 0; gone++) {
      const piece = this.#pieces[gone] as Uint8Array;
      if (piece.length > left) {
        this.#pieces[gone] = piece.subarray(left);
        break;
      }
      left -= piece.length;
    }
    // At once: one after the other each would move all that are behind it.
    this.#pieces.splice(0, gone);
    return taken;
  }
}
