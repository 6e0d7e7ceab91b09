import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Hasher, Signer, Verifier } from "@sinter/core";
import type { PlanLimits, TraceOptions } from "@sinter/simulator";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier } from "sinter";
import { keepRun } from "./kept-run.js";

// What scripts that run a scenario by seed share: the seeds, which of them run twice or sign for real, and what is said and
// kept of those that fail.

const KEPT = fileURLToPath(new URL("../runs", import.meta.url));
const SHOWN = 5;
const limits = { type: "string" } as const;

export interface SeedOptions {
  readonly seed: number;
  readonly hasher: Hasher;
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions;
  /** Less of what the seed plans, for scenarios whose plans can be cut down. */
  readonly limits?: PlanLimits;
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
  /** Keeps a failing seed in a folder in some better way than as it is; answers what is to be said of that. */
  keep?(options: SeedOptions, folder: string, again: string): Promise<string>;
}

export interface SeedRuns {
  readonly first: number;
  readonly runs: number;
  readonly failed: number;
  readonly tookMs: number;
}

/** Runs the seeds that the command line names, on as many cores as it says: on all there are, where it says nothing. */
export async function runSeeds<Result extends SeedResult>(scenario: Scenario<Result>): Promise<SeedRuns> {
  if (process.send !== undefined) return await answerSeeds(scenario);
  const numbers = {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string" },
    limits,
  } as const;
  const { values } = parseArgs({ options: numbers });
  const [runs, first, jobs] = [Number(values.runs), Number(values.seed), Number(values.jobs ?? availableParallelism())];
  const began = performance.now();
  const seeds = Array.from({ length: runs }, (_, at) => first + at).values();
  let failed = 0;
  const heard = async ({ seed, result, problems }: SeedOutcome<Result>): Promise<void> => {
    if (result !== undefined) scenario.add(result);
    if (problems.length === 0) return;
    failed++;
    const again = `npm run ${scenario.script} -- --runs 1 --seed ${seed}`;
    console.error(`seed ${seed} failed; again: ${again}\n  ${problems.slice(0, SHOWN).join("\n  ")}`);
    if (failed <= SHOWN) console.error(`  ${await kept(scenario, seed, again)}`);
  };
  if (Math.min(jobs, runs) <= 1) for (const seed of seeds) await heard(await runSeed(scenario, seed));
  else await Promise.all(Array.from({ length: Math.min(jobs, runs) }, () => hireFor(seeds, heard)));
  return { first, runs, failed, tookMs: performance.now() - began };
}

interface SeedOutcome<Result> {
  readonly seed: number;
  /** Of a run that came to an end. */
  readonly result?: Result;
  readonly problems: readonly string[];
}

/** A process like this one, that runs a seed after the other until there are no more. */
async function hireFor<Result>(seeds: Iterator<number>, heard: (outcome: SeedOutcome<Result>) => Promise<void>): Promise<void> {
  const program = fileURLToPath(new URL("run.mjs", import.meta.url));
  const hired = fork(program, process.argv.slice(1), { serialization: "advanced" });
  for (let next = seeds.next(); next.done !== true; next = seeds.next()) {
    const seed = next.value;
    const outcome = await new Promise<SeedOutcome<Result>>((resolve) => {
      const gone = (code: number | null) => resolve({ seed, problems: [`the process that ran it is gone: ${code}`] });
      hired.once("exit", gone);
      hired.once("message", (message) => {
        hired.off("exit", gone);
        resolve(message as SeedOutcome<Result>);
      });
      if (hired.connected) hired.send(seed);
    });
    await heard(outcome);
    if (!hired.connected) return await hireFor(seeds, heard);
  }
  hired.disconnect();
}

/** The other side of it: ends with the process that asks. */
async function answerSeeds<Result extends SeedResult>(scenario: Scenario<Result>): Promise<never> {
  process.on("message", (seed: number) => {
    runSeed(scenario, seed).then((outcome) => process.send?.(outcome));
  });
  await once(process, "disconnect");
  process.exit(0);
}

async function runSeed<Result extends SeedResult>(scenario: Scenario<Result>, seed: number): Promise<SeedOutcome<Result>> {
  const outcome = await outcomeOf(scenario, optionsOf(scenario, seed));
  const problems = await problemsOf(scenario, seed, outcome);
  return { seed, problems, ...(!(outcome instanceof Error) && { result: outcome }) };
}

const hasher = createNodeHasher();
const ed25519 = { signerOf: (secret: Uint8Array) => new Ed25519Signer(secret), verifier: new Ed25519Verifier() };

function optionsOf({ every }: { readonly every: number }, seed: number): SeedOptions {
  const isReal = seed % every === every >> 1;
  const less = limitsGiven();
  return {
    ...{ seed, hasher },
    ...(seed % every === 0 && { trace: {} }),
    ...(isReal && { crypto: ed25519 }),
    ...(less !== undefined && { limits: less }),
  };
}

/** As a seed that was made smaller says it. */
function limitsGiven(): PlanLimits | undefined {
  const { values } = parseArgs({ options: { limits }, strict: false });
  return typeof values.limits === "string" ? (JSON.parse(values.limits) as PlanLimits) : undefined;
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

/** The same run again, or a smaller one that fails too, every line of it on disk. */
async function kept<Result extends SeedResult>(scenario: Scenario<Result>, seed: number, again: string): Promise<string> {
  const folder = `${KEPT}/${scenario.script.replace(":", "-")}-${seed}`;
  const options = optionsOf(scenario, seed);
  if (scenario.keep !== undefined && options.limits === undefined)
    return `${await scenario.keep(options, folder, again)}\n  kept in ${folder}`;
  const run = async (sink: (line: string) => void) => {
    const outcome = await outcomeOf(scenario, { ...options, trace: { sink } });
    return outcome instanceof Error ? [outcome.message] : outcome.problems;
  };
  await keepRun({ folder, again: [again], run });
  return `kept in ${folder}`;
}
