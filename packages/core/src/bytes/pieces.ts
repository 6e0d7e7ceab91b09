// Bytes that come piece by piece and leave in pieces of other lengths: copied only where one that leaves lies across two that
// came, and did not come to lie side by side.

const PIECE_BYTES = 256;

export class Pieces {
  #pieces: Uint8Array[] = [];
  /** Those before it have left. */
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What they take in memory, about: a short one takes more than its bytes. */
  get heldBytes(): number {
    return this.#length + PIECE_BYTES * (this.#pieces.length - this.#first);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    const last = this.#pieces.at(-1);
    if (last === undefined || !isBehind(last, bytes)) this.#pieces.push(bytes);
    else this.#pieces[this.#pieces.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
  }

  /** The next so many bytes, or all there are. */
  peek(bytes: number): Uint8Array {
    const length = Math.min(bytes, this.#length);
    const first = this.#pieces[this.#first];
    if (first === undefined || first.length >= length) return first?.subarray(0, length) ?? new Uint8Array(0);
    const joined = new Uint8Array(length);
    for (let at = 0, next = this.#first; at < length; next++) {
      const piece = this.#pieces[next] as Uint8Array;
      const part = piece.length > length - at ? piece.subarray(0, length - at) : piece;
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  take(bytes: number): Uint8Array {
    const taken = this.peek(bytes);
    this.#length -= taken.length;
    for (let left = taken.length; left > 0; ) {
      const piece = this.#pieces[this.#first] as Uint8Array;
      if (piece.length > left) {
        this.#pieces[this.#first] = piece.subarray(left);
        break;
      }
      left -= piece.length;
      this.#first++;
    }
    this.#forget();
    return taken;
  }

  /** Now and then at once: one after the other each would move all that are behind it. */
  #forget(): void {
    if (this.#first === 0 || this.#first * 2 < this.#pieces.length) return;
    this.#pieces.splice(0, this.#first);
    this.#first = 0;
  }
}

/** In memory: two such are one piece. */
function isBehind(one: Uint8Array, next: Uint8Array): boolean {
  return one.buffer === next.buffer && one.byteOffset + one.length === next.byteOffset;
}
