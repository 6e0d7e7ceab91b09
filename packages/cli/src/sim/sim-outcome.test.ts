import { expect, test } from "vitest";
import { isGood, outcomeLine } from "./sim-outcome.js";

const good = { seed: 7, converged: true, convergenceMs: 34.431, violations: [], traceHash: "", events: 3, faults: {} };

test("times are told to the microsecond, and a run that was called off as such", () => {
  expect([outcomeLine(good), isGood(good)]).toEqual(["seed 7: converged 0.034431 s after writes stopped, 3 writes, 0 violations", true]);
  const part = { ...good, calledOff: true } as const;
  expect([outcomeLine(part), isGood(part)]).toEqual([
    "seed 7: converged 0.034431 s after writes stopped, 3 writes, 0 violations, called off",
    false,
  ]);
});
