import { expect, test } from "vitest";
import { unreferenced } from "./unreferenced.js";

const at = (path: string, text = "") => ({ path, text });
const lost = (...sources: { path: string; text: string }[]) => unreferenced(sources).map(({ path }) => path);

test("code that is imported, built as an entry or started as a worker passes", () => {
  expect(lost(at("packages/a/src/b.ts"), at("packages/a/src/b.test.ts", 'import "./b.js";'))).toEqual([]);
  expect(lost(at("packages/a/src/main.ts"), at("packages/a/package.json", '{"bin":"dist/main.js"}'))).toEqual([]);
  expect(lost(at("packages/a/src/w.ts"), at("packages/a/src/x.test.ts", 'new URL("./w.js", import.meta.url)'))).toEqual([]);
});

test("scripts and vectors that somebody names pass", () => {
  expect(lost(at("scripts/crash.ts"), at("package.json", '{"scripts":{"c":"node run.mjs scripts/crash.ts"}}'))).toEqual([]);
  expect(lost(at("vectors/mmr.json"), at("packages/a/src/a.test.ts", 'read("vectors/mmr.json")'))).toEqual([]);
});

test("what nobody imports or names is found", () => {
  expect(lost(at("packages/a/src/b.ts"), at("packages/a/src/c.test.ts"))).toEqual(["packages/a/src/b.ts"]);
  expect(lost(at("scripts/old.ts"), at("package.json", "{}"))).toEqual(["scripts/old.ts"]);
  expect(lost(at("vectors/old.json"), at("package.json", "{}"))).toEqual(["vectors/old.json"]);
});

test("a file that names only itself is found", () => {
  expect(lost(at("scripts/old.ts", "// scripts/old.ts"))).toEqual(["scripts/old.ts"]);
});
