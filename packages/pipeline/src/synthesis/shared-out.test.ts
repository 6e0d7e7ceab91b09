import { expect, test } from "vitest";
import { sharesOf } from "./shared-out.js";

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
