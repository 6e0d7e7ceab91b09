import { expect, test } from "vitest";
import { testBesideSource } from "./test-beside-source.js";

const at = (path: string, text = "") => ({ path: `packages/core/src/${path}`, text });
const acts = "export function act(): number { return 1; }";
const whatOf = (...sources: { path: string; text: string }[]) => testBesideSource(sources).map(({ what }) => what);

test("a tested file passes, alone or through its neighbour's test", () => {
  expect(whatOf(at("a.ts", acts), at("a.test.ts", 'import { act } from "./a.js";'))).toEqual([]);
  const neighbour = at("b.test.ts", 'import { act } from "./a.js"; import { b } from "./b.js";');
  expect(whatOf(at("a.ts", acts), at("b.ts", "export const b = () => 1;"), neighbour)).toEqual([]);
});

test("a file that a test of its room reaches through others passes", () => {
  const way = [at("x/a.ts", 'import "./in/b.js";'), at("x/in/b.ts", acts), at("x/a.test.ts", 'import "./a.js";')];
  expect(whatOf(...way)).toEqual([]);
  expect(whatOf(at("x/in/b.ts", acts), at("x/other/a.ts", 'import "../in/b.js";'), at("x/other/a.test.ts", 'import "./a.js";'))).toEqual(
    [],
  );
  expect(whatOf(at("x/in/b.ts", acts), at("y/c.ts", 'import "../x/in/b.js";'), at("y/c.test.ts", 'import "./c.js";'))).toHaveLength(1);
});

test("lanes that cross files are named after what happens", () => {
  expect(whatOf(at("x/two-processes.integration.test.ts"))).toEqual([]);
});

test("constants, types and re-exports need no test", () => {
  expect(whatOf(at("a.ts", "export const a = 1; export interface B { c(): void }"), at("index.ts", 'export * from "./a.js";'))).toEqual([]);
});

test("a file that does something and is imported by no test beside it is found", () => {
  expect(whatOf(at("a.ts", acts))).toEqual([expect.stringContaining("no test")]);
  expect(whatOf(at("x/a.ts", acts), at("y/y.test.ts", 'import { act } from "../x/a.js";'))).toEqual([expect.stringContaining("no test")]);
  expect(whatOf(at("a.ts", "export class A { go(): void {} }"))).toEqual([expect.stringContaining("no test")]);
});

test("a test without a subject is found; a suite or the folder is one", () => {
  expect(whatOf(at("x/gone.test.ts"))).toEqual([expect.stringContaining("named after no file")]);
  expect(whatOf(at("x/x.integration.test.ts"), at("x/store.suite.ts"), at("x/store.test.ts"))).toEqual([]);
});
