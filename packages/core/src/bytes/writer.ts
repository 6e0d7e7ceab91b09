import { writerSpareBytesMax } from "./limits.js";

// Writes the layouts that Reader reads. Grows as needed; what it writes is always the canonical form.

const FIRST_BYTES = 256;
const NONE = new Uint8Array(0);

/** Of a writer that has finished, for the next: memory costs more to come by than most of what is written in it. */
let spare: Uint8Array<ArrayBuffer> = NONE;

export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(firstBytes = FIRST_BYTES) {
    if (spare.length >= firstBytes) {
      this.#bytes = spare;
      spare = NONE;
    } else this.#bytes = new Uint8Array(firstBytes);
  }

  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    this.#room(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  u16(value: number): this {
    this.#room(2);
    this.#put16(value);
    return this;
  }

  u32(value: number): this {
    this.#room(4);
    this.#put32(value);
    return this;
  }

  u48(value: number): this {
    this.#room(6);
    this.#put16(Math.floor(value / 0x1_0000_0000));
    this.#put32(value);
    return this;
  }

  u64(value: number): this {
    this.#room(8);
    this.#put32(Math.floor(value / 0x1_0000_0000));
    this.#put32(value);
    return this;
  }

  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number from 0: ${value}`);
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.u8(rest);
  }

  bytes(value: Uint8Array): this {
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** One byte a character: of text that is ASCII, or that stands for bytes. */
  characters(text: string): this {
    const { length } = text;
    this.#room(length);
    const bytes = this.#bytes;
    let to = this.#at;
    for (let at = 0; at < length; at++) bytes[to++] = text.charCodeAt(at);
    this.#at = to;
    return this;
  }

  prefixed(value: Uint8Array): this {
    return this.varint(value.length).bytes(value);
  }

  /** From the beginning again. */
  again(): this {
    this.#at = 0;
    return this;
  }

  /** A copy of what was written, of exactly its length. Nothing is written behind it but by beginning again. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#checkGoesOn();
    const written = this.#bytes.slice(0, this.#at);
    if (this.#bytes.length <= writerSpareBytesMax) spare = this.#bytes;
    this.#bytes = NONE;
    return written;
  }

  #checkGoesOn(): void {
    if (this.#bytes.length < this.#at) throw new Error("a writer that has finished goes on only from the beginning");
  }

  #put16(value: number): void {
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #put32(value: number): void {
    this.#bytes[this.#at++] = value >>> 24;
    this.#bytes[this.#at++] = value >>> 16;
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    this.#checkGoesOn();
    if (this.#at === 0 && spare.length >= length) {
      this.#bytes = spare;
      spare = NONE;
      return;
    }
    const grown = new Uint8Array(Math.max(FIRST_BYTES, this.#bytes.length * 2, this.#at + length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
