import { expect, test } from "vitest";
import type { Source } from "../sources.js";
import { arrows } from "./arrows.js";

const bytes: Source = { path: "packages/core/src/bytes/a.ts", text: "export const a = 1;" };
const clock: Source = { path: "packages/core/src/clock/c.ts", text: "export const c = 1;" };
const index: Source = { path: "packages/core/src/index.ts", text: 'export * from "./bytes/a.js";' };
const house = [bytes, clock, index];

function found(path: string, text: string): string[] {
  return arrows([...house, { path, text }]).map((finding) => finding.what);
}

test("an import downwards passes", () => {
  expect(found("packages/core/src/store/f.ts", 'import { a } from "../bytes/a.js";')).toEqual([]);
  expect(found("packages/sinter/src/s.ts", 'import { a } from "@sinter/core"; import { join } from "node:path";')).toEqual([]);
});

test("an import upwards is found", () => {
  expect(found("packages/core/src/bytes/b.ts", 'import { c } from "../clock/c.js";')[0]).toContain("arrows go down");
});

test("an import sideways on one floor is found, of types too", () => {
  expect(found("packages/core/src/identity/i.ts", 'import type { c } from "../clock/c.js";')[0]).toContain("arrows go down");
});

test("a folder without a floor is found", () => {
  expect(found("packages/core/src/attic/i.ts", 'import { c } from "../clock/c.js";')[0]).toContain("not in tidy/floors.ts");
});

test("within a floor of several folders the arrows go down too", () => {
  const event: Source = { path: "packages/core/src/feed/event/e.ts", text: "export const e = 1;" };
  const audit: Source = { path: "packages/core/src/feed/audit/a.ts", text: "export const a = 1;" };
  const inFeed = (path: string, text: string) =>
    arrows([...house, event, audit, { path: `packages/core/src/feed/${path}`, text }]).map(({ what }) => what);
  expect(inFeed("write/w.ts", 'import { e } from "../event/e.js"; import { a } from "../../bytes/a.js";')).toEqual([]);
  expect(inFeed("write/w.ts", 'import { a } from "../audit/a.js";')[0]).toContain("arrows go down");
  expect(inFeed("attic/w.ts", 'import { e } from "../event/e.js";')[0]).toContain("not in tidy/floors.ts");
  expect(inFeed("w.ts", 'import { e } from "./event/e.js";')[0]).toContain("stands on one of them");
});

test("a package above is found", () => {
  expect(found("packages/core/src/store/f.ts", 'import "sinter";')[0]).toContain("may not import");
  expect(found("packages/simulator/src/f.ts", 'export * from "sinter/field";')[0]).toContain("may not import");
});

test("Node in a pure package is found", () => {
  expect(found("packages/core/src/store/f.ts", 'import { join } from "node:path";')[0]).toContain("pure");
  expect(found("packages/simulator/src/f.ts", 'const x = await import("lmdb");')[0]).toContain("pure");
});

test("a relative path out of the package, or to nothing, is found", () => {
  expect(found("packages/cli/src/f.ts", 'import { a } from "../../core/src/bytes/a.js";')[0]).toContain("relative path");
  expect(found("packages/cli/src/f.ts", 'import { a } from "./gone.js";')[0]).toContain("no file of ours");
});

test("a test may look at every floor, but not through its own index", () => {
  expect(found("packages/core/src/bytes/a.test.ts", 'import { c } from "../clock/c.js"; import "node:fs";')).toEqual([]);
  expect(found("packages/core/src/bytes/a.test.ts", 'import { c } from "../index.js";')[0]).toContain("index of its own package");
  expect(found("packages/core/src/bytes/a.test.ts", 'import { c } from "@sinter/core";')[0]).toContain("index of its own package");
});
