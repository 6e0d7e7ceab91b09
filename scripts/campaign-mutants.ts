import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { FamilyName } from "@sinter/simulator";
import { type CampaignMutant, campaignMutants } from "../mutants/campaign-mutants.js";
import { Worker } from "./campaign/pool.js";

// npm run test:campaign-mutants [-- NAME …] [--share K/N]: shows that the campaign finds faults. Each mutant is a fault made on
// purpose in memory; seeds of the family that it names are run, from FIRST_SEED on, until one fails. They all pass without it.
// No unit test takes part: what catches a mutant here is a checker of a scenario.

/** Of the seeds from here on many of twins have forks, which are rare. */
const FIRST_SEED = 97;
/** A seed that takes longer hangs: that is a catch, too. */
const PATIENCE_MS = 60_000;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { share: { type: "string", default: "1/1" } } });
const [share, shares] = values.share.split("/").map(Number) as [number, number];
const named = positionals.length === 0 ? campaignMutants : campaignMutants.filter(({ name }) => positionals.includes(name));
const chosen = named.filter((_, index) => index % shares === (share - 1) % shares);
if (chosen.length === 0) {
  console.error(`no mutant of that name; there are: ${campaignMutants.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

interface Outcome {
  readonly kind: "caught" | "SURVIVED" | "BROKEN";
  readonly seeds: number;
  readonly problem: string;
}

/** Seeds of one family, one after the other, until one fails. */
async function outcomeOf(family: FamilyName, budget: number, edit: string): Promise<Outcome> {
  const worker = await Worker.hire({ patienceMs: PATIENCE_MS, env: { SINTER_MUTANT_EDIT: edit } });
  if (worker === undefined) return { kind: "BROKEN", seeds: 0, problem: "no program begins with it" };
  try {
    for (let seeds = 1; seeds <= budget; seeds++) {
      const { problems } = await worker.run(family, FIRST_SEED + seeds - 1);
      if (problems.length > 0) return { kind: "caught", seeds, problem: shownOf(problems[0] as string) };
    }
    return { kind: "SURVIVED", seeds: budget, problem: "" };
  } finally {
    worker.dismiss();
  }
}

const SHOWN_LETTERS = 110;

function shownOf(problem: string): string {
  const [line = ""] = problem.split("\n");
  return line.length > SHOWN_LETTERS ? `${line.slice(0, SHOWN_LETTERS)}…` : line;
}

async function tryMutant({ name, what, file, find, replace, family, seeds: budget }: CampaignMutant): Promise<"caught" | "missed"> {
  const { kind, seeds, problem } = await outcomeOf(family, budget, JSON.stringify({ file, find, replace }));
  const told = kind === "caught" ? ` — ${problem}` : "";
  console.log(`${kind}: ${name} (${what}), ${seeds} of ${budget} seeds of ${family}${told}`);
  return kind === "caught" ? "caught" : "missed";
}

/** The longest budget of each family that takes part, with nothing wrong. */
async function tryClean(family: FamilyName): Promise<"caught" | "missed"> {
  const budget = Math.max(...chosen.filter((each) => each.family === family).map(({ seeds }) => seeds));
  const { kind, seeds, problem } = await outcomeOf(family, budget, "");
  const isClean = kind === "SURVIVED";
  console.log(`${isClean ? "ok" : "FAILED"}: without a mutant ${seeds} seeds of ${family} pass${isClean ? "" : ` not: ${problem}`}`);
  return isClean ? "caught" : "missed";
}

const began = performance.now();
const waiting = [
  ...[...new Set(chosen.map(({ family }) => family))].map((family) => () => tryClean(family)),
  ...chosen.map((mutant) => () => tryMutant(mutant)),
];
let missed = 0;
async function tryNext(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if ((await next()) === "missed") missed += 1;
}
await Promise.all(Array.from({ length: availableParallelism() }, tryNext));
console.log(`${chosen.length} mutants, ${missed} missed, ${((performance.now() - began) / 1_000).toFixed(0)} s`);
process.exitCode = missed === 0 ? 0 : 1;
