// Chance by a seed, for histories and the operations in them. One seed draws the same everywhere and in every version: what a type
// of a user's own is known by (see behaviour.ts) rests on it.

/** What samples of operations are drawn from. */
export interface Draws {
  /** A whole number from 0, below `bound` (at most 2^32). */
  below(bound: number): number;
  /** From 0, below 1. */
  fraction(): number;
  pick<T>(list: readonly T[]): T;
}

const WORD = 2 ** 32;

export class SeededDraws implements Draws {
  #state: number;

  /** Draws of one seed and different numbers have nothing in common. */
  constructor(seed: number, number = 0) {
    this.#state = (mixed(Math.floor(seed / WORD)) + mixed(seed | 0) + Math.imul(mixed(number | 0), 3)) | 0;
    this.#state = mixed(this.#state ^ Math.floor(number / WORD));
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mixed(this.#state) >>> 0) / WORD;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)] as T;
  }
}

/** Draws the first of everything, which is mostly the plainest. */
export const leastDraws: Draws = {
  below: () => 0,
  fraction: () => 0,
  pick: <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[0] as T;
  },
};

function mixed(word: number): number {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
