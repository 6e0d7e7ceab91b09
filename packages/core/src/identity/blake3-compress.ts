import { chains4At, words4At } from "./blake3-layout.js";
import {
  type Code,
  get,
  int32,
  type Local,
  load,
  operate,
  picks,
  set,
  shuffle,
  store128,
  tee,
  type WasmFunction,
  type WasmModule,
  words4,
} from "./wasm-assembler.js";

// BLAKE3's compression function, twice: for one block, with the state's four rows as four vectors; and for four blocks
// of four unrelated hashes at once, with each of the state's sixteen words as a vector of four.

export const iv = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19] as const;

const ROUNDS = 7;
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;

/** Which message word each place of each round takes. */
const SCHEDULE: readonly (readonly number[])[] = (() => {
  const rounds = [Array.from({ length: 16 }, (_, place) => place)];
  for (let round = 1; round < ROUNDS; round++) {
    const before = rounds[round - 1] as number[];
    rounds.push(PERMUTATION.map((from) => before[from] as number));
  }
  return rounds;
})();

// Bytes of two vectors of four words, picked so that words interleave or move.
export const lowWords = pickWords(0, 4, 1, 5);
export const highWords = pickWords(2, 6, 3, 7);
export const lowPairs = pickWords(0, 1, 4, 5);
export const highPairs = pickWords(2, 3, 6, 7);

function pickWords(...words: readonly number[]): Code {
  return picks(...words.flatMap((word) => [word * 4, word * 4 + 1, word * 4 + 2, word * 4 + 3]));
}

// Rotations by whole bytes, as indices of a swizzle.
const ROTATED_16 = words4(0x01000302, 0x05040706, 0x09080b0a, 0x0d0c0f0e);
const ROTATED_8 = words4(0x00030201, 0x04070605, 0x080b0a09, 0x0c0f0e0d);

const add = (left: Code, right: Code) => operate("i32x4.add", left, right);
const xor = (left: Code, right: Code) => operate("v128.xor", left, right);

/** BLAKE3's G, on four words of each kind at once: a function from the code of its two message operands. */
function quarterOf(scratch: Scratch, a: Local, b: Local, c: Local, d: Local): (x: Code, y: Code) => Code {
  const mixed = (target: Local, other: Local) => xor(get(target), get(other));
  const byBytes = (target: Local, other: Local, indices: Local) =>
    set(target, operate("i8x16.swizzle", mixed(target, other), get(indices)));
  const byBits = (target: Local, other: Local, bits: number) => {
    const right = operate("i32x4.shr_u", tee(scratch.spare, mixed(target, other)), int32(bits));
    return set(target, operate("v128.or", right, operate("i32x4.shl", get(scratch.spare), int32(32 - bits))));
  };
  const addB = set(a, add("", get(b)));
  const addD = set(c, add(get(c), get(d)));
  const first = addB + byBytes(d, a, scratch.by16) + addD + byBits(b, c, 12);
  const second = addB + byBytes(d, a, scratch.by8) + addD + byBits(b, c, 7);
  return (x, y) => `${add(get(a), x)}${first}${add(get(a), y)}${second}`;
}

interface Scratch {
  readonly spare: Local;
  /** Held in locals, because an engine makes a constant afresh wherever it stands. */
  readonly by16: Local;
  readonly by8: Local;
}

function scratchOf(made: WasmFunction): Scratch {
  const scratch = { spare: made.local("v128"), by16: made.local("v128"), by8: made.local("v128") };
  made.emit(set(scratch.by16, ROTATED_16), set(scratch.by8, ROTATED_8));
  return scratch;
}

/** Parameters: address of the chaining value, of the block, of the result, and the last row of the state: counter (low,
 * high), length, flags. */
