import { unstamped } from "../fragment.js";
import { type Candidate, chosen, compareCandidates, type Decision, type Strategy } from "../strategy.js";

// Rules by which one of the values that are said counts, and the others do not.

const anything = () => undefined;

/** The later stamp, then the greatest canonical bytes: what holds where nothing else is asked for. */
export const lww: Strategy = {
  name: "lww",
  takesObjects: true,
  expects: anything,
  decide(candidates) {
    const [winner, ...others] = candidates as [Candidate, ...Candidate[]];
    const rival = others.find(({ text }) => text !== winner.text);
    return chosen(winner, candidates, rival?.head.stamp === winner.head.stamp ? GREATEST : "said last");
  },
};

/** The earliest stamp, then the greatest canonical bytes. */
export const first: Strategy = {
  name: "first",
  takesObjects: true,
  expects: anything,
  decide(candidates) {
    const earliest = (candidates.at(-1) as Candidate).head.stamp;
    // They come with the greatest bytes first.
    const earlier = candidates.filter(({ head }) => head.stamp === earliest);
    const winner = earlier[0] as Candidate;
    return chosen(winner, candidates, earlier.some(({ text }) => text !== winner.text) ? GREATEST : "said first");
  },
};

const GREATEST = "said at the same time as others, and the greatest by its canonical bytes";

/** Sources in order, the first before all others; those that are not named come last. Without an order, by the fragments' priority. */
export function priority(order?: readonly string[]): Strategy {
  const rank = ({ head }: Candidate): number => {
    if (order === undefined) return -head.priority;
    const at = order.indexOf(head.source);
    return at < 0 ? order.length : at;
  };
  return {
    name: order === undefined ? "priority" : `priority(${order.join(" > ")})`,
    takesObjects: true,
    expects: anything,
    decide(candidates) {
      const highest = candidates.reduce((least, candidate) => Math.min(least, rank(candidate)), Number.POSITIVE_INFINITY);
      const rivals = candidates.filter((candidate) => rank(candidate) === highest);
      const winner = rivals[0] as Candidate;
      const { decide } = lww;
      const among = rivals.some(({ text }) => text !== winner.text) ? `, and of those: ${decide(rivals).why}` : "";
      return chosen(winner, candidates, `of the highest priority${among}`);
    },
  };
}

/** What so many sources say, each at last; of several such, what most say, then the later, then the greatest. */
export function quorum(sources: number): Strategy {
  return {
    name: `quorum(${sources})`,
    takesObjects: true,
    expects: anything,
    decide(candidates) {
      const groups = groupsOf(saidLast(candidates));
      const most = groups.reduce((size, group) => Math.max(size, group.sources.size), 0);
      if (most < sources) return undecided(candidates, `no value is said by ${sources} sources, but by ${most} at most`);
      const winner = groups.find((group) => group.sources.size === most) as Group;
      return chosen(winner.best, candidates, `said by ${most} sources, of ${sources} that are asked for`);
    },
  };
}

/** What all who speak of it say, each at last. */
export const unanimous: Strategy = {
  name: "unanimous",
  takesObjects: true,
  expects: anything,
  decide(candidates) {
    const last = saidLast(candidates);
    const { length } = groupsOf(last);
    const why = "all sources say it, each at last";
    return length === 1
      ? chosen(last[0] as Candidate, candidates, why)
      : undecided(candidates, `${length} different values are said, and one is asked for`);
  },
};

/** As `unanimous`; where it cannot say, nothing is published. */
export const error: Strategy = {
  name: "error",
  takesObjects: true,
  expects: anything,
  decide(candidates) {
    const decision = unanimous.decide(candidates);
    return decision.outcome === "unresolved" ? { ...decision, outcome: "stopped" } : decision;
  },
};

/** All that sources say at once: of each source what it said last, each value once, in their canonical order. */
export const mv: Strategy = {
  name: "mv",
  forSchema: () => undefined,
  expects: anything,
  decide(candidates) {
    const winners = saidLast(candidates);
    const counting = new Set(winners);
    const groups = groupsOf(winners).sort((left, right) => -compareCandidates(atOnce(left), atOnce(right)));
    return {
      value: groups.map(({ best }) => best.value),
      outcome: "agreed",
      winners,
      losers: candidates.filter((candidate) => !counting.has(candidate)),
      why: groups.length === 1 ? "one value is said" : `${groups.length} values are said by sources that do not take each other's place`,
    };
  },
};

/** Of each source what it said last: with that it took back what it had said before. */
function saidLast(candidates: readonly Candidate[]): Candidate[] {
  const latest = new Map<string, number>();
  for (const { head } of candidates) latest.set(head.source, Math.max(head.stamp, latest.get(head.source) ?? unstamped));
  return candidates.filter(({ head }) => head.stamp === latest.get(head.source));
}

/** By their bytes alone. */
function atOnce({ best }: Group): Candidate {
  return { ...best, head: { ...best.head, stamp: unstamped } };
}

interface Group {
  /** The one that comes first. */
  readonly best: Candidate;
  readonly sources: Set<string>;
}

/** Those that say the same, in the order of their first. */
function groupsOf(candidates: readonly Candidate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.text);
    if (group === undefined) groups.set(candidate.text, { best: candidate, sources: new Set([candidate.head.source]) });
    else group.sources.add(candidate.head.source);
  }
  return [...groups.values()];
}

function undecided(candidates: readonly Candidate[], why: string): Decision {
  return { value: undefined, outcome: "unresolved", winners: [], losers: candidates, why };
}
