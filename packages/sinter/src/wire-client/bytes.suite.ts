// The bytes of docs/wire.md, by somebody who has read that page and nothing else. What is not as it says throws.

export class Bytes {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.#number(value, 1);
  }

  u16(value: number): this {
    return this.#number(value, 2);
  }

  u32(value: number): this {
    return this.#number(value, 4);
  }

  u48(value: number): this {
    return this.#number(value, 6);
  }

  u64(value: number): this {
    return this.#number(Math.floor(value / 2 ** 32), 4).#number(value % 2 ** 32, 4);
  }

  varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    return this.raw(Uint8Array.of(...bytes, rest));
  }

  raw(...parts: readonly Uint8Array[]): this {
    this.#parts.push(...parts);
    return this;
  }

  /** A varint of the length, then the bytes. */
  prefixed(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes);
  }

  done(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }

  #number(value: number, size: number): this {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntBE(value, 0, size);
    return this.raw(bytes);
  }
}

export class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(size: number): Uint8Array {
    if (size > this.left) throw new RangeError(`${size} bytes expected, ${this.left} left`);
    this.at += size;
    return this.bytes.slice(this.at - size, this.at);
  }

  u8(): number {
    return this.#number(1);
  }

  u16(): number {
    return this.#number(2);
  }

  u32(): number {
    return this.#number(4);
  }

  u48(): number {
    return this.#number(6);
  }

  u64(): number {
    return this.#number(4) * 2 ** 32 + this.#number(4);
  }

  varint(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.u8();
      value += (byte % 128) * place;
      if (byte < 128) return value;
    }
  }

  prefixed(): Uint8Array {
    return this.take(this.varint());
  }

  list<T>(read: (before: T | undefined) => T): T[] {
    const all: T[] = [];
    for (let left = this.varint(); left > 0; left--) all.push(read(all.at(-1)));
    return all;
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  end(): void {
    if (this.left > 0) throw new RangeError(`${this.left} bytes behind the end`);
  }

  #number(size: number): number {
    return Buffer.from(this.take(size)).readUIntBE(0, size);
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new RangeError(`against docs/wire.md: ${what}`);
}
