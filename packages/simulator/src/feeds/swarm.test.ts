import { expect, test } from "vitest";
import { SeededRandom } from "../seeded-random.js";
import { faultKinds } from "./fault-count.js";
import { drawSwarm } from "./swarm.js";

test("every kind of fault is drawn by some seed, and none that needs two peers for one alone", () => {
  const drawn = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const swarm = drawSwarm(new SeededRandom(seed));
    for (const kind of swarm.faults) drawn.add(kind);
    if (swarm.peers === 1) expect(swarm.faults.filter((kind) => kind === "cut link" || kind === "second copy")).toEqual([]);
  }
  expect(faultKinds.filter((kind) => !drawn.has(kind))).toEqual(["torn write", "flipped bit"]);
});
