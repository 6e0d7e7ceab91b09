import { expect, test } from "vitest";
import { enumeratePowerCuts, workloads } from "./power-cuts.js";
import { hasher } from "./web-assembly.suite.js";

const seed = process.env["SINTER_SEED"] ?? "1";

test.each(workloads({ batch: 40 }))("the power may fail at every write and sync of: $name", (workload) => {
  const cuts = enumeratePowerCuts({ workload, hasher, seed, rounds: 2 });
  expect(cuts.problems, `seed ${seed}`).toEqual([]);
  expect(cuts.images).toBeGreaterThanOrEqual(2 * (cuts.writes + 2 * cuts.syncs));
  expect(cuts.distinct).toBeGreaterThan(cuts.syncs);
});
