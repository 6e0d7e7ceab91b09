import { lawPlansPerShrinkMax } from "../../bytes/limits.js";
import { SeededDraws } from "./draws.js";
import { drawHistory, type History, type Trial, UnreadableOperation } from "./history.js";
import { brokenLaw } from "./laws.js";
import { type Broken, LawBroken, reasonOf } from "./scene.js";
import { shrunk } from "./shrink.js";
import { counterexampleLines, sidesLines } from "./telling.js";
import { textOf } from "./text-of.js";

export interface LawRuns {
  readonly seed: number;
  readonly runs: number;
  /** The run to begin with: to repeat one. */
  readonly first?: number;
}

export type Verdict = { readonly kind: "lawful"; readonly runs: number } | Counterexample;

/** The least history found on which a type breaks a law. */
export interface Counterexample {
  readonly kind: "lawless";
  readonly law: string;
  /** Which run it was: `seed` and `run` repeat it. */
  readonly seed: number;
  readonly run: number;
  /** Who wrote what, in which knowledge, and what came of it. */
  readonly lines: readonly string[];
}

/** Puts a type through the laws: a small history a run, all of it from the seed. Ends at the first that breaks one. */
export function runLaws(trial: Trial, { seed, runs, first = 0 }: LawRuns): Verdict {
  for (let run = first; run < first + runs; run++) {
    const counterexample = runLaw(trial, seed, run);
    if (counterexample !== undefined) return counterexample;
  }
  return { kind: "lawful", runs };
}

function runLaw(trial: Trial, seed: number, run: number): Counterexample | undefined {
  let history: History;
  const draws = new SeededDraws(seed, run);
  try {
    history = drawHistory(trial, draws);
  } catch (error) {
    return { kind: "lawless", seed, run, ...unmade(error) };
  }
  const broken = lawBroken(trial, history, draws);
  if (broken === undefined) return undefined;
  const least = shrunk(trial, history, (smaller, rank = broken.rank) => brokenBySome(trial, smaller, rank)) ?? { history, broken };
  return { kind: "lawless", law: least.broken.law, seed, run, lines: counterexampleLines(least.history, least.broken) };
}

/** Why there is no history: a sample that throws, or that its own type cannot read. */
function unmade(error: unknown): Pick<Counterexample, "law" | "lines"> {
  if (error instanceof UnreadableOperation)
    return { law: "an operation that is written can be read", lines: [`${textOf(error.operation)}: ${error.message}`] };
  const { law, left, right } = brokenBy(error);
  return { law, lines: sidesLines(left, right) };
}

/** A throw is a law broken, too. */
function lawBroken(trial: Trial, history: History, draws: SeededDraws): Broken | undefined {
  try {
    return brokenLaw(trial, history, draws);
  } catch (error) {
    return brokenBy(error);
  }
}

function brokenBy(error: unknown): Broken {
  if (error instanceof LawBroken) return error;
  return {
    law: "nothing throws",
    left: { how: "folded and joined", came: reasonOf(error) },
    right: { how: "of any operations", came: "a state" },
  };
}

/** Whether the history breaks a law as plain, by some arrival, parts or withdrawal: those of the run are others once it is smaller. */
function brokenBySome(trial: Trial, history: History, rank = PLAINEST): Broken | undefined {
  for (let plan = 0; plan < lawPlansPerShrinkMax; plan++) {
    const broken = lawBroken(trial, history, new SeededDraws(plan));
    if (broken !== undefined && (broken.rank ?? PLAINEST) <= rank) return broken;
  }
  return undefined;
}

/** Of what is seen in the midst of a fold. */
const PLAINEST = -1;
