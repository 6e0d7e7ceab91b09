import {
  type Family,
  type FamilyName,
  type FamilyOptions,
  type FamilyRun,
  families,
  type PlanLimits,
  type TraceOptions,
} from "@sinter/simulator";
import { createNodeHasher, Ed25519Signer, Ed25519Verifier } from "sinter";
import { promisesSettled } from "sinter/simulator";
import { keepRun } from "../kept-run.js";
import { keepSmaller } from "../smaller-run.js";
import { repeatOf, type SeedOutcome } from "./seed-outcome.js";

// One seed of the campaign: which of them sign for real, which run twice, and what is kept of one that failed.

/** One of so many signs for real, so that nothing rests on what the stub lets through. */
const SIGNED_EVERY = 20;
/** One of so many runs twice, and both traces must be the same. */
const TWICE_EVERY = 100;
const SHRINK_MS = 120_000;

const hasher = createNodeHasher();
const ed25519 = { signerOf: (secret: Uint8Array) => new Ed25519Signer(secret), verifier: new Ed25519Verifier() };
const settled = promisesSettled();

export async function runSeed(name: FamilyName, seed: number, limits?: PlanLimits): Promise<SeedOutcome> {
  const family = familyNamed(name);
  const isTwice = seed % TWICE_EVERY === 0;
  const once = optionsOf(seed, { trace: isTwice ? {} : undefined, limits });
  const before = process.cpuUsage();
  const run = await outcomeOf(family, once);
  const costMs = process.cpuUsage(before).user / 1_000;
  if (run instanceof Error) return { seed, family: name, costMs, problems: [run.stack ?? run.message] };
  const problems = isTwice && run.problems.length === 0 ? await sameAgain(family, once, run) : run.problems;
  return { seed, family: name, run, costMs, problems };
}

async function sameAgain(family: Family, options: FamilyOptions, { hash }: FamilyRun): Promise<readonly string[]> {
  const again = await outcomeOf(family, options);
  const other = again instanceof Error ? again.message : again.hash;
  return hash === other && hash !== "" ? [] : [`one seed, two traces: ${hash}, ${other}`];
}

/** The same run again, or a smaller one that fails too, with every line of it. */
export async function keepSeed({ seed, family }: SeedOutcome, folder: string, limits?: PlanLimits): Promise<void> {
  const again = repeatOf(family, seed, limits);
  const known = familyNamed(family);
  const size = known.sizeOf?.(seed);
  if (size !== undefined && limits === undefined) {
    await keepSmaller(known, size, optionsOf(seed, {}), { folder, again, withinMs: SHRINK_MS });
    return;
  }
  const run = async (sink: (line: string) => void): Promise<readonly string[]> => {
    const outcome = await outcomeOf(known, optionsOf(seed, { trace: { sink }, limits }));
    return outcome instanceof Error ? [outcome.stack ?? outcome.message] : outcome.problems;
  };
  await keepRun({ folder, again: [again], run });
}

interface HowRun {
  readonly trace?: TraceOptions | undefined;
  readonly limits?: PlanLimits | undefined;
}

function optionsOf(seed: number, { trace, limits }: HowRun): FamilyOptions {
  const isSigned = seed % SIGNED_EVERY === SIGNED_EVERY >> 1;
  return { seed, hasher, settled, ...(trace && { trace }), ...(limits && { limits }), ...(isSigned && { crypto: ed25519 }) };
}

function familyNamed(name: FamilyName): Family {
  return families.find((each) => each.name === name) as Family;
}

async function outcomeOf(family: Family, options: FamilyOptions): Promise<FamilyRun | Error> {
  try {
    return await family.run(options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
