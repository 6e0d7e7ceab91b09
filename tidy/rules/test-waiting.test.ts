import { expect, test } from "vitest";
import { only } from "../sources.js";
import { testWaiting } from "./test-waiting.js";

const found = (text: string) => testWaiting(only("packages/sinter/src/a.test.ts", text)).length;

test.each([
  "await new Promise((resolve) => setTimeout(resolve, 100));",
  "await sleep(50);",
  "const seed = Math.random();",
  "const now = Date.now();",
  "const now = new Date();",
  'test.skip("x", () => {});',
  'describe.only("x", () => {});',
])("found: %s", (text) => {
  expect(found(text)).toBe(1);
});

test.each([
  "await vi.waitFor(() => expect(x).toBe(1));",
  "clock.advance(100);",
  "const at = new Date(0).toISOString(); const ms = Date.parse(text);",
  "const started = performance.now();",
  'test("x", (context) => { if (windows) context.skip("no sockets here"); });',
  "iterator.skip(3);",
])("passes: %s", (text) => {
  expect(found(text)).toBe(0);
});

test("what ships is not a test", () => {
  expect(testWaiting(only("packages/sinter/src/a.ts", "setTimeout(run, 1);"))).toEqual([]);
});
