import { expect } from "vitest";
import type { Clock, Scheduler } from "./ports.js";

// What every Clock and Scheduler must do.

export interface ClockUnderTest {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Lets time pass, real or virtual, until the condition holds; rejects if it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export type MakeClock = () => Promise<ClockUnderTest>;

export interface ClockCase {
  readonly name: string;
  run(make: MakeClock): Promise<void>;
}

/** 2026-01-01: a machine that believes in an earlier day has a wall clock nobody set. */
const WALL_MS_AT_LEAST = Date.UTC(2026, 0, 1);

function clockCase(name: string, body: (under: ClockUnderTest) => Promise<void>): ClockCase {
  return {
    name,
    run: async (make) => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    },
  };
}

const steady = clockCase("now never goes back, and goes on", async ({ clock, until }) => {
  const first = clock.now();
  let last: number = first;
  await until(() => {
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
    clock.after(1, () => {});
    return now >= first + 3;
  });
});

const wall = clockCase("wallMs is whole milliseconds since 1970", async ({ clock }) => {
  expect(Number.isSafeInteger(clock.wallMs())).toBe(true);
  expect(clock.wallMs()).toBeGreaterThanOrEqual(WALL_MS_AT_LEAST);
});

const notEarly = clockCase("a timer runs once, not before its delay, not before after returns", async ({ clock, until }) => {
  const begun = clock.now();
  const ran: string[] = [];
  let returned = "before";
  clock.after(5, () => ran.push(clock.now() >= begun + 5 ? returned : "early"));
  clock.after(0, () => ran.push(`zero ${returned}`));
  returned = "after";
  let later = 0;
  clock.after(20, () => later++);
  await until(() => later === 1);
  expect(ran).toEqual(["zero after", "after"]);
});

const cancels = clockCase("a cancelled timer does not run; cancelling again, or too late, does nothing", async ({ clock, until }) => {
  const ran: string[] = [];
  const cancel = clock.after(2, () => ran.push("cancelled"));
  const late = clock.after(1, () => ran.push("kept"));
  cancel();
  cancel();
  clock.after(10, () => ran.push("last"));
  await until(() => ran.includes("last"));
  late();
  expect(ran).toEqual(["kept", "last"]);
});

const byDelay = clockCase("timers run in the order they are due", async ({ clock, until }) => {
  const ran: number[] = [];
  for (const delay of [25, 5, 45]) clock.after(delay, () => ran.push(delay));
  await until(() => ran.length === 3);
  expect(ran).toEqual([5, 25, 45]);
});

const soonLater = clockCase("soon runs after the call returns, once, in the order asked", async ({ scheduler, until }) => {
  const ran: string[] = [];
  for (const name of ["a", "b", "c"]) {
    scheduler.soon(() => {
      ran.push(name);
      if (name === "a") scheduler.soon(() => ran.push("from a"));
    });
  }
  expect(ran).toEqual([]);
  await until(() => ran.length === 4);
  expect(ran).toEqual(["a", "b", "c", "from a"]);
});

const soonYields = clockCase("soon, asked for again and again, lets timers run", async ({ clock, scheduler, until }) => {
  let stop = "no";
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (stop === "no") scheduler.soon(turn);
  };
  scheduler.soon(turn);
  clock.after(2, () => {
    stop = "yes";
  });
  await until(() => stop === "yes");
  expect(turns).toBeGreaterThan(0);
});

export const clockCases: readonly ClockCase[] = [steady, wall, notEarly, cancels, byDelay, soonLater, soonYields];
