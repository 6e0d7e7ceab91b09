import { expect, test } from "vitest";
import { families } from "./families.js";
import { defaultShares, familyOf, readShares, type Shares } from "./shares.js";

function countsOf(from: number, to: number, shares: Shares): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let seed = from; seed <= to; seed++) counts.set(familyOf(seed, shares), (counts.get(familyOf(seed, shares)) ?? 0) + 1);
  return counts;
}

test.each([1, 5_000, 123_456_789])("from seed %i on every family has its share of a thousand seeds", (from) => {
  expect(families.reduce((sum, { share }) => sum + share, 0)).toBe(100);
  const counts = countsOf(from, from + 999, defaultShares);
  for (const { name, share } of families) expect(Math.abs((counts.get(name) ?? 0) - 10 * share), name).toBeLessThanOrEqual(5);
});

test("those that sign for real, and those that run twice, are of all families", () => {
  for (const every of [20, 100]) {
    const met = new Set(Array.from({ length: 100 }, (_, at) => familyOf(at * every, defaultShares)));
    expect(met.size).toBe(families.length);
  }
});

test("shares that are given stand alone", () => {
  const shares = readShares("sync=3, feeds=1") as Shares;
  const counts = countsOf(1, 4_000, shares);
  expect([...counts.keys()].sort()).toEqual(["feeds", "sync"]);
  expect(Math.abs((counts.get("sync") ?? 0) - 3_000)).toBeLessThanOrEqual(5);
  expect(familyOf(17, readShares("views=0.5") as Shares)).toBe("views");
});

test.each([
  ["synk=1", '"synk" is no family; there are: feeds, twins, views, sync, power-cuts'],
  ["", '"" is no family; there are: feeds, twins, views, sync, power-cuts'],
  ["sync", 'a share is a number above 0, as in sync=3, and not ""'],
  ["sync=0", 'a share is a number above 0, as in sync=3, and not "0"'],
  ["sync=-1", 'a share is a number above 0, as in sync=3, and not "-1"'],
])("%s cannot be read, and why is said", (text, reason) => {
  expect(readShares(text)).toEqual({ reason });
});
