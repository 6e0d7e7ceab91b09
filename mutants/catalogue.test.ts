import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutate } from "../scripts/mutant-plugin.mjs";
import { catalogue } from "./catalogue.js";

const at = (path: string) => new URL(`../${path}`, import.meta.url);

test.each(catalogue)("$name changes one place, and names tests that exist", ({ file, find, replace, tests }) => {
  const text = readFileSync(at(file), "utf8");
  expect(mutate(text, { find, replace })).not.toBe(text);
  expect(tests.length).toBeGreaterThan(0);
  expect(tests.filter((path) => !existsSync(at(path)))).toEqual([]);
});

test("names are given once", () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
});

test("a place that is gone, or is there twice, is an error", () => {
  expect(() => mutate("a b", { find: "c", replace: "d" })).toThrow("0 times");
  expect(() => mutate("a a", { find: "a", replace: "d" })).toThrow("2 times");
});
