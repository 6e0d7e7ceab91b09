import type { Random } from "@sinter/core";
import type { SimTopology } from "./record.js";

// Who is linked to whom, and how that is said in a word.

/** As a command has it: `ring`, `line`, `star`, `mesh`, or `random:4`. */
export function topologyOf(text: string): SimTopology | undefined {
  if (text === "ring" || text === "line" || text === "star" || text === "mesh") return { kind: text };
  const links = /^random:([1-9][0-9]*)$/.exec(text)?.[1];
  return links === undefined ? undefined : { kind: "random", links: Number(links) };
}

export function topologyText(topology: SimTopology): string {
  return topology.kind === "random" ? `random:${topology.links}` : topology.kind;
}

/** Who is linked to whom, the lesser of the two first; everybody hears of everybody, if through others. */
export function linksOf(topology: SimTopology, peers: number, random: Random): readonly (readonly [one: number, other: number])[] {
  const pairs: (readonly [number, number])[] = [];
  switch (topology.kind) {
    case "mesh":
      for (let one = 0; one < peers; one++) for (let other = one + 1; other < peers; other++) pairs.push([one, other]);
      return pairs;
    case "star":
      for (let other = 1; other < peers; other++) pairs.push([0, other]);
      return pairs;
    case "random":
      return linksByChance(topology.links, peers, random);
    default:
      for (let other = 1; other < peers; other++) pairs.push([other - 1, other]);
      if (topology.kind === "ring" && peers > 2) pairs.push([0, peers - 1]);
      return pairs;
  }
}

/** How often two are drawn for each link, at most: in a small network there may be no two left that have none. */
const DRAWS_PER_LINK = 20;

function linksByChance(links: number, peers: number, random: Random): readonly (readonly [number, number])[] {
  const pairs = new Map<number, readonly [number, number]>();
  const link = (one: number, other: number): void => void pairs.set(one * peers + other, [one, other]);
  for (let other = 1; other < peers; other++) link(random.below(other), other);
  const wanted = Math.min(Math.round((peers * links) / 2), (peers * (peers - 1)) / 2);
  for (let draws = wanted * DRAWS_PER_LINK; draws > 0 && pairs.size < wanted; draws--) {
    const [one, other] = [random.below(peers), random.below(peers)];
    if (one !== other) link(Math.min(one, other), Math.max(one, other));
  }
  return [...pairs.values()];
}
