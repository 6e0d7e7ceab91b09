import { expect, test } from "vitest";
import { only } from "../sources.js";
import { boundsInLimits } from "./bounds-in-limits.js";

test.each([
  "const queueEventsMax = 64;",
  "const BYTES_MAX = 1024 * 1024;",
  "class A { static framesMax = 3; }",
  "const far = () => { const rowsMax = 2 ** 8; };",
])("found: %s", (text) => {
  expect(boundsInLimits(only("packages/core/src/feed/a.ts", text))).toHaveLength(1);
});

test.each(["const smallerMax = queueEventsMax - 1;", "const first = 64;", "const max = Math.max(1, 2);"])("passes: %s", (text) => {
  expect(boundsInLimits(only("packages/core/src/feed/a.ts", text))).toEqual([]);
});

test("limits.ts holds exported constants, and a test may have bounds of its own", () => {
  expect(boundsInLimits(only("packages/core/src/bytes/limits.ts", "export const queueEventsMax = 64;"))).toEqual([]);
  expect(boundsInLimits(only("packages/core/src/bytes/limits.ts", "const queueEventsMax = 64;"))).toHaveLength(1);
  expect(boundsInLimits(only("packages/core/src/bytes/limits.ts", "export function f() {}"))).toHaveLength(1);
  expect(boundsInLimits(only("packages/core/src/feed/a.test.ts", "const roundsMax = 64;"))).toEqual([]);
});
