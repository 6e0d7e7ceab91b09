import { expect } from "vitest";
import type { Random } from "./protocol.js";

// What every Random must do. The bounds are wide enough for a fair source to miss them once in far more than 10^9 runs.

export interface RandomCase {
  readonly name: string;
  run(make: () => Random): void;
}

const below: RandomCase = {
  name: "below answers whole numbers from 0 below the bound, each about as often",
  run: (make) => {
    const random = make();
    for (const bound of [1, 2, 3, 10, 256]) {
      const seen = new Array<number>(bound).fill(0);
      const perValue = 1_000;
      const wrong: number[] = [];
      for (let round = 0; round < bound * perValue; round++) {
        const number = random.below(bound);
        if (Number.isInteger(number) && number >= 0 && number < bound) seen[number] += 1;
        else wrong.push(number);
      }
      expect(wrong).toEqual([]);
      expect(Math.min(...seen)).toBeGreaterThan(perValue * 0.75);
      expect(Math.max(...seen)).toBeLessThan(perValue * 1.25);
    }
  },
};

const wholeWord: RandomCase = {
  name: "below reaches the whole of 2^32",
  run: (make) => {
    const random = make();
    let high = 0;
    const wrong: number[] = [];
    for (let round = 0; round < 1_000; round++) {
      const number = random.below(2 ** 32);
      if (!(Number.isInteger(number) && number >= 0 && number < 2 ** 32)) wrong.push(number);
      if (number >= 2 ** 31) high += 1;
    }
    expect(wrong).toEqual([]);
    expect(high).toBeGreaterThan(300);
    expect(high).toBeLessThan(700);
  },
};

const bytes: RandomCase = {
  name: "bytes are as many as asked for, fresh each time, every value among them",
  run: (make) => {
    const random = make();
    for (const length of [0, 1, 7, 16, 33]) expect(random.bytes(length).length).toBe(length);
    expect([...random.bytes(16)]).not.toEqual([...random.bytes(16)]);
    expect(new Set(random.bytes(16_384)).size).toBe(256);
  },
};

const outOfBounds: RandomCase = {
  name: "a bound that is none is refused",
  run: (make) => {
    const random = make();
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.below(bound)).toThrow(RangeError);
  },
};

export const randomCases: readonly RandomCase[] = [below, wholeWord, bytes, outOfBounds];
