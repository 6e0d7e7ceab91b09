import { sketchFoldsPerSymbolMax } from "../bytes/limits.js";
import type { Item, SketchSymbol } from "./messages.js";
import { type SketchSalt, SketchWalk } from "./sketch-walk.js";

// A set of items as symbols, each of them several items folded into one. Of two sets, what both have cancels out: as many
// symbols as a third more than the items that differ tell which those are, whatever the sets hold besides.

/** Symbols from `from` on, so many. */
export class Sketch {
  readonly salt: SketchSalt;
  readonly from: number;
  readonly length: number;
  readonly lanes: Uint32Array;
  readonly rows: Uint32Array;
  readonly checks: Uint32Array;
  readonly counts: Int32Array;
  readonly #walk: SketchWalk;

  constructor(salt: SketchSalt, from: number, length: number) {
    this.salt = salt;
    this.from = from;
    this.length = length;
    this.lanes = new Uint32Array(length);
    this.rows = new Uint32Array(length);
    this.checks = new Uint32Array(length);
    this.counts = new Int32Array(length);
    this.#walk = new SketchWalk(salt, from + length);
  }

  /** Once more of an item, or `by` -1 once less. */
  fold(lane: number, row: number, by: 1 | -1): void {
    const { from } = this;
    const walk = this.#walk;
    for (let left = walk.walk(lane, row) - 1; left >= 0; left--) {
      const at = (walk.places[left] as number) - from;
      if (at < 0) return;
      this.#foldAt(at, lane, row, walk.check, by);
    }
  }

  /** The symbols of another sketch go in, or come out. What it has before or behind these is passed over. */
  foldSketch(other: Sketch, by: 1 | -1): void {
    const end = Math.min(this.from + this.length, other.from + other.length);
    for (let place = Math.max(this.from, other.from); place < end; place++) {
      const there = place - other.from;
      const count = other.counts[there] as number;
      this.#foldAt(place - this.from, other.lanes[there] as number, other.rows[there] as number, other.checks[there] as number, by * count);
    }
  }

  foldSymbols(symbols: readonly SketchSymbol[]): void {
    symbols.forEach(({ lane, row, check, count }, at) => {
      if (at < this.length) this.#foldAt(at, lane, row, check, count);
    });
  }

  symbols(): SketchSymbol[] {
    return Array.from(this.counts, (count, at) => ({
      lane: this.lanes[at] as number,
      row: this.rows[at] as number,
      check: this.checks[at] as number,
      count,
    }));
  }

  /** No item is in it, or those that are cancel out. */
  isEmptyAt(at: number): boolean {
    return ((this.lanes[at] as number) | (this.rows[at] as number) | (this.checks[at] as number) | (this.counts[at] as number)) === 0;
  }

  /** Folds one item out of all symbols, as often as `count` says, and tells of each of them. */
  peel(item: Item, count: 1 | -1, touched: (at: number) => void): void {
    const walk = this.#walk;
    for (let left = walk.walk(item.lane, item.row) - 1; left >= 0; left--) {
      const at = walk.places[left] as number;
      this.#foldAt(at, item.lane, item.row, walk.check, -count);
      touched(at);
    }
  }

  /** Whether the symbol is one item and nothing else, as far as its check can say. */
  isPureAt(at: number): boolean {
    const count = this.counts[at] as number;
    if (count !== 1 && count !== -1) return false;
    this.#walk.begin(this.lanes[at] as number, this.rows[at] as number);
    return this.#walk.check === this.checks[at];
  }

  #foldAt(at: number, lane: number, row: number, check: number, by: number): void {
    (this.lanes[at] as number) ^= lane;
    (this.rows[at] as number) ^= row;
    (this.checks[at] as number) ^= check;
    (this.counts[at] as number) += by;
  }
}

export interface SketchDifference {
  /** Items with a count of 1: only in the sketch the other was taken from. */
  readonly plus: readonly Item[];
  readonly minus: readonly Item[];
  /** `some`: more symbols may tell, or no number of them, where somebody made them up. */
  readonly left: "none" | "some";
}

/**
 * The items of a sketch of a difference, whose symbols begin with the first; what it tells is taken out of it. A symbol gives one
 * item at most, and all of them together are walked a bounded number of steps.
 */
export function decodeSketch(sketch: Sketch): SketchDifference {
  const found = { plus: [] as Item[], minus: [] as Item[] };
  const known = new Set<string>();
  const open = Array.from({ length: sketch.length }, (_, at) => sketch.length - 1 - at);
  let folds = sketch.length * sketchFoldsPerSymbolMax;
  const touched = (at: number) => {
    folds--;
    if (Math.abs(sketch.counts[at] as number) === 1) open.push(at);
  };
  for (let at = open.pop(); at !== undefined && folds > 0; at = open.pop()) {
    if (!sketch.isPureAt(at)) continue;
    const item = { lane: sketch.lanes[at] as number, row: sketch.rows[at] as number };
    const count = sketch.counts[at] as 1 | -1;
    const name = `${item.lane} ${item.row}`;
    // Twice the same: there is no such set of items.
    if (known.has(name)) return { ...found, left: "some" };
    known.add(name);
    (count === 1 ? found.plus : found.minus).push(item);
    sketch.peel(item, count, touched);
  }
  for (let at = 0; at < sketch.length; at++) if (!sketch.isEmptyAt(at)) return { ...found, left: "some" };
  return { ...found, left: "none" };
}

/** So many symbols tell of so many items nineteen times in twenty, or oftener. */
export function symbolsFor(items: number): number {
  return Math.ceil(1.35 * items + 3 * Math.sqrt(items) + 3);
}

/**
 * About how many items the sketch of a difference holds, before any is taken out of it: the more, the farther the counts of its symbols lie from
 * what the items of one side less those of the other, which the first symbol counts, come to. Each is as likely in symbol i as any other.
 */
export function itemsIn({ counts }: Pick<Sketch, "counts">): number {
  const net = counts[0] ?? 0;
  let sum = 0;
  for (let at = 1; at < counts.length; at++) {
    const share = 1 / (1 + at / 2);
    sum += ((counts[at] as number) - net * share) ** 2 / (share * (1 - share));
  }
  return Math.max(Math.abs(net), Math.round(sum / Math.max(1, counts.length - 1)), 1);
}
