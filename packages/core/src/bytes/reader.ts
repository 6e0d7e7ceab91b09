import { varintBytesMax } from "./limits.js";
import { type Decoded, Malformed } from "./malformed.js";

// Reads a value from bytes that nobody vouches for. Reading on after a failure is harmless (zeros come back), so a
// decoder is written straight down and asks once, in `finish`, whether all it read was there.

const EMPTY = new Uint8Array(0);

export class Reader {
  readonly bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  #failure: string | undefined;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#end = Math.min(end, bytes.length);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** The first failure is the one reported; later ones follow from it. */
  fail(reason: string): void {
    this.#failure ??= reason;
  }

  u8(): number {
    return this.#take(1) ? (this.bytes[this.#at - 1] as number) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#u16(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#u32(this.#at - 4) : 0;
  }

  u48(): number {
    return this.#take(6) ? this.#u16(this.#at - 6) * 0x1_0000_0000 + this.#u32(this.#at - 4) : 0;
  }

  /** A sequence number or size: 64 bits on the wire, and only those a double holds exactly are valid. */
  u64(): number {
    if (!this.#take(8)) return 0;
    const high = this.#u32(this.#at - 8);
    if (high > 0x1f_ffff) {
      this.fail("a number beyond 2^53");
      return 0;
    }
    return high * 0x1_0000_0000 + this.#u32(this.#at - 4);
  }

  /** Little groups of seven bits, least significant first; the shortest form is the only valid one. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= varintBytesMax; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 1) this.fail("a varint longer than it needs to be");
        if (value > Number.MAX_SAFE_INTEGER) this.fail("a number beyond 2^53");
        return this.failed ? 0 : value;
      }
      scale *= 0x80;
    }
    this.fail("a varint longer than eight bytes");
    return 0;
  }

  /** A view of the bytes read from, not a copy: it lives as long as they do. */
  take(length: number): Uint8Array {
    if (!this.#take(length)) return EMPTY;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** Bytes behind a varint length of at most `max`. */
  prefixed(max: number): Uint8Array {
    const length = this.varint();
    if (length > max) {
      this.fail(`a length of ${length} where at most ${max} is allowed`);
      return EMPTY;
    }
    return this.take(length);
  }

  /** The value, if all of it was there and nothing lies behind it. `make` runs only then. */
  finish<T>(make: () => Decoded<T>): Decoded<T> {
    if (this.#failure === undefined && this.#at !== this.#end) this.fail(`${this.left} bytes too many`);
    return this.#failure === undefined ? make() : new Malformed(this.#failure);
  }

  #u16(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  /** A view of the bytes as numbers would cost more to make than it saves. */
  #u32(at: number): number {
    const { bytes } = this;
    const [one, two, three, four] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number];
    return ((one << 24) | (two << 16) | (three << 8) | four) >>> 0;
  }

  #take(length: number): boolean {
    if (this.#failure !== undefined) return false;
    if (length > this.#end - this.#at) {
      this.fail(`${length} bytes expected where ${this.#end - this.#at} are left`);
      return false;
    }
    this.#at += length;
    return true;
  }
}
