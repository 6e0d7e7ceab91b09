// Runs all mounted cores by seed, with everything going wrong that a seed can think of, and looks whether every promise is kept.
//   npm run test:seeds -- --runs 1000 --seed 1

import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FaultCount, type FeedsOptions, type FeedsResult, faultKinds, runFeeds } from "@sinter/simulator";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier } from "sinter";

const KEPT = fileURLToPath(new URL("../runs/latest", import.meta.url));
/** Every so many seeds one is run twice, with traces that must be equal. */
const TWICE_EVERY = 20;
/** And one signs for real: the stub is twenty times as fast, and as good for all else. */
const REAL_EVERY = 20;
const SHOWN = 5;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const runs = Number(values.runs);
const first = Number(values.seed);
const hasher = createNodeHasher();
const verifier = new Ed25519Verifier();
const ed25519 = { signerOf: (secret: Uint8Array) => new Ed25519Signer(secret), verifier };

function optionsOf(seed: number): FeedsOptions {
  const options: FeedsOptions = seed % TWICE_EVERY === 0 ? { seed, hasher, trace: {} } : { seed, hasher };
  return seed % REAL_EVERY === REAL_EVERY / 2 ? { ...options, crypto: ed25519 } : options;
}

function outcomeOf(options: FeedsOptions): FeedsResult | Error {
  try {
    return runFeeds(options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The same run again, every line of it on disk. */
async function keepTrace(seed: number): Promise<string> {
  mkdirSync(KEPT, { recursive: true });
  const path = `${KEPT}/seed-${seed}.trace`;
  const file = createWriteStream(path);
  outcomeOf({ ...optionsOf(seed), trace: { sink: (line) => file.write(`${line}\n`) } });
  file.end();
  await once(file, "finish");
  return path;
}

function problemsOf(seed: number, outcome: FeedsResult | Error): readonly string[] {
  if (outcome instanceof Error) return [outcome.message];
  if (outcome.problems.length > 0 || seed % TWICE_EVERY !== 0) return outcome.problems;
  const again = outcomeOf(optionsOf(seed));
  const hash = again instanceof Error ? again.message : again.hash;
  return hash === outcome.hash ? [] : [`one seed, two traces: ${outcome.hash}, ${hash}`];
}

const began = performance.now();
const faults = new FaultCount();
let failed = 0;
let virtualMs = 0;
let acknowledged = 0;
let boots = 0;
for (let seed = first; seed < first + runs; seed++) {
  const outcome = outcomeOf(optionsOf(seed));
  const problems = problemsOf(seed, outcome);
  if (!(outcome instanceof Error)) {
    faults.add(outcome.faults);
    virtualMs += outcome.virtualMs;
    acknowledged += outcome.acknowledged;
    boots += outcome.boots;
  }
  if (problems.length === 0) continue;
  failed++;
  console.error(`seed ${seed} failed; again: npm run test:seeds -- --runs 1 --seed ${seed}\n  ${problems.slice(0, SHOWN).join("\n  ")}`);
  if (failed <= SHOWN) console.error(`  trace: ${await keepTrace(seed)}`);
}

const unfired = runs === 1 ? [] : faults.unfired();
for (const kind of unfired) console.error(`planned ${faults.planned.get(kind)} times, and never came about: ${kind}`);
const tookMs = performance.now() - began;
console.log(
  `seeds ${first} to ${first + runs - 1}: ${(virtualMs / 3_600_000).toFixed(1)} virtual hours, ${boots} boots, ${acknowledged} events acknowledged`,
);
console.log(`faults: ${faultKinds.map((kind) => `${kind} ${faults.fired.get(kind) ?? 0}`).join(", ")}`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second, ${(virtualMs / tookMs).toFixed(0)} times real time`);
console.log(`${runs - failed} passed, ${failed + unfired.length} failed`);
process.exitCode = failed + unfired.length === 0 ? 0 : 1;
