import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { runTwins, type TwinsResult } from "./twins-scenario.js";

// A few seeds of those that `npm run test:twins` runs by the thousand.

const first = Number(process.env["SINTER_SEED"] ?? 1);
const seeds = Array.from({ length: 24 }, (_, index) => first + index);
const outcomes = new Map<number, TwinsResult>();
const outcomeOf = (seed: number) => {
  const known = outcomes.get(seed) ?? runTwins({ seed, hasher });
  outcomes.set(seed, known);
  return known;
};

test.each(seeds)("seed %i: all that met hold the same, and nothing that was promised is lost", (seed) => {
  expect(outcomeOf(seed).problems).toEqual([]);
});

test("these seeds are worth their time: stores were copied, cloned and put back, and forks were proven", () => {
  const all = seeds.map(outcomeOf);
  const sum = (of: (outcome: TwinsResult) => number) => all.reduce((total, outcome) => total + of(outcome), 0);
  for (const trouble of ["copy", "clone", "restore", "rollback", "crash"] as const)
    expect(
      sum(({ troubles }) => troubles.get(trouble) ?? 0),
      trouble,
    ).toBeGreaterThan(0);
  expect(sum(({ forks }) => forks)).toBeGreaterThan(0);
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(1_000);
});

test("one seed, one run", () => {
  const [one, again] = [0, 1].map(() => runTwins({ seed: 100, hasher, trace: {} }));
  expect(one?.hash).toBe(again?.hash);
  expect(one?.hash).not.toBe(runTwins({ seed: 101, hasher, trace: {} }).hash);
});
