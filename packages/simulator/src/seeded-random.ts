import type { Random } from "@sinter/core";
import { Mixer } from "./mixer.js";

const WORD = 2 ** 32;
/** Rounds that carry the seed into every bit of the state. */
const WARM_UP_ROUNDS = 12;

/** Random numbers by a seed. Streams are split by name: what one of them draws never shifts what another draws, so a
 * change to one part of a simulation leaves the luck of the others as it was. The generator is sfc32. */
export class SeededRandom implements Random {
  readonly seed: string;
  readonly name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string, name = "") {
    this.seed = String(seed);
    this.name = name;
    const mixer = new Mixer().text(this.seed).text(name);
    const [a, b] = mixer.halves();
    this.#a = a;
    this.#b = b;
    this.#c = mixer.word(1).halves()[0];
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.#word();
  }

  /** Depends on the seed and the names alone, not on what was drawn before. */
  stream(name: string): SeededRandom {
    return new SeededRandom(this.seed, `${this.name}/${name}`);
  }

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > WORD) throw new RangeError(`not a whole number from 1 to 2^32: ${bound}`);
    return Math.floor(this.fraction() * bound);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      const word = this.#word();
      for (let byte = 0; byte < 4 && at + byte < length; byte++) bytes[at + byte] = word >>> (8 * byte);
    }
    return bytes;
  }

  /** From 0, below 1. */
  fraction(): number {
    return this.#word() / WORD;
  }

  between(least: number, most: number): number {
    return least + this.fraction() * (most - least);
  }

  /** From one thing to the next that happens by itself, on average so long. */
  gapMs(meanMs: number): number {
    return -Math.log(1 - this.fraction()) * meanMs;
  }

  /** `yes` this often: never at 0, always at 1. */
  chance(rate: number): "yes" | "no" {
    return this.fraction() < rate ? "yes" : "no";
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)] as T;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const shuffled = [...list];
    for (let at = shuffled.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T];
    }
    return shuffled;
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
