import { expect, test } from "vitest";
import { SeededRandom } from "../seeded-random.js";
import type { SimTopology } from "./record.js";
import { linksOf, topologyOf, topologyText } from "./topology.js";

const seed = Number(process.env["SINTER_SEED"] ?? 1);
console.log(`seed ${seed}`);

test("topologies are read as they are written", () => {
  for (const text of ["ring", "line", "star", "mesh", "random:4"]) expect(topologyText(topologyOf(text) as SimTopology)).toBe(text);
  for (const text of ["", "Ring", "random", "random:0", "random:-1", "random:1.5", "ring "]) expect(topologyOf(text)).toBeUndefined();
});

test("everybody hears of everybody, over no link twice", () => {
  const random = new SeededRandom(seed, "links");
  const topologies: readonly SimTopology[] = [
    ...(["ring", "line", "star", "mesh"] as const).map((kind) => ({ kind })),
    ...[1, 2, 4, 9].map((links) => ({ kind: "random" as const, links })),
  ];
  for (const topology of topologies)
    for (const peers of [1, 2, 3, 5, 40]) {
      const pairs = linksOf(topology, peers, random);
      const name = `${topologyText(topology)} of ${peers}, seed ${seed}`;
      expect(
        pairs.every(([one, other]) => one >= 0 && one < other && other < peers),
        name,
      ).toBe(true);
      expect(new Set(pairs.map(String)).size, name).toBe(pairs.length);
      expect(heardFrom(0, pairs).size, name).toBe(peers);
    }
});

test("each topology has the links it is named for", () => {
  const random = new SeededRandom(seed, "many");
  const many = (topology: SimTopology): number => linksOf(topology, 100, random).length;
  expect(many({ kind: "ring" })).toBe(100);
  expect(many({ kind: "line" })).toBe(99);
  expect(many({ kind: "star" })).toBe(99);
  expect(many({ kind: "mesh" })).toBe(4_950);
  expect(many({ kind: "random", links: 4 }), `seed ${seed}`).toBe(200);
  // No more than there are.
  expect(many({ kind: "random", links: 1_000 }), `seed ${seed}`).toBeGreaterThan(4_900);
});

function heardFrom(first: number, pairs: readonly (readonly [number, number])[]): ReadonlySet<number> {
  const heard = new Set([first]);
  for (const at of heard)
    for (const [one, other] of pairs) {
      if (one === at) heard.add(other);
      if (other === at) heard.add(one);
    }
  return heard;
}