export function compressFunction(module: WasmModule): WasmFunction {
  const made = module.function("i32", "i32", "i32", "v128");
  const [chain, block, out, d] = [0, 1, 2, 3].map((position) => made.parameter(position)) as [Local, Local, Local, Local];
  const [a, b, c] = [made.local("v128"), made.local("v128"), made.local("v128")];
  const words = Array.from({ length: 16 }, (_, index) => load("v128.load32_zero", get(block), index * 4));
  const gather = (places: readonly number[], schedule: readonly number[]) => {
    const [p, q, r, s] = places.map((place) => words[schedule[place] as number]) as [Code, Code, Code, Code];
    return shuffle(shuffle(p, q, lowWords), shuffle(r, s, lowWords), lowPairs);
  };
  const rotateWords = (row: Local, ...moved: readonly number[]) => set(row, shuffle(get(row), get(row), pickWords(...moved)));
  const mix = quarterOf(scratchOf(made), a, b, c, d);
  // The diagonals are brought under each other by moving every row but b, on which the next step waits longest.
  const toDiagonals = rotateWords(a, 3, 0, 1, 2) + rotateWords(c, 1, 2, 3, 0) + rotateWords(d, 2, 3, 0, 1);
  const toColumns = rotateWords(a, 1, 2, 3, 0) + rotateWords(c, 3, 0, 1, 2) + rotateWords(d, 2, 3, 0, 1);
  made.emit(set(a, load("v128.load", get(chain))), set(b, load("v128.load", get(chain), 16)), set(c, words4(iv[0], iv[1], iv[2], iv[3])));
  for (const schedule of SCHEDULE) {
    made.emit(mix(gather([0, 2, 4, 6], schedule), gather([1, 3, 5, 7], schedule)), toDiagonals);
    made.emit(mix(gather([14, 8, 10, 12], schedule), gather([15, 9, 11, 13], schedule)), toColumns);
  }
  made.emit(store128(get(out), xor(get(a), get(c))), store128(get(out), xor(get(b), get(d)), 16));
  return made;
}

/** Parameters, each a vector of one word a hash: counter, length, flags, and all ones where the chaining value is to
 * advance. Takes and leaves the chaining values in `chains4At`; the message lies in `words4At`. */
export function compress4Function(module: WasmModule): WasmFunction {
  const made = module.function("v128", "v128", "v128", "v128");
  const [counters, lengths, flags, active] = [0, 1, 2, 3].map((position) => made.parameter(position)) as [Local, Local, Local, Local];
  const state = Array.from({ length: 13 }, () => made.local("v128"));
  const scratch = scratchOf(made);
  const v = [...state.slice(0, 12), counters, state[12], lengths, flags] as Local[];
  const chainWord = (index: number) => load("v128.load", int32(chains4At), index * 16);
  const words = Array.from({ length: 16 }, (_, index) => load("v128.load", int32(words4At), index * 16));
  const quarters = Array.from({ length: 8 }, (_, column) => {
    // The first four are the columns, the other four the diagonals.
    const turn = column < 4 ? 0 : 1;
    const place = (row: number) => v[row * 4 + ((column + row * turn) & 3)] as Local;
    return quarterOf(scratch, place(0), place(1), place(2), place(3));
  });
  for (let index = 0; index < 8; index++) made.emit(set(v[index] as Local, chainWord(index)));
  for (let index = 0; index < 4; index++) {
    const word = iv[index] as number;
    made.emit(set(v[8 + index] as Local, words4(word, word, word, word)));
  }
  for (const schedule of SCHEDULE) {
    const word = (place: number) => words[schedule[place] as number] as Code;
    for (const [column, mix] of quarters.entries()) made.emit(mix(word(column * 2), word(column * 2 + 1)));
  }
  for (let index = 0; index < 8; index++) {
    const advanced = xor(get(v[index] as Local), get(v[index + 8] as Local));
    made.emit(store128(int32(chains4At), operate("v128.bitselect", advanced, chainWord(index), get(active)), index * 16));
  }
  return made;
}
