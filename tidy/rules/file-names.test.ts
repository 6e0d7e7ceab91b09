import { expect, test } from "vitest";
import { only } from "../sources.js";
import { fileNames } from "./file-names.js";

test.each([
  "packages/core/src/bytes/key-space.ts",
  "packages/core/src/globals.d.ts",
  "packages/core/src/protocol/store.suite.ts",
  "packages/cli/src/a-b.network.test.ts",
  "bench/RESULTS.md",
  "docs/decisions/001-dependencies.md",
  "LICENSE",
])("%s passes", (path) => {
  expect(fileNames(only(path, ""))).toEqual([]);
});

test.each([
  "packages/core/src/utils/a.ts",
  "packages/core/src/bytes/types.ts",
  "packages/sinter/src/helpers.ts",
  "packages/sinter/src/common/a.ts",
  "packages/core/src/bytes/KeySpace.ts",
  "packages/core/src/bytes/key_space.ts",
  "packages/core/src/Bytes/a.ts",
])("%s is found", (path) => {
  expect(fileNames(only(path, ""))).toHaveLength(1);
});
