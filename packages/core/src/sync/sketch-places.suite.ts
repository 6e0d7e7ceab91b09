import type { Item } from "./messages.js";

// Where an item of a sketch goes, by the definition, in numbers of any size. For tests only.

const WORD = 1n << 32n;

function mixed(value: bigint): bigint {
  let word = value % WORD;
  word = ((word ^ (word >> 16n)) * 0x7feb352dn) % WORD;
  word = ((word ^ (word >> 15n)) * 0x846ca68bn) % WORD;
  return word ^ (word >> 16n);
}

function turned(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (32n - bits))) % WORD;
}

/** The check of an item, and the symbols before `end` that hold it. */
export function placesOf(salt: readonly number[], { lane, row }: Item, end: number): { readonly check: number; readonly places: number[] } {
  const [first, second, third, fourth] = salt.map(BigInt) as [bigint, bigint, bigint, bigint];
  const mixedLane = mixed(BigInt(lane) ^ first);
  let high = mixed(((BigInt(row) + mixedLane) % WORD) ^ second);
  let low = mixed(((mixedLane + high) % WORD) ^ third);
  const check = Number(mixed(mixed(low ^ fourth) + high));
  if (low === 0n && high === 0n) low = 1n;
  const places: number[] = [];
  for (let at = 0; at < end; ) {
    places.push(at);
    const drawn = (turned((low * 0x9e3779bbn) % WORD, 5n) * 5n) % WORD;
    high ^= low;
    low = turned(low, 26n) ^ high ^ ((high << 9n) % WORD);
    high = turned(high, 13n);
    at += Math.ceil((at + 1.5) * (1 / Math.sqrt((Number(drawn) + 0.5) / 2 ** 32) - 1));
  }
  return { check, places };
}
