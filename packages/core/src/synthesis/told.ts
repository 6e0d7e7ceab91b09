import type { Data } from "./data.js";
import { isObjectCandidate } from "./decide.js";
import { unstamped } from "./fragment.js";
import type { Rule } from "./rule.js";
import { type Candidate, compareCandidates, type Decision, type Outcome } from "./strategy.js";

// What was decided at a place, told to people and programs.

export interface ExplainedPlace {
  /** A JSON pointer. */
  readonly pointer: string;
  readonly strategy: string;
  /** `agreed`: nothing that was said is lost. `resolved`: something is, by the rule. `unresolved`: the rule could not say. `stopped`: nor
   * may anything be published. */
  readonly outcome: Outcome;
  /** What counts; missing, where nothing does. An object that is merged by its names is told of below them. */
  readonly value?: Data;
  readonly why: string;
  /** What is said: first what counts, of both the last first. */
  readonly candidates: readonly ToldCandidate[];
  /** Candidates that are not listed. */
  readonly more: number;
  readonly notes: readonly string[];
}

export interface ToldCandidate {
  /** Missing of an object that is merged by its names. */
  readonly value?: Data;
  readonly source: string;
  readonly id: string;
  readonly stamp?: number;
  readonly priority?: number;
  readonly counts: boolean;
}

export function explainedPlace(pointer: string, rule: Rule, decision: Decision, listedMost: number): ExplainedPlace {
  const { value, outcome, winners, losers, why, notes = [] } = decision;
  const counting = new Set(winners);
  const sorted = [...winners.toSorted(compareCandidates), ...losers.toSorted(compareCandidates)];
  return {
    pointer,
    strategy: strategyName(rule),
    outcome,
    ...(value === undefined || winners.some(isObjectCandidate) ? {} : { value }),
    why,
    candidates: sorted.slice(0, listedMost).map((candidate) => toldOf(candidate, counting)),
    more: Math.max(0, sorted.length - listedMost),
    notes,
  };
}

function toldOf(candidate: Candidate, counting: ReadonlySet<Candidate>): ToldCandidate {
  const { source, id, stamp, priority } = candidate.head;
  return {
    ...(isObjectCandidate(candidate) ? {} : { value: candidate.value }),
    source,
    id,
    ...(stamp === unstamped ? {} : { stamp }),
    ...(priority === 0 ? {} : { priority }),
    counts: counting.has(candidate),
  };
}

export function strategyName(rule: Rule): string {
  switch (rule.kind) {
    case "decide":
      return rule.strategy.name;
    case "by-key":
      return `by-key(${rule.key})`;
    default:
      return rule.kind;
  }
}
