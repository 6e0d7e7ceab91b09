import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { settled } from "../hosts/settled.suite.js";
import { runViews, type ViewsResult, viewTroubles } from "./views-scenario.js";

// A few seeds of those that `npm run test:seeds -- --family views` runs by the thousand.

const first = Number(process.env["SINTER_SEED"] ?? 1);
const seeds = Array.from({ length: 5 }, (_, index) => first + index);
/** Seeds that come upon what few do: each of them found a fault, or is the first to show one that is made on purpose. */
const rare: readonly (readonly [seed: number, what: string])[] = [
  [12, "own writes are acknowledged while a view that was folded anew is on its way to the disk"],
  [26, "a disk is full when a view that was folded anew comes to it, and then the power fails"],
  [103_790, "cores begin anew while a view is opened: what it counts begins anew with them"],
  [1336, "an event comes where it first stood behind the one that was appended again, of which a view was folded"],
  [5223, "a view is asked for while it is closed, and writes of the reader before are refused"],
];
const outcomes = new Map<number, Promise<ViewsResult>>();
const outcomeOf = (seed: number) => {
  const known = outcomes.get(seed) ?? runViews({ seed, hasher, settled });
  outcomes.set(seed, known);
  return known;
};

test.each(seeds)("seed %i: views go on where they were, and are what their events come to", async (seed) => {
  expect((await outcomeOf(seed)).problems).toEqual([]);
});

test.each(rare)("seed %i: the same, where %s", async (seed) => {
  expect((await outcomeOf(seed)).problems).toEqual([]);
});

test("seeds are worth their time: much was on disk when views were opened, little was folded then, and all kinds of trouble came", async () => {
  // Of these seeds it is known: any others may come to less.
  const all = await Promise.all([1, 2, 3, 4, 5].map(outcomeOf));
  const sum = (of: (outcome: ViewsResult) => number) => all.reduce((total, outcome) => total + of(outcome), 0);
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(100);
  expect(sum(({ opened }) => opened)).toBeGreaterThan(50);
  expect(sum(({ resumed }) => resumed)).toBeGreaterThan(sum(({ folded }) => folded));
  expect(sum(({ folded }) => folded)).toBeGreaterThan(0);
  const met = viewTroubles.filter((trouble) => all.some(({ troubles }) => troubles.has(trouble)));
  expect(met.length).toBeGreaterThan(6);
});

test("one seed is one run, whether it is traced or not", async () => {
  const traced = { seed: first, hasher, settled, trace: {} };
  const [one, again, untraced] = [await runViews(traced), await runViews(traced), await outcomeOf(first)];
  expect(one.hash).not.toBe("");
  expect(again.hash).toBe(one.hash);
  expect([untraced.virtualMs, untraced.acknowledged, untraced.boots]).toEqual([one.virtualMs, one.acknowledged, one.boots]);
});
