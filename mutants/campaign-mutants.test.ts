import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutate } from "../scripts/mutant-plugin.mjs";
import { campaignMutants } from "./campaign-mutants.js";

const LEAST = 40;
/** A campaign meets so many seeds of a family within minutes. */
const SEEDS_MOST = 60;

test.each(campaignMutants)("$name changes one place, and has a budget that is met within minutes", ({ file, find, replace, seeds }) => {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  expect(mutate(text, { find, replace })).not.toBe(text);
  expect(seeds).toBeGreaterThan(0);
  expect(seeds).toBeLessThanOrEqual(SEEDS_MOST);
});

test("there are enough of them, of all families, and names are given once", () => {
  expect(campaignMutants.length).toBeGreaterThanOrEqual(LEAST);
  expect(new Set(campaignMutants.map(({ name }) => name)).size).toBe(campaignMutants.length);
  expect([...new Set(campaignMutants.map(({ family }) => family))].sort()).toEqual(["feeds", "power-cuts", "sync", "twins", "views"]);
});
