import { frontierKeyBytes } from "../bytes/limits.js";

// Keys of the trie as digits of four bits, the high half of a byte first.

export function digitAt(key: Uint8Array, digit: number): number {
  const byte = key[digit >> 1] as number;
  return digit % 2 === 0 ? byte >> 4 : byte & 0x0f;
}

/** A few dozen bytes: a loop is faster than making a view to hand to `set`. */
export function copyBytes(from: Uint8Array, fromAt: number, length: number, to: Uint8Array, toAt: number): void {
  for (let at = 0; at < length; at++) to[toAt + at] = from[fromAt + at] as number;
}

/** Bytes that hold the digits of a key from byte `fromByte` up to its first `digits` digits. */
export function digitBytes(fromByte: number, digits: number): number {
  return ((digits + 1) >> 1) - fromByte;
}

const pathScratch = new Uint8Array(frontierKeyBytes + 1);

/**
 * What names a branch in the store: its digits, the digit 8, and a 0 where that leaves half a byte. Two branches never
 * share a name, and those under a prefix of whole bytes are exactly the names that begin with it and are longer. The
 * answer is overwritten by the next call.
 */
export function branchPath(key: Uint8Array, digits: number): Uint8Array {
  const whole = digits >> 1;
  copyBytes(key, 0, whole, pathScratch, 0);
  pathScratch[whole] = digits % 2 === 0 ? 0x80 : ((key[whole] as number) & 0xf0) | 0x08;
  return pathScratch.subarray(0, whole + 1);
}
