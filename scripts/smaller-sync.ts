// A seed of sync that fails, made smaller: with fewer peers, rounds and troubles, as long as it still fails.
import { type FamilyOptions, type PlanLimits, planOf, runSync, shrunk } from "@sinter/simulator";
import { keepRun } from "./kept-run.js";

export interface SmallerOptions {
  readonly folder: string;
  /** How the seed is run again; what is left of its plan is put behind it. */
  readonly again: string;
  /** Nothing smaller is looked for any more after so long. */
  readonly withinMs: number;
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Answers what is left of it, in words. */
export async function keepSmallerSync(options: FamilyOptions, { folder, again, withinMs }: SmallerOptions): Promise<string> {
  const { seed, hasher, crypto } = options;
  const begun = performance.now();
  const problemsOf = async (limits: PlanLimits, sink?: (line: string) => void): Promise<readonly string[]> => {
    try {
      const trace = sink === undefined ? {} : { trace: { sink } };
      return (await runSync({ seed, hasher, settled, limits, ...(crypto !== undefined && { crypto }), ...trace })).problems;
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };
  const plan = planOf({ seed });
  // What fails only now and then, or only with a trace that must be equal, has nothing smaller.
  const isSure = (await problemsOf({})).length > 0;
  const isEnough = () => !isSure || performance.now() - begun > withinMs;
  const { limits, tries } = await shrunk(plan, async (smaller) => (await problemsOf(smaller)).length > 0, { isEnough });
  const { peersMax, roundsMax, troubles, hostilesMax } = limits;
  const told = [
    `${peersMax} of ${plan.hosts.length} peers`,
    `${roundsMax} of ${plan.rounds} rounds`,
    `troubles: ${troubles.join(", ") || "none"}`,
    `hostile: ${
      plan.hostiles
        .slice(0, hostilesMax)
        .map(({ kind }) => kind)
        .join(", ") || "nobody"
    }`,
  ].join("; ");
  await keepRun({
    folder,
    again: [`${again} --limits '${JSON.stringify(limits)}'`, `the whole of it: ${again}`, `left of it after ${tries} tries: ${told}`],
    run: (sink) => problemsOf(limits, sink),
  });
  return told;
}
