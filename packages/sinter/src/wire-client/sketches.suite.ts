import { Bytes, type Cursor, expectThat } from "./bytes.suite.js";
import { hash } from "./hashes.suite.js";

// "Digests" and "Sketches" of docs/wire.md.

export interface Item {
  readonly lane: number;
  readonly row: number;
}

export interface SketchSymbol {
  lane: number;
  row: number;
  check: number;
  count: number;
}

const word = (value: number): number => value >>> 0;

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  return word(mixed ^ (mixed >>> 16));
}

export function saltOf(network: Uint8Array, secret: string): readonly number[] {
  const bytes = Buffer.from(hash("sinter 1 sketch salt", network, Buffer.from(secret)));
  return [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at));
}

export const saltBytes = (salt: readonly number[]): Uint8Array => salt.reduce((bytes, each) => bytes.u32(each), new Bytes()).done();

const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** xoroshiro64** of Blackman and Vigna. */
function* drawn(low: number, high: number): Generator<number, never, undefined> {
  let [one, other] = (low | high) === 0 ? [1, 0] : [low, high];
  for (;;) {
    yield word(Math.imul(rotated(Math.imul(one, 0x9e3779bb), 5), 5));
    other ^= one;
    one = rotated(one, 26) ^ other ^ (other << 9);
    other = rotated(other, 13);
  }
}

export function symbolsOf(items: readonly Item[], salt: readonly number[], count: number): SketchSymbol[] {
  const symbols = Array.from({ length: count }, () => ({ lane: 0, row: 0, check: 0, count: 0 }));
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = salt;
  for (const { lane, row } of items) {
    const a = mix(lane ^ s0);
    const high = mix((row + a) ^ s1);
    const low = mix((a + high) ^ s2);
    const check = mix(mix(low ^ s3) + high);
    const draws = drawn(low, high);
    for (let at = 0; at < count; at += Math.ceil((at + 1.5) * (1 / Math.sqrt((draws.next().value + 0.5) / 2 ** 32) - 1))) {
      const symbol = symbols[at] as SketchSymbol;
      symbol.lane = word(symbol.lane ^ lane);
      symbol.row = word(symbol.row ^ row);
      symbol.check = word(symbol.check ^ check);
      symbol.count++;
    }
  }
  return symbols;
}

/** What a tell says of symbols, behind its kind. */
export function readSymbols(from: Cursor): SketchSymbol[] {
  const [first, rows, count] = [from.varint(), from.varint(), from.varint()];
  const symbols: SketchSymbol[] = [];
  while (symbols.length < count) {
    const group = Array.from({ length: Math.min(32, count - symbols.length) }, () => ({
      lane: from.u32(),
      row: from.u32(),
      check: from.u32(),
      count: 0,
    }));
    const width = from.u8();
    const text = [...from.take(Math.ceil((width * group.length) / 8))].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    group.forEach((symbol, at) => {
      const written = width === 0 ? 0 : Number.parseInt(text.slice(at * width, (at + 1) * width), 2);
      const index = first + symbols.length + at;
      const usual = index === 0 ? rows : Math.floor((8 * rows * (index + 1)) / (2 * index + 3) ** 2);
      symbol.count = usual + (written % 2 === 0 ? written / 2 : -(written + 1) / 2);
    });
    symbols.push(...group);
  }
  from.end();
  expectThat(first === 0, "symbols from the first on");
  return symbols;
}
