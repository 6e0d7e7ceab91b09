import { truncateSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Folder } from "./folder.suite.js";
import { areWorthThreads, sharesOf } from "./shared-out.js";

const files = (...sizes: readonly number[]) => sizes.map((bytes, at) => ({ path: String(at), full: String(at), bytes }));
const shares = (sizes: readonly number[], jobs: number, shareBytes: number) =>
  sharesOf(files(...sizes), jobs, shareBytes).map((share) => share.map(({ path }) => Number(path)));

test("files are shared out evenly by their bytes, neighbours together", () => {
  expect(shares([1, 1, 1, 1], 2, 1)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(shares([3, 1, 1, 1], 2, 1)).toEqual([[0], [1, 2, 3]]);
  expect(shares([1, 1, 1, 1, 1, 1], 3, 1)).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

test("there are no more shares than jobs, than files, or than there is enough to read for", () => {
  expect(shares([5, 5, 5], 1, 1)).toEqual([[0, 1, 2]]);
  expect(shares([5, 5], 8, 1)).toEqual([[0], [1]]);
  expect(shares([5, 5], 2, 5)).toEqual([[0], [1]]);
  expect(shares([5, 4], 2, 5)).toEqual([[0, 1]]);
  expect(shares([], 2, 5)).toEqual([]);
  expect(shares([100, 1, 1], 3, 1)).toEqual([[0], [1], [2]]);
});

test("whether there is enough for threads is asked of all files, or of some of very many", () => {
  const folder = new Folder();
  const file = (name: string, bytes: number) => {
    writeFileSync(folder.at(name), "");
    truncateSync(folder.at(name), bytes);
    return { path: name, full: folder.at(name) };
  };
  const [small, large, gone] = [file("a", 10), file("b", 1_000), { path: "c", full: folder.at("c") }];
  expect([areWorthThreads([small, large, gone], 1_010), areWorthThreads([small, large, gone], 1_011)]).toEqual([true, false]);
  expect(areWorthThreads([], 1)).toBe(false);
  const many = Array.from({ length: 5_000 }, () => small);
  expect([areWorthThreads(many, 50_000), areWorthThreads(many, 60_000)]).toEqual([true, false]);
});
