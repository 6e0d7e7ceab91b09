import { expect, test, vi } from "vitest";
import { leave, processIo } from "./process-io.js";

test("the process's signals reach the listener until it is taken off", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const before = process.listeners(signal);
    let heard = 0;
    const off = processIo.onSignal(() => {
      heard += 1;
    });
    // Called by hand: a signal sent for real would reach the test runner's own listeners as well.
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) listener(signal);
    expect(heard).toBe(1);
    off();
    expect(process.listeners(signal)).toEqual(before);
  }
});

test("the key file is named by its whole path", () => {
  expect(processIo.keyFile("/somewhere/data")).toBe("/somewhere/data/keys.json");
  expect(processIo.stdout).toBe(process.stdout);
});

test("the process ends once its output has left", async () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as unknown as typeof process.exit);
  leave(0);
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(0));
  processIo.forceExit(1);
  expect(exit).toHaveBeenLastCalledWith(1);
  exit.mockRestore();
});
