import { sketchRowsMax, sketchSymbolsMax } from "../bytes/limits.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { readUpTo } from "./bounded.js";
import type { SketchSymbol } from "./messages.js";

// Symbols of a sketch: twelve bytes each, and their counts. About how many of all rows are in a symbol follows from its index; what a
// count differs by from that is random, and about as much in symbols that stand together. So differences go in groups, with as many bits each as
// the largest of the group takes: of a million rows 11 or so, where bytes would be two.

const GROUP = 32;
/** Of a difference: no count is further off than a sketch has rows, above or below. */
const WIDTH_BITS_MAX = Math.log2(sketchRowsMax) + 2;
const FROM = { what: "symbols before the first", max: sketchSymbolsMax };
const SYMBOLS = { what: "symbols", max: sketchSymbolsMax };
const ROWS = { what: "rows of a sketch", max: sketchRowsMax };

export interface SymbolRun {
  /** Index of the first. */
  readonly from: number;
  /** Of the sketch. */
  readonly rows: number;
  readonly symbols: readonly SketchSymbol[];
}

export function writeSymbols(writer: Writer, { from, rows, symbols }: SymbolRun): void {
  if (from > sketchSymbolsMax || symbols.length > sketchSymbolsMax || rows > sketchRowsMax)
    throw new RangeError(`${symbols.length} symbols from ${from} on, of ${rows} rows: that is beyond every sketch`);
  writer.varint(from).varint(rows).varint(symbols.length);
  for (let at = 0; at < symbols.length; at += GROUP) {
    const group = symbols.slice(at, at + GROUP);
    for (const { lane, row, check } of group) writer.u32(lane).u32(row).u32(check);
    writeGroup(
      writer,
      group.map(({ count }, index) => zigzag(count - expectedCount(rows, from + at + index))),
    );
  }
}

export function readSymbols(reader: Reader): SymbolRun {
  const from = readUpTo(reader, FROM);
  const rows = readUpTo(reader, ROWS);
  const count = readUpTo(reader, SYMBOLS);
  const symbols: SketchSymbol[] = [];
  while (symbols.length < count && !reader.failed) {
    const items = [];
    for (let left = Math.min(GROUP, count - symbols.length); left > 0 && !reader.failed; left--)
      items.push({ lane: reader.u32(), row: reader.u32(), check: reader.u32() });
    const differences = readGroup(reader, items.length);
    for (const [at, item] of items.entries())
      symbols.push({ ...item, count: expectedCount(rows, from + symbols.length) + unzigzag(differences[at] ?? 0) });
  }
  return { from, rows, symbols };
}

/** How many of so many rows are in a symbol, about: all in the first, and then as the walk of items goes (sketch-walk.ts). No
 * product is beyond 2^53, so what comes out is the same everywhere. */
function expectedCount(rows: number, index: number): number {
  return index === 0 ? rows : Math.floor((8 * rows * (index + 1)) / (2 * index + 3) ** 2);
}

function zigzag(difference: number): number {
  return difference < 0 ? -2 * difference - 1 : 2 * difference;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function bitsOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
}

/** Bits of each, and then the values, the most significant bit first, up to the end of a byte. */
function writeGroup(writer: Writer, values: readonly number[]): void {
  const width = bitsOf(Math.max(...values));
  if (width > WIDTH_BITS_MAX) throw new RangeError("a symbol whose count is beyond all rows there can be");
  writer.u8(width);
  let [held, bits] = [0, 0];
  for (const value of values) {
    held = held * 2 ** width + value;
    for (bits += width; bits >= 8; bits -= 8) {
      writer.u8(Math.floor(held / 2 ** (bits - 8)));
      held %= 2 ** (bits - 8);
    }
  }
  if (bits > 0) writer.u8(held * 2 ** (8 - bits));
}

function readGroup(reader: Reader, count: number): number[] {
  const width = reader.u8();
  if (width > WIDTH_BITS_MAX) reader.fail(`counts of ${width} bits`);
  const values: number[] = [];
  let [held, bits] = [0, 0];
  while (values.length < count && !reader.failed) {
    for (; bits < width; bits += 8) held = held * 256 + reader.u8();
    bits -= width;
    values.push(Math.floor(held / 2 ** bits));
    held %= 2 ** bits;
  }
  if (held !== 0) reader.fail("bits behind the last count");
  if (!reader.failed && bitsOf(Math.max(...values)) !== width) reader.fail("counts of more bits than they need");
  return values;
}
