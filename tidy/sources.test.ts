import { expect, test } from "vitest";
import { baseName, folderOf, isShipped, isTest, roomOf } from "./sources.js";

test("what ships is told from what tests", () => {
  expect(isShipped("packages/core/src/bytes/reader.ts")).toBe(true);
  expect(["packages/core/src/bytes/reader.test.ts", "packages/core/src/store/store.suite.ts", "tidy/a.ts"].some(isShipped)).toBe(false);
  expect(isTest("packages/core/src/a.network.test.ts")).toBe(true);
});

test("a path is taken apart", () => {
  expect(roomOf("packages/core/src/bytes/reader.ts")).toEqual({ room: "core", inside: "bytes/reader.ts" });
  expect(roomOf("tidy/a.ts")).toBeUndefined();
  expect([baseName("a/b.ts"), folderOf("a/b.ts"), folderOf("b.ts")]).toEqual(["b.ts", "a", ""]);
});
