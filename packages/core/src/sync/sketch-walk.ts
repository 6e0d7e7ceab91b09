import { sketchSymbolsMax } from "../bytes/limits.js";

// Which symbols of a sketch an item is in. The first, then ever farther apart: symbol i holds it with a probability of 1/(1 + i/2).
// Integer mixing and the square root only: those come out the same wherever they run (the mapping of rateless invertible
// Bloom lookup tables, Yang et al., SIGCOMM 2024).

/** Sixteen bytes, as four numbers. Who does not know them cannot choose items that hide in one another's symbols. */
export type SketchSalt = readonly [number, number, number, number];

export function sketchSalt(bytes: Uint8Array): SketchSalt {
  if (bytes.length !== 16) throw new RangeError(`a salt has 16 bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

const STEP = 2 ** -32;

/** Every bit of 32 goes into every other; no two numbers come out the same. */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Which symbols hold an item, one item after the other: a million are walked at a time. */
export class SketchWalk {
  readonly #salt: SketchSalt;
  readonly #end: number;
  /** Of the item last walked: the symbols before the end that hold it, rising. */
  readonly places: Uint16Array;
  /** What a symbol's items are told by: 32 bits without a sign. */
  check = 0;
  // Where the item's numbers begin. With a sign: the engine keeps such numbers without a box.
  #low = 0;
  #high = 0;

  constructor(salt: SketchSalt, end: number) {
    if (end > sketchSymbolsMax) throw new RangeError(`${end} symbols of a sketch`);
    this.#salt = salt;
    this.#end = end;
    this.places = new Uint16Array(end);
  }

  /** Leaves the item's check in `check`. */
  begin(lane: number, row: number): void {
    const salt = this.#salt;
    const mixedLane = mix32(lane ^ salt[0]);
    this.#high = mix32((row + mixedLane) ^ salt[1]) | 0;
    this.#low = mix32((mixedLane + this.#high) ^ salt[2]) | 0;
    this.check = mix32(mix32(this.#low ^ salt[3]) + this.#high);
  }

  /** Leaves the places in `places`, beginning with symbol 0, and the check; answers how many there are. */
  walk(lane: number, row: number): number {
    this.begin(lane, row);
    const { places } = this;
    const end = this.#end;
    let low = this.#low;
    let high = this.#high;
    // The generator would stay at zeros for ever.
    if ((low | high) === 0) low = 1;
    let count = 0;
    for (let at = 0; at < end; ) {
      places[count++] = at;
      // xoroshiro64** of Blackman and Vigna.
      const product = Math.imul(low, 0x9e3779bb);
      const drawn = Math.imul((product << 5) | (product >>> 27), 5) >>> 0;
      high ^= low;
      low = ((low << 26) | (low >>> 6)) ^ high ^ (high << 9);
      high = (high << 13) | (high >>> 19);
      // In steps of 2^-32 and never 0 or 1: the walk goes on, and by how much is a number.
      at += Math.ceil((at + 1.5) * (1 / Math.sqrt((drawn + 0.5) * STEP) - 1));
    }
    return count;
  }
}
