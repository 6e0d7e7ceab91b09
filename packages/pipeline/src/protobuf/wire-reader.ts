// The wire format of Protobuf, read from bytes that nobody vouches for. After a failure zeros come back, and the first failure is the one
// that is told.

export class WireReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #end: number;
  #failure: string | undefined;
  /** Of the varint read last. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.length;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  fail(reason: string): void {
    this.#failure ??= `${reason} (at byte ${this.#at})`;
    this.#at = this.#end;
  }

  /** Reads what lies behind a length, and nothing beyond it. */
  within<T>(read: () => T): T {
    const outer = this.#end;
    const length = this.uint32();
    if (length > outer - this.#at) this.fail(`a length within the message expected, not ${length}`);
    else this.#end = this.#at + length;
    const value = read();
    // After a failure there is nothing left to read.
    this.#at = this.#failure === undefined ? this.#end : outer;
    this.#end = outer;
    return value;
  }

  take(length: number): Uint8Array {
    if (length > this.#end - this.#at) {
      this.fail(`${length} bytes expected where ${this.#end - this.#at} are left`);
      return this.bytes.subarray(0, 0);
    }
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** A tag, a length: 32 bits. */
  uint32(): number {
    this.#varint();
    if (this.#high !== 0) this.fail("a number of 32 bits expected");
    return this.#failure === undefined ? this.#low : 0;
  }

  /** The lower 32 bits of a number, as the types of 32 bits take them. */
  varint32(): number {
    this.#varint();
    return this.#low;
  }

  varint64(): bigint {
    this.#varint();
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  fixed32(): number {
    return this.#skip(4) ? this.#view.getUint32(this.#at - 4, LITTLE) : 0;
  }

  fixed64(): bigint {
    return this.#skip(8) ? this.#view.getBigUint64(this.#at - 8, LITTLE) : 0n;
  }

  float(): number {
    return this.#skip(4) ? this.#view.getFloat32(this.#at - 4, LITTLE) : 0;
  }

  double(): number {
    return this.#skip(8) ? this.#view.getFloat64(this.#at - 8, LITTLE) : 0;
  }

  #skip(length: number): boolean {
    this.take(length);
    return this.#failure === undefined;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) return this.#failVarint("a number that ends expected");
      const byte = this.bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 24) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32);
      if (byte >= 0x80) continue;
      if (shift === 63 && byte > 1) break;
      this.#low = low >>> 0;
      this.#high = high >>> 0;
      return;
    }
    this.#failVarint("a number of at most 64 bits expected");
  }

  #failVarint(reason: string): void {
    this.#low = this.#high = 0;
    this.fail(reason);
  }
}

const LITTLE = true;
