// A seed that fails, made smaller: with fewer peers, rounds and troubles, as long as it still fails.
import { type Family, type FamilyOptions, type PlanLimits, type PlanSize, shrunk } from "@sinter/simulator";
import { keepRun } from "./kept-run.js";

export interface SmallerOptions {
  readonly folder: string;
  /** How the seed is run again; what is left of its plan is put behind it. */
  readonly again: string;
  /** Nothing smaller is looked for any more after so long. */
  readonly withinMs: number;
}

/** Answers what is left of it, in words. */
export async function keepSmaller(
  family: Family,
  size: PlanSize,
  options: FamilyOptions,
  { folder, again, withinMs }: SmallerOptions,
): Promise<string> {
  const begun = performance.now();
  const problemsOf = async (limits: PlanLimits, sink?: (line: string) => void): Promise<readonly string[]> => {
    try {
      const trace = sink === undefined ? {} : { trace: { sink } };
      return (await family.run({ ...options, limits, ...trace })).problems;
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };
  // What fails only now and then, or only with a trace that must be equal, has nothing smaller.
  const isSure = (await problemsOf({})).length > 0;
  const isEnough = () => !isSure || performance.now() - begun > withinMs;
  const { limits, tries } = await shrunk(size, async (smaller) => (await problemsOf(smaller)).length > 0, { isEnough });
  const { peersMax, roundsMax, troubles, hostilesMax } = limits;
  const told = [
    `${peersMax} of ${size.peers} peers`,
    `${roundsMax} of ${size.rounds} rounds`,
    `troubles: ${troubles.join(", ") || "none"}`,
    `hostile: ${size.hostiles.slice(0, hostilesMax).join(", ") || "nobody"}`,
  ].join("; ");
  await keepRun({
    folder,
    again: [`${again} --limits '${JSON.stringify(limits)}'`, `the whole of it: ${again}`, `left of it after ${tries} tries: ${told}`],
    run: (sink) => problemsOf(limits, sink),
  });
  return told;
}
