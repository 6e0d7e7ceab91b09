import { expect, test } from "vitest";
import type { PlanLimits } from "../hosts/run-limits.js";
import { shrunk } from "./shrink.js";

const large = { peers: 7, rounds: 20, troubles: ["loss", "crash", "kill", "copy", "pause"], hostiles: ["flood"] };

/** Fails where there is at least that. */
const needing =
  (peers: number, rounds: number, troubles: readonly string[], hostiles = 0) =>
  async ({ peersMax = 99, roundsMax = 99, troubles: kept = [], hostilesMax = 0 }: PlanLimits) =>
    peersMax >= peers && roundsMax >= rounds && hostilesMax >= hostiles && troubles.every((each) => kept.includes(each));

test("what is left is what it takes to fail, and nothing else", async () => {
  expect((await shrunk(large, needing(3, 5, ["kill", "copy"]))).limits).toEqual({
    peersMax: 3,
    roundsMax: 5,
    troubles: ["kill", "copy"],
    hostilesMax: 0,
  });
  expect((await shrunk(large, needing(2, 0, [], 1))).limits).toEqual({ peersMax: 2, roundsMax: 0, troubles: [], hostilesMax: 1 });
});

test("what cannot be made smaller stays as it is", async () => {
  const { limits } = await shrunk(large, async () => false);
  expect(limits).toEqual({ peersMax: 7, roundsMax: 20, troubles: large.troubles, hostilesMax: 1 });
});

test("it fails whatever is left: so says the last run that was kept", async () => {
  const kept: PlanLimits[] = [];
  const fails = needing(4, 11, ["loss"]);
  const { limits } = await shrunk(large, async (tried) => {
    const failed = await fails(tried);
    if (failed) kept.push(tried);
    return failed;
  });
  expect(kept.at(-1)).toEqual(limits);
});

test("it tries no oftener than it may, and stops when it is told", async () => {
  let tries = 0;
  const count = async () => ++tries > 0;
  expect((await shrunk(large, count, { triesMax: 3 })).tries).toBe(3);
  expect(tries).toBe(3);
  expect((await shrunk(large, count, { isEnough: () => tries >= 5 })).tries).toBe(2);
});
