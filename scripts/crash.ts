// Cuts the power at every write of scripted workloads, and opens what is left.
//   npm run test:crash -- --rounds 64 --seed 1
import { parseArgs } from "node:util";
import { enumeratePowerCuts, workloads } from "@sinter/simulator";
import { createNodeHasher } from "sinter";

const BATCH_EVENTS = 1_000;
const SHOWN = 5;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "8" }, seed: { type: "string", default: "1" }, only: { type: "string", default: "" } },
});
const rounds = Number(values.rounds);
const hasher = createNodeHasher();
console.log(`crash: ${rounds} random subsets of unsynced writes at every moment, seed ${values.seed}`);

let images = 0;
let failed = 0;
for (const workload of workloads({ batch: BATCH_EVENTS })) {
  if (!workload.name.includes(values.only)) continue;
  const began = performance.now();
  const cuts = enumeratePowerCuts({ workload, hasher, seed: values.seed, rounds });
  images += cuts.images;
  failed += cuts.failed;
  const tookS = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(
    `${workload.name}: ${cuts.writes} writes, ${cuts.syncs} syncs, ${cuts.images} images checked, ${cuts.distinct} of them distinct, ${tookS} s`,
  );
  for (const problem of cuts.problems.slice(0, SHOWN)) console.error(`  ${problem}`);
}
console.log(
  `${images} images checked, all they had acknowledged looked for; again: npm run test:crash -- --rounds ${rounds} --seed ${values.seed}`,
);
console.log(`${images - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
