import { expect, test } from "vitest";
import { runLaws } from "./run-laws.js";
import { trials } from "./trials.suite.js";

// A share of what `npm run test:laws` does; the seed is that of the whole test run.

const seed = Number(process.env["SINTER_SEED"]);
const RUNS = 400;

test.each(trials.map((trial) => ({ name: trial.type.name, trial })))("$name holds the laws", ({ trial }) => {
  const verdict = runLaws(trial, { seed, runs: RUNS });
  expect(verdict, `seed ${seed}: ${JSON.stringify(verdict, undefined, 2)}`).toEqual({ kind: "lawful", runs: RUNS });
});
