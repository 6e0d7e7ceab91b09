// Runs all mounted cores by seed, with everything going wrong that a seed can think of, and looks whether every promise is kept.
//   npm run test:seeds -- --runs 1000 --seed 1
import { FaultCount, faultKinds, runFeeds } from "@sinter/simulator";
import { runSeeds } from "./seed-runs.js";

const faults = new FaultCount();
const sums = { virtualMs: 0, acknowledged: 0, boots: 0 };
const { first, runs, failed, tookMs } = await runSeeds({
  script: "test:seeds",
  every: 20,
  run: runFeeds,
  add: (result) => {
    faults.add(result.faults);
    sums.virtualMs += result.virtualMs;
    sums.acknowledged += result.acknowledged;
    sums.boots += result.boots;
  },
});

const unfired = runs === 1 ? [] : faults.unfired();
for (const kind of unfired) console.error(`planned ${faults.planned.get(kind)} times, and never came about: ${kind}`);
const hours = (sums.virtualMs / 3_600_000).toFixed(1);
console.log(`seeds ${first} to ${first + runs - 1}: ${hours} virtual hours, ${sums.boots} boots, ${sums.acknowledged} events acknowledged`);
console.log(`faults: ${faultKinds.map((kind) => `${kind} ${faults.fired.get(kind) ?? 0}`).join(", ")}`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second, ${(sums.virtualMs / tookMs).toFixed(0)} times real time`);
console.log(`${runs - failed} passed, ${failed + unfired.length} failed`);
process.exitCode = failed + unfired.length === 0 ? 0 : 1;
