import type { FragmentHead } from "./fragment.js";
import type { Rule } from "./rule.js";
import { type Candidate, compareCandidates, type Decision, type Strategy } from "./strategy.js";

// What counts at one place, of all that is said there. Documents come of it, and explanations.

/** An object that merges by key, as one value among others: what it holds is decided below. By its bytes it is the greatest. */
export function objectCandidate(head: FragmentHead): Candidate {
  return { head, value: {}, text: AN_OBJECT };
}

const AN_OBJECT = "{";

export function isObjectCandidate({ text }: Candidate): boolean {
  return text === AN_OBJECT;
}

/** At least one candidate, in any order. Objects that merge by key come as `objectCandidate`s. */
export function decideAt(rule: Rule, candidates: readonly Candidate[]): Decision {
  const sorted = candidates.toSorted(compareCandidates);
  if (rule.kind === "by-key") return merged(sorted, `elements are told apart by ${JSON.stringify(rule.key)}, and merged`);
  if (rule.kind !== "decide" || sorted.every(isObjectCandidate)) return merged(sorted, BY_NAMES);
  const { strategy } = rule;
  return strategy.takesObjects || !sorted.some(isObjectCandidate) ? strategy.decide(sorted) : clash(strategy, sorted);
}

const BY_NAMES = "objects merge by their names";

function merged(winners: readonly Candidate[], why: string): Decision {
  return { value: undefined, outcome: "agreed", winners, losers: [], why };
}

/** Numbers that are counted and an object have nothing in common: what is said last counts, and all that is of its kind. */
function clash(strategy: Strategy, sorted: readonly Candidate[]): Decision {
  const isObject = isObjectCandidate(sorted[0] as Candidate);
  const alike = sorted.filter((candidate) => isObjectCandidate(candidate) === isObject);
  const others = sorted.filter((candidate) => isObjectCandidate(candidate) !== isObject);
  const decision = isObject ? merged(alike, BY_NAMES) : strategy.decide(alike);
  const why = `${decision.why}; ${isObject ? "what is no object" : "an object"} is said, too, and not later`;
  return { ...decision, outcome: "resolved", losers: [...decision.losers, ...others], why };
}
