import { expect, test } from "vitest";
import { sketchSymbolsMax } from "../../bytes/limits.js";
import { digestOf } from "../digest.js";
import { everything, RowStore } from "../held-rows.suite.js";
import type { Digest, ReconcilerName } from "../messages.js";
import { symbolsFor } from "../sketch.js";
import { answer } from "./answer.js";
import { type Compared, chosen, fallbackOf, firstSymbols, reconcilerNamed } from "./choose.js";
import { type Reconciled, reconcile } from "./reconciling.suite.js";

const digest = (rows: number, root = rows): Digest => ({ root: new Uint8Array(16).fill(root), sum: new Uint8Array(8), rows });
const compared = (mine: number, theirs: number, more: Partial<Compared> = {}): Compared => ({
  mine: digest(mine, 1),
  theirs: digest(theirs, 2),
  salts: "agree",
  ...more,
});

test("what costs least is chosen: sketches for a few of many, all rows where there are few or next to none on one side", () => {
  const cases: readonly (readonly [Compared, ReconcilerName])[] = [
    [compared(1_000_000, 1_000_010), "sketch"],
    [compared(1_000_000, 1_010_000), "sketch"],
    [compared(1_000, 1_000), "sketch"],
    [compared(1_000_000, 1_000_010, { salts: "differ" }), "descent"],
    [compared(1_000, 1_000, { salts: "differ", mine: digest(1_000, 2) }), "buckets"],
    [compared(0, 1_000_000), "frontier"],
    [compared(1_000_000, 0), "frontier"],
    [compared(2, 2), "frontier"],
    [compared(10, 1_000_000), "frontier"],
  ];
  for (const [each, name] of cases)
    expect([each.mine.rows, each.theirs.rows, chosen(each)]).toEqual([each.mine.rows, each.theirs.rows, name]);
  // More than a sketch can hold.
  expect(chosen(compared(1_000_000, 1_100_000))).not.toBe("sketch");
});

test("both sides come to the same number of symbols, which follows the difference in rows", () => {
  expect(firstSymbols(digest(1_000_000), digest(1_000_100))).toBe(symbolsFor(100));
  expect(firstSymbols(digest(1_000_100), digest(1_000_000))).toBe(symbolsFor(100));
  expect(firstSymbols(digest(5), digest(5))).toBe(symbolsFor(8));
  expect(firstSymbols(digest(0), digest(1_000_000))).toBe(sketchSymbolsMax);
});

test("what failed is followed by what does not fail for the same reason, and in the end by nothing", () => {
  const sides = { mine: digest(3, 1), theirs: digest(4, 2) };
  expect((["sketch", "descent", "buckets", "frontier"] as const).map((name) => fallbackOf(name, sides))).toEqual([
    "descent",
    "frontier",
    "frontier",
    undefined,
  ]);
  // Only second signatures differ: the trie does not have them.
  expect(fallbackOf("sketch", { mine: digest(3, 1), theirs: digest(3, 1) })).toBe("buckets");
});

test("each is the one that was named", () => {
  const sides = { source: new RowStore(), scope: everything };
  for (const name of ["frontier", "descent", "buckets", "sketch"] as const) expect(reconcilerNamed(name, sides, 0).name).toBe(name);
});

const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;

function storeOf(from: number, to: number): RowStore {
  const store = new RowStore();
  for (let at = from; at < to; at++) store.set({ path: `w/${at % 5}`, author: at & 0xff, epoch: at >> 8 }, state);
  return store.settle();
}

/** With the symbols that come along with the other's digest. */
function opened(mine: RowStore, theirs: RowStore): Reconciled & { readonly symbols: number } {
  const [one, other] = [digestOf(mine, everything), digestOf(theirs, everything)];
  const reconciler = reconcilerNamed("sketch", { source: mine, scope: everything }, firstSymbols(one, other));
  const symbols = firstSymbols(other, one);
  const tell = answer({ source: theirs, scope: everything }, { kind: "symbols", from: 0, count: symbols });
  const [ask] = reconciler.asks();
  reconciler.told(ask, tell);
  return { ...reconcile(reconciler, theirs, everything), symbols };
}

test("rows on one side only are found in two round trips, in as many bytes as is said", () => {
  const all = storeOf(0, 1_000);
  for (const [missing, kilobytes] of [
    [10, 0.6],
    [100, 5],
  ] as const) {
    const fewer = storeOf(missing, 1_000);
    const lacking = opened(fewer, all);
    expect([lacking.state, lacking.theirs.length, lacking.ours.length]).toEqual(["done", missing, 0]);
    expect(lacking.rounds).toBeLessThanOrEqual(1);
    const having = opened(all, fewer);
    expect([having.state, having.theirs.length, having.ours.length, having.rounds]).toEqual(["done", 0, missing, 0]);
    expect(lacking.symbols * 13 + missing * 8).toBeLessThan(kilobytes * 1_000);
  }
  expect(symbolsFor(10_000) * 13 + 10_000 * 8).toBeLessThan(400_000);
});

test("a difference that is larger than was thought takes more symbols, and is found", () => {
  const [mine, theirs] = [storeOf(0, 1_000), storeOf(500, 1_500)];
  const found = opened(mine, theirs);
  expect([found.state, found.theirs.length, found.ours.length]).toEqual(["done", 500, 500]);
  const asked = found.asks.flatMap((ask) => (ask.kind === "symbols" ? [ask.count] : []));
  expect(asked.length).toBeLessThanOrEqual(5);
  expect(asked.reduce((sum, count) => sum + count, found.symbols)).toBeLessThan(2 * symbolsFor(1_000));
});

test("sketches that no number of symbols decodes come to an end, and another way is to be found", () => {
  const mine = storeOf(0, 10);
  const reconciler = reconcilerNamed("sketch", { source: mine, scope: everything }, 20);
  let draws = 1;
  const word = () => (draws = (Math.imul(draws, 0x2545_f491) + 1) >>> 0);
  const found = reconcile(reconciler, mine, everything, {
    answered: (ask) => {
      const { from, count } = ask as { readonly from: number; readonly count: number };
      const nothing = { lane: 0, row: 0, check: 0, count: 0 };
      // Few, by how many are empty: so each time it seems that a few more would do.
      const symbols = Array.from({ length: count }, (_, at) =>
        at % 9 === 0 ? { lane: word(), row: word(), check: word(), count: 1 } : nothing,
      );
      return { kind: "symbols", from, rows: 10, symbols };
    },
  });
  expect([found.state, found.theirs, found.ours]).toEqual(["failed", [], []]);
  expect(found.rounds).toBeLessThanOrEqual(6);
});

test("more symbols than a sketch can have end it", () => {
  const reconciler = reconcilerNamed("sketch", { source: storeOf(0, 1), scope: everything }, 20);
  const symbols = new Array(sketchSymbolsMax + 1).fill({ lane: 0, row: 0, check: 0, count: 0 });
  reconciler.told(reconciler.asks()[0], { kind: "symbols", from: 0, rows: 1, symbols });
  expect(reconciler.state).toBe("failed");
});

test("going down both tries takes some log n rounds, wherever they differ", () => {
  const [mine, theirs] = [storeOf(0, 1_000), storeOf(60, 1_040)];
  const found = reconcile(reconcilerNamed("descent", { source: mine, scope: everything }, 0), theirs, everything);
  expect([found.state, found.theirs.length, found.ours.length]).toEqual(["done", 40, 60]);
  expect(found.rounds).toBeLessThanOrEqual(8);
});
