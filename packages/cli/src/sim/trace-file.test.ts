import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { TraceFile } from "./trace-file.js";

test.skipIf(!existsSync("/dev/full"))("what cannot be written is told of and thrown in the end, and never at a line", () => {
  const file = new TraceFile("/dev/full");
  file.line("short");
  expect(file.failed.aborted).toBe(false);
  file.line("x".repeat(100_000));
  expect(file.failed.aborted).toBe(true);
  file.line("x".repeat(100_000));
  expect(() => file.close()).toThrow(expect.objectContaining({ code: "disk-full", message: expect.stringContaining("/dev/full") }));
});
