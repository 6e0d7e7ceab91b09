import { pnCounter } from "@sinter/core";
import { expect, test } from "vitest";
import { simulate } from "./simulator.js";

test("an application's peers agree over links that lose a third, in virtual time", async () => {
  const begun = performance.now();
  const world = await simulate({ seed: 3, peers: 3, topology: "line", weather: { loss: 0.3, jitterMs: 50 } });
  const votes = await world.settle(Promise.all([0, 1, 2].map((index) => world.peer(index).subject("team/votes", pnCounter()))));
  for (const each of votes) await world.settle(each.increment(1));
  await world.converged();
  await world.pass({ forMs: 60_000, until: () => votes.every(({ value }) => value === 3) });
  expect(votes.map(({ value }) => value)).toEqual([3, 3, 3]);
  await world.pass({ forMs: 3_600_000 });
  expect(world.now).toBeGreaterThan(100 * (performance.now() - begun));
  await world.close();
});
