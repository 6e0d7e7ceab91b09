import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { runViews, type ViewsResult, viewTroubles } from "./views-scenario.js";

// A few seeds of those that `npm run test:views` runs by the thousand.

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const first = Number(process.env["SINTER_SEED"] ?? 1);
const seeds = Array.from({ length: 12 }, (_, index) => first + index);
const outcomes = new Map<number, Promise<ViewsResult>>();
const outcomeOf = (seed: number) => {
  const known = outcomes.get(seed) ?? runViews({ seed, hasher, settled });
  outcomes.set(seed, known);
  return known;
};

test.each(seeds)("seed %i: views go on where they were, and are what their events come to", async (seed) => {
  expect((await outcomeOf(seed)).problems).toEqual([]);
});

test("seeds are worth their time: much was on disk when views were opened, little was folded then, and all kinds of trouble came", async () => {
  const all = await Promise.all(seeds.map(outcomeOf));
  const sum = (of: (outcome: ViewsResult) => number) => all.reduce((total, outcome) => total + of(outcome), 0);
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(500);
  expect(sum(({ opened }) => opened)).toBeGreaterThan(100);
  expect(sum(({ resumed }) => resumed)).toBeGreaterThan(sum(({ folded }) => folded));
  expect(sum(({ folded }) => folded)).toBeGreaterThan(0);
  const met = viewTroubles.filter((trouble) => all.some(({ troubles }) => troubles.has(trouble)));
  expect(met.length).toBeGreaterThan(10);
});

test("one seed, one run", async () => {
  const [one, again] = [
    await runViews({ seed: 100, hasher, settled, trace: {} }),
    await runViews({ seed: 100, hasher, settled, trace: {} }),
  ];
  expect(one.hash).not.toBe("");
  expect(again.hash).toBe(one.hash);
  expect((await runViews({ seed: 101, hasher, settled, trace: {} })).hash).not.toBe(one.hash);
});
