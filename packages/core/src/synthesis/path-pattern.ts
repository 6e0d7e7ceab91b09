import { pathPatternNamesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { namesOfPointer } from "./pointer.js";

// Which places of a document a strategy is for: a JSON pointer in which `*` stands for any one name, and `**` for any number of them.

export interface PathPattern {
  readonly text: string;
  readonly names: readonly string[];
}

const ONE = "*";
const ANY = "**";

export function pathPattern(text: string): PathPattern | Malformed {
  const names = namesOfPointer(text);
  if (names === undefined) return new Malformed(`${JSON.stringify(text)} is no path: write it like "/services/*/replicas"`);
  if (names.length > pathPatternNamesMax) return new Malformed(`a path of ${names.length} names; ${pathPatternNamesMax} are allowed`);
  return { text, names };
}

/** How far a pattern has matched: `at` of its names are behind. */
export interface Matching {
  readonly pattern: PathPattern;
  readonly at: number;
}

export function begin(patterns: readonly PathPattern[]): Matching[] {
  return patterns.flatMap((pattern) => reached({ pattern, at: 0 }));
}

/** One name further. */
export function advance(matchings: readonly Matching[], name: string): Matching[] {
  const further = matchings.flatMap(({ pattern, at }) => {
    const wanted = pattern.names[at];
    if (wanted === ANY) return reached({ pattern, at });
    return wanted === ONE || wanted === name ? reached({ pattern, at: at + 1 }) : [];
  });
  return further.filter(({ pattern, at }, index) => further.findIndex((each) => each.pattern === pattern && each.at === at) === index);
}

/** `**` may stand for nothing. */
function reached(matching: Matching): Matching[] {
  const { pattern, at } = matching;
  return pattern.names[at] === ANY ? [matching, ...reached({ pattern, at: at + 1 })] : [matching];
}

export function isMatched({ pattern, at }: Matching): boolean {
  return at === pattern.names.length;
}

/** The more special first, whatever order they are written in: from the left, a name before `*` before the end before `**`. */
export function comparePatterns(left: PathPattern, right: PathPattern): number {
  for (let at = 0; at <= left.names.length && at <= right.names.length; at++) {
    const difference = rank(left.names[at]) - rank(right.names[at]);
    if (difference !== 0) return difference;
  }
  return left.text < right.text ? -1 : left.text > right.text ? 1 : 0;
}

function rank(name: string | undefined): number {
  return name === ANY ? 3 : name === undefined ? 2 : name === ONE ? 1 : 0;
}
