// Runs stores that come of one another by seed: copies, clones, restored and rolled back ones, until all have met.
//   npm run test:twins -- --runs 20000 --seed 1
import { runTwins, twinTroubles } from "@sinter/simulator";
import { runSeeds } from "./seed-runs.js";

const sums = { acknowledged: 0, forks: 0, forked: 0, longestProof: 0 };
const troubles = new Map(twinTroubles.map((trouble) => [trouble, 0]));
const { first, runs, failed, tookMs } = await runSeeds({
  script: "test:twins",
  every: 50,
  run: runTwins,
  add: (result) => {
    sums.acknowledged += result.acknowledged;
    sums.forks += result.forks;
    sums.forked += result.forks > 0 ? 1 : 0;
    sums.longestProof = Math.max(sums.longestProof, result.longestProof);
    for (const [trouble, times] of result.troubles) troubles.set(trouble, (troubles.get(trouble) ?? 0) + times);
  },
});

const met = [...troubles].map(([trouble, times]) => `${trouble} ${times}`).join(", ");
console.log(`seeds ${first} to ${first + runs - 1}: ${sums.acknowledged} events acknowledged, ${met}`);
console.log(`forks: ${sums.forks} lanes frozen in ${sums.forked} seeds, the longest proof of ${sums.longestProof} bytes`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second`);
console.log(`${runs - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
