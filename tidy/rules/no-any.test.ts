import { expect, test } from "vitest";
import { only } from "../sources.js";
import { noAny } from "./no-any.js";

test.each(["let a: any;", "const b = c as any;", "function f(...rest: any[]) {}", "type T = Map<string, any>;"])("found: %s", (text) => {
  expect(noAny(only("packages/sinter/src/a.ts", text))).toHaveLength(1);
  expect(noAny(only("packages/sinter/src/a.test.ts", text))).toHaveLength(1);
});

test("the word elsewhere passes", () => {
  expect(noAny(only("a.ts", 'const any = "any"; /* any */ let b: unknown;'))).toEqual([]);
});

test("one at the mount list passes, a second is found", () => {
  expect(noAny(only("packages/core/src/protocol/mount.ts", "let a: any;"))).toEqual([]);
  expect(noAny(only("packages/core/src/protocol/mount.ts", "let a: any; let b: any;"))).toHaveLength(1);
});
