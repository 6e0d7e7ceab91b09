import { convergenceSeconds, defaultSettings } from "@sinter/simulator";
import { expect, test } from "vitest";
import { runOnSockets } from "./socket-run.js";

test("five peers on real sockets, as they are by themselves, converge within a second of the last write", async () => {
  const record = await runOnSockets({ settings: { ...defaultSettings, seed: 2 }, basePort: 0 });
  expect(record.violations).toEqual([]);
  expect(convergenceSeconds(record)).toBeLessThanOrEqual(1);
});

test("ten peers in a storm converge, and nothing is lost", async () => {
  const weather = { loss: 0.1, duplication: 0.05, reordering: 0.1, delayMs: 0, jitterMs: 20 };
  const { violations, convergedMs } = await runOnSockets({ settings: { ...defaultSettings, peers: 10, weather, seed: 1 }, basePort: 0 });
  expect([violations, convergedMs === undefined]).toEqual([[], false]);
});
