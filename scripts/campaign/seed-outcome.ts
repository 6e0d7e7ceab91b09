import type { FamilyName, FamilyRun, PlanLimits } from "@sinter/simulator";

// What is told of one seed.

export interface SeedOutcome {
  readonly seed: number;
  readonly family: FamilyName;
  /** Of a run that came to its end. */
  readonly run?: FamilyRun;
  /** Processor time; 0 where its process is gone. */
  readonly costMs: number;
  readonly problems: readonly string[];
}

export function repeatOf(family: FamilyName, seed: number, limits?: PlanLimits): string {
  const less = limits === undefined ? "" : ` --limits '${JSON.stringify(limits)}'`;
  return `npm run test:seeds -- --runs 1 --seed ${seed} --family ${family}${less}`;
}
