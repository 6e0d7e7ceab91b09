import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Hasher, Signer, Verifier } from "@sinter/core";
import type { TraceOptions } from "@sinter/simulator";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier } from "sinter";

// What scripts that run a scenario by seed share: the seeds, which of them run twice or sign for real, and what is said and
// kept of those that fail.

const KEPT = fileURLToPath(new URL("../runs/latest", import.meta.url));
const SHOWN = 5;

export interface SeedOptions {
  readonly seed: number;
  readonly hasher: Hasher;
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions;
}

interface SeedResult {
  readonly problems: readonly string[];
  /** Of the trace, where there is one. */
  readonly hash: string;
}

export interface Scenario<Result extends SeedResult> {
  /** As it is run: `npm run` and this. */
  readonly script: string;
  /** One of so many runs twice, with traces that must be equal; and one signs for real, so that nothing rests on what the stub
   * lets through. */
  readonly every: number;
  run(options: SeedOptions): Result | Promise<Result>;
  /** Of each run that came to an end. */
  add(result: Result): void;
}

export interface SeedRuns {
  readonly first: number;
  readonly runs: number;
  readonly failed: number;
  readonly tookMs: number;
}

/** Runs the seeds that the command line names. */
export async function runSeeds<Result extends SeedResult>(scenario: Scenario<Result>): Promise<SeedRuns> {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "200" }, seed: { type: "string", default: "1" } } });
  const [runs, first] = [Number(values.runs), Number(values.seed)];
  const began = performance.now();
  let failed = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const outcome = await outcomeOf(scenario, optionsOf(scenario, seed));
    const problems = await problemsOf(scenario, seed, outcome);
    if (!(outcome instanceof Error)) scenario.add(outcome);
    if (problems.length === 0) continue;
    failed++;
    const again = `npm run ${scenario.script} -- --runs 1 --seed ${seed}`;
    console.error(`seed ${seed} failed; again: ${again}\n  ${problems.slice(0, SHOWN).join("\n  ")}`);
    if (failed <= SHOWN) console.error(`  trace: ${await keepTrace(scenario, seed)}`);
  }
  return { first, runs, failed, tookMs: performance.now() - began };
}

const hasher = createNodeHasher();
const ed25519 = { signerOf: (secret: Uint8Array) => new Ed25519Signer(secret), verifier: new Ed25519Verifier() };

function optionsOf({ every }: { readonly every: number }, seed: number): SeedOptions {
  const isReal = seed % every === every >> 1;
  return { seed, hasher, ...(seed % every === 0 && { trace: {} }), ...(isReal && { crypto: ed25519 }) };
}

async function outcomeOf<Result extends SeedResult>(scenario: Scenario<Result>, options: SeedOptions): Promise<Result | Error> {
  try {
    return await scenario.run(options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function problemsOf<Result extends SeedResult>(
  scenario: Scenario<Result>,
  seed: number,
  outcome: Result | Error,
): Promise<readonly string[]> {
  if (outcome instanceof Error) return [outcome.message];
  if (outcome.problems.length > 0 || seed % scenario.every !== 0) return outcome.problems;
  const again = await outcomeOf(scenario, optionsOf(scenario, seed));
  const hash = again instanceof Error ? again.message : again.hash;
  return hash === outcome.hash ? [] : [`one seed, two traces: ${outcome.hash}, ${hash}`];
}

/** The same run again, every line of it on disk. */
async function keepTrace<Result extends SeedResult>(scenario: Scenario<Result>, seed: number): Promise<string> {
  mkdirSync(KEPT, { recursive: true });
  const path = `${KEPT}/${scenario.script.replace(":", "-")}-${seed}.trace`;
  const file = createWriteStream(path);
  await outcomeOf(scenario, { ...optionsOf(scenario, seed), trace: { sink: (line) => file.write(`${line}\n`) } });
  file.end();
  await once(file, "finish");
  return path;
}
