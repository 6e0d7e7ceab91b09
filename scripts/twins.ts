// Runs stores that come of one another by seed: copies, clones, restored and rolled back ones, until all have met.
//   npm run test:twins -- --runs 20000 --seed 1
import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runTwins, type TwinsOptions, type TwinsResult, twinTroubles } from "@sinter/simulator";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier } from "sinter";

const KEPT = fileURLToPath(new URL("../runs/latest", import.meta.url));
/** Every so many seeds one is run twice, with traces that must be equal. */
const TWICE_EVERY = 50;
/** And one signs for real, so that nothing rests on what the stub lets through. */
const REAL_EVERY = 50;
const SHOWN = 5;

const { values } = parseArgs({ options: { runs: { type: "string", default: "200" }, seed: { type: "string", default: "1" } } });
const runs = Number(values.runs);
const first = Number(values.seed);
const hasher = createNodeHasher();
const ed25519 = { signerOf: (secret: Uint8Array) => new Ed25519Signer(secret), verifier: new Ed25519Verifier() };

function optionsOf(seed: number): TwinsOptions {
  const options: TwinsOptions = seed % TWICE_EVERY === 0 ? { seed, hasher, trace: {} } : { seed, hasher };
  return seed % REAL_EVERY === REAL_EVERY / 2 ? { ...options, crypto: ed25519 } : options;
}

function outcomeOf(options: TwinsOptions): TwinsResult | Error {
  try {
    return runTwins(options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The same run again, every line of it on disk. */
async function keepTrace(seed: number): Promise<string> {
  mkdirSync(KEPT, { recursive: true });
  const path = `${KEPT}/twins-${seed}.trace`;
  const file = createWriteStream(path);
  outcomeOf({ ...optionsOf(seed), trace: { sink: (line) => file.write(`${line}\n`) } });
  file.end();
  await once(file, "finish");
  return path;
}

function problemsOf(seed: number, outcome: TwinsResult | Error): readonly string[] {
  if (outcome instanceof Error) return [outcome.message];
  if (outcome.problems.length > 0 || seed % TWICE_EVERY !== 0) return outcome.problems;
  const again = outcomeOf(optionsOf(seed));
  const hash = again instanceof Error ? again.message : again.hash;
  return hash === outcome.hash ? [] : [`one seed, two traces: ${outcome.hash}, ${hash}`];
}

const began = performance.now();
const sums = { acknowledged: 0, forks: 0, forked: 0, longestProof: 0 };
const troubles = new Map(twinTroubles.map((trouble) => [trouble, 0]));
let failed = 0;
for (let seed = first; seed < first + runs; seed++) {
  const outcome = outcomeOf(optionsOf(seed));
  const problems = problemsOf(seed, outcome);
  if (!(outcome instanceof Error)) {
    sums.acknowledged += outcome.acknowledged;
    sums.forks += outcome.forks;
    sums.forked += outcome.forks > 0 ? 1 : 0;
    sums.longestProof = Math.max(sums.longestProof, outcome.longestProof);
    for (const [trouble, times] of outcome.troubles) troubles.set(trouble, (troubles.get(trouble) ?? 0) + times);
  }
  if (problems.length === 0) continue;
  failed++;
  console.error(`seed ${seed} failed; again: npm run test:twins -- --runs 1 --seed ${seed}\n  ${problems.slice(0, SHOWN).join("\n  ")}`);
  if (failed <= SHOWN) console.error(`  trace: ${await keepTrace(seed)}`);
}

const tookMs = performance.now() - began;
console.log(
  `seeds ${first} to ${first + runs - 1}: ${sums.acknowledged} events acknowledged, ${[...troubles].map(([what, times]) => `${what} ${times}`).join(", ")}`,
);
console.log(`forks: ${sums.forks} lanes frozen in ${sums.forked} seeds, the longest proof of ${sums.longestProof} bytes`);
console.log(`${((runs * 1_000) / tookMs).toFixed(1)} seeds a second`);
console.log(`${runs - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
