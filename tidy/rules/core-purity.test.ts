import { expect, test } from "vitest";
import { only } from "../sources.js";
import { corePurity } from "./core-purity.js";

const inFeed = (text: string) => corePurity(only("packages/core/src/feed/a.ts", text));
const inPeer = (text: string) => corePurity(only("packages/core/src/peer/a.ts", text));

test.each([
  "const at = Date.now();",
  "const when = new Date(0);",
  "const x = Math.random();",
  "setTimeout(() => {}, 1);",
  "class A extends EventEmitter {}",
  'console.log("x");',
  "const path = process.cwd();",
  "type T = Promise<void>;",
  "async function f() {}",
  "const f = async () => {};",
  "class A { async m(): Later<void> {} }",
  "await 1;",
])("found in core: %s", (text) => {
  expect(inFeed(text)).toHaveLength(1);
});

test.each([
  "clock.now();",
  "const a = { process: 1, console: 2 }; a.process;",
  "interface A { process(): void; Date: number }",
  "// Date.now() and Promise, in a comment",
  'const text = "async Promise Date";',
])("passes in core: %s", (text) => {
  expect(inFeed(text)).toEqual([]);
});

test("peer/ may promise, and may not read a clock", () => {
  expect(inPeer("export async function f(): Promise<void> { await 1; }")).toEqual([]);
  expect(inPeer("Date.now();")).toHaveLength(1);
});

test("tests and other packages are not core", () => {
  expect(corePurity(only("packages/core/src/feed/a.test.ts", "Date.now();"))).toEqual([]);
  expect(corePurity(only("packages/sinter/src/a.ts", "Date.now();"))).toEqual([]);
});
