import { buildWallMs } from "@sinter/core";
import { expect, test } from "vitest";
import { World } from "../world.js";
import { settled } from "./settled.suite.js";
import { runSettled } from "./settled-run.js";

const worldOf = () => new World({ seed: 1, peers: 0, boot: () => ({ stop: () => {} }), wallMs: buildWallMs });

test("promises go as far as they can before the next thing happens, however many follow from one another", async () => {
  const world = worldOf();
  const told: string[] = [];
  const chain = async (name: string) => {
    for (let step = 0; step < 50; step++) await undefined;
    told.push(`${name} at ${world.now}`);
  };
  for (const [name, atMs] of [
    ["first", 1],
    ["second", 1],
    ["third", 2],
  ] as const)
    world.timeline.after(atMs, () => void chain(name));
  expect(await runSettled(world, settled, { forMs: 10 })).toBe("quiet");
  expect(told).toEqual(["first at 1", "second at 1", "third at 2"]);
});

test("a run ends at its condition, at its deadline, or where nothing is left to happen", async () => {
  const world = worldOf();
  const after = (ms: number) => new Promise<void>((resolve) => world.timeline.after(ms, resolve));
  let rung = 0;
  const ring = async () => {
    for (; rung < 3; rung++) await after(1);
  };
  void ring();
  expect(await runSettled(world, settled, { until: () => rung === 1 })).toBe("condition");
  expect(world.now).toBe(1);
  expect(await runSettled(world, settled, { forMs: 0.5 })).toBe("deadline");
  expect([world.now, rung]).toEqual([1.5, 1]);
  expect(await runSettled(world, settled, {})).toBe("quiet");
  expect([world.now, rung]).toEqual([3, 3]);
});
