import type { Data } from "./data.js";
import { objectCandidate } from "./decide.js";
import { type FragmentHead, unstamped } from "./fragment.js";
import { type Candidate, candidateOf, compareCandidates, type Decision, type Strategy } from "./strategy.js";

// What is said at a place, for tests: one fragment a source, called by it.

type Saying = { readonly [name in keyof FragmentHead]?: FragmentHead[name] | undefined };

export function headOf({ source = "A", id = source, stamp = unstamped, priority = 0 }: Saying = {}): FragmentHead {
  return { id, source, stamp, priority };
}

export function said(value: Data, by: Saying = {}): Candidate {
  return candidateOf(value, headOf(by));
}

export function saidObject(by: Saying = {}): Candidate {
  return objectCandidate(headOf(by));
}

export function decided(strategy: Strategy, candidates: readonly Candidate[]): Decision {
  return strategy.decide(candidates.toSorted(compareCandidates));
}

/** What comes of it, whatever was said first; who counts and who does not, by their sources. */
export function outcomeOf(strategy: Strategy, ...candidates: readonly Candidate[]): object {
  const { value, outcome, winners, losers } = decided(strategy, candidates);
  const sources = (all: readonly Candidate[]) => all.map(({ head }) => head.source).join("");
  return { ...(value === undefined ? {} : { value }), outcome, winners: sources(winners), losers: sources(losers) };
}
