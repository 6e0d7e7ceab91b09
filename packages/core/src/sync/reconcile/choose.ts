import { sketchSymbolsMax } from "../../bytes/limits.js";
import { equalBytes } from "../../bytes/order.js";
import type { Digest, ReconcilerName } from "../messages.js";
import { symbolsFor } from "../sketch.js";
import { BucketsReconciler, bestBucketBits } from "./buckets.js";
import { DescentReconciler } from "./descent.js";
import { FrontierReconciler } from "./frontier.js";
import type { Reconciler, Sides } from "./reconciler.js";
import { SketchedReconciler } from "./sketched.js";

// Which reconciler finds the difference in the fewest bytes, as far as two digests tell how large it is.

export interface Compared {
  readonly mine: Digest;
  readonly theirs: Digest;
  /** Of sketches. */
  readonly salts: "agree" | "differ";
}

/** What a row, a symbol, an item and a child of a branch cost in a message, on the average. */
const ROW_BYTES = 110;
const SYMBOL_BYTES = 13;
const ITEM_BYTES = 8;
const CHILD_BYTES = 20;
/** Items taken to differ where nothing says how many do: four rows that changed. */
const FEW = 8;

export function chosen(compared: Compared): ReconcilerName {
  const costs: readonly (readonly [ReconcilerName, number])[] = [
    ["sketch", sketchCost(compared)],
    ["frontier", frontierCost(compared)],
    ["descent", descentCost(compared)],
    ["buckets", bucketsCost(compared)],
  ];
  return costs.reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}

/** Where one has failed. It is the last that never fails but for what the other side says. */
export function fallbackOf(failed: ReconcilerName, { mine, theirs }: Pick<Compared, "mine" | "theirs">): ReconcilerName | undefined {
  if (failed === "frontier") return undefined;
  if (failed !== "sketch") return "frontier";
  // Equal roots: what differs are second signatures, which are not in the trie.
  return equalBytes(mine.root, theirs.root) ? "buckets" : "descent";
}

/** `symbols`: to begin a sketch with, about as many as rows differ. */
export function reconcilerNamed(name: ReconcilerName, sides: Sides, symbols: number): Reconciler {
  switch (name) {
    case "frontier":
      return new FrontierReconciler(sides);
    case "descent":
      return new DescentReconciler(sides);
    case "buckets":
      return new BucketsReconciler(sides, bestBucketBits(sides.source.index.rowsIn(sides.source.view, sides.scope), symbols));
    case "sketch":
      return new SketchedReconciler(sides, Math.max(1, symbols));
  }
}

/**
 * Symbols that decode at once nineteen times in twenty, where the rows of one side are all there on the other, or nearly. The same on
 * both sides, so that the other sends them before it is asked.
 */
export function firstSymbols(mine: Digest, theirs: Digest): number {
  return Math.min(sketchSymbolsMax, symbolsFor(itemsExpected({ mine, theirs })));
}

/** At least as many as one side has more rows than the other. How many differed the last time says little: after the first session, which
 * brings everything, that would be a million. */
function itemsExpected({ mine, theirs }: Omit<Compared, "salts">): number {
  return Math.max(Math.abs(mine.rows - theirs.rows), FEW);
}

function sketchCost(compared: Compared): number {
  const items = itemsExpected(compared);
  if (compared.salts === "differ" || symbolsFor(items) > sketchSymbolsMax) return Number.POSITIVE_INFINITY;
  return symbolsFor(items) * SYMBOL_BYTES + items * ITEM_BYTES;
}

/** All rows but those that differ in any case. */
function frontierCost({ mine, theirs }: Compared): number {
  return Math.min(mine.rows, theirs.rows) * ROW_BYTES;
}

function bucketsCost(compared: Compared): number {
  const { mine, theirs } = compared;
  const items = itemsExpected(compared);
  const count = 2 ** bestBucketBits(mine.rows, items);
  return 8 * count + Math.min(count, items) * (theirs.rows / count) * ROW_BYTES;
}

/** Of each level the branches on the way to what differs. */
function descentCost(compared: Compared): number {
  const { mine, theirs } = compared;
  if (equalBytes(mine.root, theirs.root)) return Number.POSITIVE_INFINITY;
  const items = itemsExpected(compared);
  let cost = 0;
  for (let branches = 1; branches < Math.max(mine.rows, theirs.rows); branches *= 16) cost += Math.min(branches, items) * 16 * CHILD_BYTES;
  return cost;
}
