import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fileSink, leave, processIo } from "./process-io.js";

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
});

test("a file takes all that is written, and a failed write is an error", async () => {
  const dir = mkdtempSync(join(tmpdir(), "cli-"));
  const path = join(dir, "out");
  const fd = openSync(path, "w");
  const sink = fileSink(fd);
  sink.write("h\u00e9");
  await new Promise((resolve) => sink.write("", resolve));
  expect(readFileSync(path, "utf8")).toBe("h\u00e9");
  closeSync(fd);
  const reader = openSync(path, "r");
  const refused = fileSink(reader);
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => refused.on("error", resolve));
  refused.write("x");
  expect((await failed).code).toBe("EBADF");
  closeSync(reader);
  rmSync(dir, { recursive: true });
});

test("the process ends once its output has left", async () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as unknown as typeof process.exit);
  leave(0);
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(0));
  processIo.forceExit(1);
  expect(exit).toHaveBeenLastCalledWith(1);
  exit.mockRestore();
});
