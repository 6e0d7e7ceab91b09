// Runs peers that sync by seed, over links that lose, mix up and break, while stores crash and are copied and put back, and looks
// whether they come to hold the same once that is over, with nothing lost and nobody honest accused.
//   npm run test:sync -- --runs 2000 --seed 1 [--jobs 2]
// A seed that fails is made smaller, and kept under runs/ with how to run what is left of it.
import { hostileKinds, runSync, syncTroubles } from "@sinter/simulator";
import { runSeeds } from "./seed-runs.js";
import { keepSmallerSync } from "./smaller-sync.js";

const sums = { virtualMs: 0, peers: 0, boots: 0, acknowledged: 0, forks: 0, hungUp: 0 };
const troubles = new Map<string, number>(syncTroubles.map((trouble) => [trouble, 0]));
const hostiles = new Map<string, number>(hostileKinds.map((kind) => [kind, 0]));
const planned = new Map<string, number>();
/** Seeds that plan a kind of trouble and do not meet it by chance: so many do not. */
const ENOUGH = 10;
const SHRINK_MS = 120_000;
let slowest = 0;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const { first, runs, failed, tookMs } = await runSeeds({
  script: "test:sync",
  every: 20,
  run: (options) => runSync({ ...options, settled }),
  add: (result) => {
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    for (const [trouble, times] of result.troubles) troubles.set(trouble, (troubles.get(trouble) ?? 0) + times);
    for (const [kind, times] of result.hostiles) hostiles.set(kind, (hostiles.get(kind) ?? 0) + times);
    for (const kind of [...result.planned, ...result.hostiles.keys()]) planned.set(kind, (planned.get(kind) ?? 0) + 1);
    slowest = Math.max(slowest, result.healedMs / result.boundMs);
  },
  keep: async (options, folder, again) => await keepSmallerSync(options, { folder, again, withinMs: SHRINK_MS }),
});

const listed = (counts: ReadonlyMap<string, number>) => [...counts].map(([kind, times]) => `${kind} ${times}`).join(", ");
const fired = new Map([...troubles, ...hostiles]);
const unfired = [...planned].flatMap(([kind, times]) => (times >= ENOUGH && fired.get(kind) === 0 ? [kind] : []));
const hours = (sums.virtualMs / 3_600_000).toFixed(1);
console.log(`seeds ${first} to ${first + runs - 1}: ${sums.peers} peers, ${hours} virtual hours, ${sums.boots} boots`);
console.log(`${sums.acknowledged} events acknowledged, ${sums.forks} lanes forked`);
console.log(`faults: ${listed(troubles)}`);
console.log(`frames of those who mean no good: ${listed(hostiles)}; ${sums.hungUp} of their links closed`);
console.log(`agreed within ${(100 * slowest).toFixed(0)} % of the time there was, at the most`);
if (unfired.length > 0) console.error(`planned, and never came about: ${unfired.join(", ")}`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second, ${(sums.virtualMs / tookMs).toFixed(0)} times real time`);
console.log(`${runs - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && unfired.length === 0 ? 0 : 1;
