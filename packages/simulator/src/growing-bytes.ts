const FIRST_BYTES = 16 * 1024;

/** Bytes without an end: what was never written is zero. */
export class GrowingBytes {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** Up to the last byte ever written. */
  get length(): number {
    return this.#length;
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, offset);
    this.#length = Math.max(this.#length, end);
  }

  /** A copy. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes.subarray(offset, offset + length));
    return bytes;
  }

  /** Everything, as it is and not to be changed. */
  all(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  truncate(length: number): void {
    this.#bytes.fill(0, length, Math.max(length, this.#length));
    this.#length = Math.min(length, this.#length);
  }

  copyFrom(other: GrowingBytes): void {
    this.truncate(0);
    this.write(0, other.all());
  }
}
