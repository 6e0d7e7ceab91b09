import { expect, test } from "vitest";
import { onAbort, unlessAborted } from "./abort.js";

test("the work's outcome where no signal is raised before it", async () => {
  const { signal } = new AbortController();
  const never = () => expect.unreachable();
  expect(await unlessAborted(Promise.resolve(1), undefined, never)).toBe(1);
  expect(await unlessAborted(Promise.resolve(2), signal, never)).toBe(2);
  await expect(unlessAborted(Promise.reject(new Error("no")), signal, never)).rejects.toThrow("no");
});

test("what stands for it, answered or thrown, where one is", async () => {
  const stop = new AbortController();
  const never = new Promise<never>(() => undefined);
  const all = [
    unlessAborted(never, stop.signal, () => "instead"),
    unlessAborted(never, stop.signal, () => {
      throw new Error("aborted");
    }),
    // What becomes of the work afterwards is nobody's error.
    unlessAborted(
      Promise.resolve().then(() => Promise.reject(new Error("late"))),
      stop.signal,
      () => "sooner",
    ),
  ];
  stop.abort();
  expect(await Promise.allSettled(all)).toMatchObject([{ value: "instead" }, { reason: new Error("aborted") }, { value: "sooner" }]);
  expect(await unlessAborted(never, stop.signal, () => "already")).toBe("already");
});

test("a signal has one listener, and calls whoever still waits", () => {
  const stop = new AbortController();
  const called: string[] = [];
  let listeners = 0;
  const add = stop.signal.addEventListener.bind(stop.signal);
  Object.assign(stop.signal, {
    addEventListener: (...all: Parameters<typeof add>) => {
      listeners++;
      add(...all);
    },
  });
  const forget = onAbort(stop.signal, () => called.push("forgotten"));
  onAbort(stop.signal, () => called.push("one"));
  onAbort(stop.signal, () => called.push("two"));
  forget();
  stop.abort();
  expect([called, listeners]).toEqual([["one", "two"], 1]);
});
