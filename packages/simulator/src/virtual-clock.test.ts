import { buildWallMs } from "@sinter/core";
import { expect, test } from "vitest";
import { type ClockUnderTest, clockCases } from "../../core/src/protocol/clock.suite.js";
import { SeededRandom } from "./seeded-random.js";
import { Lifetime, Timeline } from "./timeline.js";
import { VirtualClock, WallClock } from "./virtual-clock.js";

function clockOf(timeline: Timeline, seed: number): { clock: VirtualClock; wall: WallClock; life: Lifetime } {
  const life = new Lifetime(timeline);
  const wall = new WallClock(timeline, buildWallMs);
  return { clock: new VirtualClock({ life, wall, random: new SeededRandom(seed) }), wall, life };
}

const make = async (): Promise<ClockUnderTest> => {
  const timeline = new Timeline();
  const { clock } = clockOf(timeline, 1);
  const until = async (holds: () => boolean): Promise<void> => expect(timeline.run({ until: holds, forMs: 60_000 })).toBe("condition");
  // As on a real machine, time goes on by itself.
  const tick = (): void => void timeline.after(1, tick);
  tick();
  return { clock, scheduler: clock, until, close: async () => {} };
};

for (const { name, run } of clockCases) test(`virtual clock: ${name}`, () => run(make));

test("steady clocks of two peers cannot be compared", () => {
  const timeline = new Timeline();
  expect(clockOf(timeline, 1).clock.now()).not.toBe(clockOf(timeline, 2).clock.now());
});

test("a wall clock can be set forward and back, and run fast or slow", () => {
  const timeline = new Timeline();
  const { clock, wall } = clockOf(timeline, 1);
  timeline.run({ forMs: 1_000 });
  expect(clock.wallMs()).toBe(buildWallMs + 1_000);
  wall.shift(-5_000);
  expect(clock.wallMs()).toBe(buildWallMs - 4_000);
  wall.runAt(1.5);
  timeline.run({ forMs: 2_000 });
  expect(clock.wallMs()).toBe(buildWallMs - 1_000);
  wall.runAt(1);
  timeline.run({ forMs: 1_000 });
  expect(clock.wallMs()).toBe(buildWallMs);
});

test("timers and turns of a life that is over do not come", () => {
  const timeline = new Timeline();
  const { clock, life } = clockOf(timeline, 1);
  const seen: string[] = [];
  clock.after(1, () => seen.push("timer"));
  clock.soon(() => seen.push("turn"));
  life.end();
  timeline.run();
  expect(seen).toEqual([]);
});
