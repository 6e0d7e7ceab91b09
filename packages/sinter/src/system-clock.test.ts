import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { clockCases } from "../../core/src/protocol/clock.suite.js";
import { SystemClock } from "./system-clock.js";

const until = async (condition: () => boolean): Promise<void> => void (await vi.waitUntil(condition, { timeout: 20_000, interval: 1 }));

for (const { name, run } of clockCases) {
  test(`system clock: ${name}`, () =>
    run(async () => {
      const clock = new SystemClock();
      return { clock, scheduler: clock, until, close: async () => {} };
    }));
}

test("a delay longer than Node's timers can count is waited for in pieces", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const ran: string[] = [];
    const clock = new SystemClock({ timers: "hold" });
    clock.after(2 ** 32, () => ran.push("long"));
    const cancel = clock.after(2 ** 31 + 5, () => ran.push("cancelled"));
    vi.advanceTimersByTime(2 ** 31);
    cancel();
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ran).toEqual(["long"]);
  } finally {
    vi.useRealTimers();
  }
});

test("a timer holds the process only where it was told to", () => {
  const timers: unknown[] = [];
  const spy = vi.spyOn(globalThis, "setTimeout");
  for (const kind of ["hold", "release"] as const) {
    const cancel = new SystemClock({ timers: kind }).after(60_000, () => {});
    timers.push((spy.mock.results.at(-1) as { readonly value: NodeJS.Timeout }).value.hasRef());
    cancel();
  }
  spy.mockRestore();
  expect(timers).toEqual([true, false]);
  expect(spawnSync(process.execPath, ["-e", "setTimeout(() => {}, 1e6).unref()"]).status).toBe(0);
});
