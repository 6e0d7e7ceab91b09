import { convergenceSeconds, type SimRecord } from "@sinter/simulator";
import { countText } from "../terminal/render.js";

// What came of a run, for programs and for people.

const SECOND_DIGITS = 6;

export interface Outcome {
  readonly seed: number;
  readonly converged: boolean;
  readonly convergenceMs: number | null;
  readonly violations: readonly string[];
  readonly traceHash: string;
  /** Writes that were acknowledged. */
  readonly events: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Only where it was ended before its time. */
  readonly calledOff?: true;
}

export function outcomeOf(record: SimRecord): Outcome {
  const seconds = convergenceSeconds(record);
  return {
    seed: record.settings.seed,
    converged: seconds !== undefined,
    convergenceMs: seconds === undefined ? null : Math.round(seconds * 1_000_000) / 1_000,
    violations: record.violations,
    traceHash: record.traceHash,
    events: record.writes,
    faults: record.faults,
    ...(record.calledOff === "yes" && { calledOff: true }),
  };
}

/** A run that came to no end by itself. */
export function brokenOutcome(seed: number, error: Error): Outcome {
  return { seed, converged: false, convergenceMs: null, violations: [error.message], traceHash: "", events: 0, faults: {} };
}

export function isGood({ converged, violations, calledOff }: Outcome): boolean {
  return converged && violations.length === 0 && calledOff === undefined;
}

export function outcomeLine({ seed, convergenceMs, violations, events, calledOff }: Outcome): string {
  const met =
    convergenceMs === null
      ? "did not converge"
      : `converged ${Number((convergenceMs / 1_000).toFixed(SECOND_DIGITS))} s after writes stopped`;
  return `seed ${seed}: ${met}, ${countText(events, "write")}, ${countText(violations.length, "violation")}${calledOff ? ", called off" : ""}`;
}
