// Runs peers with live views by seed, whose disks fail and whose stores are copied and put back, and looks whether every view goes on
// where it was and is what its events come to.
//   npm run test:views -- --runs 2000 --seed 1
import { runViews, viewTroubles } from "@sinter/simulator";
import { runSeeds } from "./seed-runs.js";

const sums = { virtualMs: 0, boots: 0, acknowledged: 0, forks: 0, opened: 0, resumed: 0, folded: 0, anew: 0, settled: 0 };
const troubles = new Map(viewTroubles.map((trouble) => [trouble, 0]));
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const { first, runs, failed, tookMs } = await runSeeds({
  script: "test:views",
  every: 20,
  run: (options) => runViews({ ...options, settled }),
  add: (result) => {
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    for (const [trouble, times] of result.troubles) troubles.set(trouble, (troubles.get(trouble) ?? 0) + times);
  },
});

const met = [...troubles].map(([trouble, times]) => `${trouble} ${times}`).join(", ");
const { boots, acknowledged, settled: found, forks, opened, resumed, folded, anew } = sums;
console.log(`seeds ${first} to ${first + runs - 1}: ${boots} boots, ${acknowledged} events acknowledged, ${forks} lanes forked, ${met}`);
console.log(`${opened} views opened: ${resumed} events were on disk with them, ${folded} were folded then; ${anew} views were folded anew`);
console.log(`${found} writes of which nothing was known were found, or found not to be there`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second, ${(sums.virtualMs / tookMs).toFixed(0)} times real time`);
console.log(`${runs - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
