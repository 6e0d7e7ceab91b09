// A fast running hash of 64 bits for seeds, checksums on the virtual disk and traces. It resists accidents, not people.

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const mixedLeft = (left: number, word: number): number =>
  (Math.imul(rotated(left ^ Math.imul(rotated(Math.imul(word, 0x2c1b3c6d), 15), 0x297a2d39), 13), 5) + 0x2f4b6a91) | 0;
const mixedRight = (right: number, word: number): number =>
  Math.imul(rotated(right ^ Math.imul(word ^ 0x5bd1e995, 0x1b56c4e9), 17), 0x7feb352d) | 0;

export class Mixer {
  #left: number;
  #right: number;

  constructor(left = 0x9e3779b9, right = 0x85ebca6b) {
    this.#left = left | 0;
    this.#right = right | 0;
  }

  word(word: number): this {
    this.#left = mixedLeft(this.#left, word);
    this.#right = mixedRight(this.#right, word);
    return this;
  }

  /** Any finite number: its 64 bits as a double would do, but whole numbers are what is mixed in here. */
  number(value: number): this {
    return this.word(value | 0).word(Math.floor(value / 2 ** 32) | 0);
  }

  bytes(bytes: Uint8Array): this {
    const whole = bytes.length & ~3;
    let [left, right] = [this.#left, this.#right];
    for (let at = 0; at < whole; at += 4) {
      const [one, two] = [bytes[at] as number, bytes[at + 1] as number];
      const word = one | (two << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
      left = mixedLeft(left, word);
      right = mixedRight(right, word);
    }
    [this.#left, this.#right] = [left, right];
    let rest = 0;
    for (let at = whole; at < bytes.length; at++) rest = (rest << 8) | (bytes[at] as number);
    return this.word(rest).word(bytes.length);
  }

  text(text: string): this {
    let [left, right] = [this.#left, this.#right];
    for (let at = 0; at < text.length; at++) {
      const word = text.charCodeAt(at);
      left = mixedLeft(left, word);
      right = mixedRight(right, word);
    }
    [this.#left, this.#right] = [left, right];
    return this.word(text.length);
  }

  /** Both halves of the hash so far; mixing may go on. */
  halves(): readonly [left: number, right: number] {
    return [avalanche(this.#left ^ rotated(this.#right, 7)), avalanche(this.#right + Math.imul(this.#left, 3))];
  }

  hex(): string {
    return this.halves()
      .map((half) => half.toString(16).padStart(8, "0"))
      .join("");
  }
}

function avalanche(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
