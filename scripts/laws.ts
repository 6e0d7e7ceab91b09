// Puts the merge types that are built in through the laws: a small history a run, all of it from the seed, held against its oracle.
//   npm run test:laws -- --runs 1000000 --seed 1 --type or-set
import { parseArgs } from "node:util";
import { runLaws } from "../packages/core/src/merge/laws/run-laws.js";
import { trials } from "../packages/core/src/merge/laws/trials.suite.js";

const STEP_RUNS = 10_000;
const SHOW_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    type: { type: "string" },
  },
});
const [runs, seed, begin] = [values.runs, values.seed, values.first].map(Number) as [number, number, number];
const named = values.type;
const chosen = named === undefined ? trials : trials.filter(({ type }) => type.name === named || type.name.startsWith(`${named}(`));
if (chosen.length === 0) {
  console.error(`no type ${named}; there are: ${trials.map(({ type }) => type.name).join(", ")}`);
  process.exit(2);
}

console.log(`seed ${seed}`);
let failed = 0;
for (const trial of chosen) {
  const { name } = trial.type;
  const began = performance.now();
  let shown = began;
  let told = "";
  for (let first = begin; first < begin + runs && told === ""; first += STEP_RUNS) {
    const verdict = runLaws(trial, { seed, first, runs: Math.min(STEP_RUNS, begin + runs - first) });
    if (verdict.kind === "lawless") {
      const { law, run, lines } = verdict;
      told = `${name} breaks the law: ${law}\n  ${lines.join("\n  ")}\n  again: npm run test:laws -- --type '${name}' --runs 1 --first ${run} --seed ${seed}`;
    }
    if (performance.now() - shown < SHOW_EVERY_MS) continue;
    shown = performance.now();
    console.log(`${name}: ${first + STEP_RUNS - begin} of ${runs} runs`);
  }
  const tookMs = performance.now() - began;
  if (told !== "") {
    failed++;
    console.error(told);
  } else console.log(`${name}: ${runs} runs in ${(tookMs / 1000).toFixed(1)} s, ${((tookMs * 1000) / runs).toFixed(0)} µs each`);
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
