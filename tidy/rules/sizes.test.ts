import { expect, test } from "vitest";
import { only } from "../sources.js";
import { fileLinesMost, functionLinesMost, sizes } from "./sizes.js";

const lines = (count: number) => "// a line\n".repeat(count);
const path = "packages/core/src/a.test.ts";

test("a file and a function at the bound pass", () => {
  expect(sizes(only(path, lines(fileLinesMost)))).toEqual([]);
  expect(sizes(only(path, `function f() {\n${lines(functionLinesMost - 2)}}\n`))).toEqual([]);
});

test("a file of one line more is found", () => {
  expect(sizes(only(path, lines(fileLinesMost + 1)))).toEqual([{ path, line: 0, what: "501 lines; at most 500" }]);
});

test.each([
  ["f", (body: string) => `function f() {${body}}`],
  ["m", (body: string) => `class A { m() {${body}} }`],
  ["c", (body: string) => `const c = () => {${body}};`],
  ["a function", (body: string) => `test("t", () => {${body}});`],
])("a function of one line more is found: %s", (name, around) => {
  expect(sizes(only(path, around(`\n${lines(functionLinesMost - 1)}`)))).toEqual([
    { path, line: 1, what: `${name} has 71 lines; at most 70` },
  ]);
});
