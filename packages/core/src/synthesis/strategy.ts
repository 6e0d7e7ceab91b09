import type { Data } from "./data.js";
import { compareTexts, textOfData } from "./data-text.js";
import type { FragmentHead } from "./fragment.js";

// How it is decided what counts at a place of the document. A strategy is a function of the set of what is said there: it is given all
// of it, in one order that follows from what is said and when, so nothing can depend on what came first. Names decide nothing, unless
// a strategy is about sources and they were named to it.

/** What one fragment says at a place. */
export interface Candidate {
  readonly head: FragmentHead;
  readonly value: Data;
  /** Canonical: equal values, equal texts. */
  readonly text: string;
}

/** `agreed`: nothing that was said is lost. `resolved`: something is, by the rule. `unresolved`: the rule cannot say. `stopped`: nor may
 * anything be published. */
export type Outcome = "agreed" | "resolved" | "unresolved" | "stopped";

export interface Decision {
  /** `undefined`: nothing is there. */
  readonly value: Data | undefined;
  readonly outcome: Outcome;
  /** Of the candidates. */
  readonly winners: readonly Candidate[];
  readonly losers: readonly Candidate[];
  /** In words. */
  readonly why: string;
  /** What else is to be told, such as elements that are kept out. */
  readonly notes?: readonly string[] | undefined;
}

export interface Strategy {
  /** As people write it: "quorum(2)". */
  readonly name: string;
  /** One thing that is said counts, whatever it is: an object that merges by its names is one, too. */
  readonly takesObjects?: true;
  /** What would be right, where a fragment says something it has no meaning for. */
  expects(value: Data): string | undefined;
  /** What of it a document could hold, where that is not what is said; `undefined`: nothing. It need not be as it is expected. */
  forSchema?(value: Data): Data | undefined;
  /** At least one, in the order of `compareCandidates`. */
  decide(candidates: readonly Candidate[]): Decision;
}

export function candidateOf(value: Data, head: FragmentHead): Candidate {
  return { head, value, text: textOfData(value) };
}

/** The later stamp first, then the greatest canonical bytes; of those who say the same, whoever's name comes first. */
export function compareCandidates(left: Candidate, right: Candidate): number {
  if (left.head.stamp !== right.head.stamp) return left.head.stamp > right.head.stamp ? -1 : 1;
  return (
    compareTexts(right.text, left.text) || compareTexts(left.head.source, right.head.source) || compareTexts(left.head.id, right.head.id)
  );
}

/** One value counts. */
export function chosen(winner: Candidate, candidates: readonly Candidate[], why: string): Decision {
  const losers = candidates.filter(({ text }) => text !== winner.text);
  const winners = candidates.filter(({ text }) => text === winner.text);
  if (losers.length === 0) return { value: winner.value, outcome: "agreed", winners, losers, why: "all that is said is the same" };
  return { value: winner.value, outcome: "resolved", winners, losers, why };
}
