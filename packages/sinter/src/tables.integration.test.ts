import { json, pnCounter } from "@sinter/core";
import { expect, test } from "vitest";
import { freshDir, opened, withPeer } from "./open-stores.suite.js";

async function taken<T>(from: AsyncIterable<T>, count = Number.POSITIVE_INFINITY): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) {
    all.push(each);
    if (all.length >= count) break;
  }
  return all;
}

test("a table holds the last value of each key, tells of what was there before, and is there when the store is opened again", async () => {
  const dir = freshDir();
  const path = "w/t/people";
  const root = await withPeer(dir, async (peer) => {
    const people = await peer.table(path, json);
    const empty = await people.root();
    await people.put("ada", { born: 1815 });
    await people.put("alan", { born: 1912 });
    people.put("ada", { born: 1815, name: "Ada" });
    expect(people.get("ada")).toEqual({ born: 1815, name: "Ada" });
    await people.put("grace", { born: 1906 });
    await people.delete("alan");
    expect(people.get("alan")).toBeUndefined();
    expect(await taken(people.scan())).toEqual([
      ["ada", { born: 1815, name: "Ada" }],
      ["grace", { born: 1906 }],
    ]);
    expect(await taken(people.scan({ prefix: "g" }))).toEqual([["grace", { born: 1906 }]]);
    expect(people.history("ada").map(({ value }) => value)).toEqual([{ born: 1815 }, { born: 1815, name: "Ada" }]);
    expect(people.history("alan").map(({ value }) => value)).toEqual([{ born: 1912 }, undefined]);
    expect(await people.root()).not.toBe(empty);
    return await people.root();
  });
  await withPeer(dir, async (peer) => {
    const people = await peer.table(path, json);
    expect(await people.root()).toBe(root);
    expect(people.get("ada")).toEqual({ born: 1815, name: "Ada" });
    expect(people.history("ada")).toHaveLength(2);
    expect(await taken(people.scan({ after: "ada" }))).toEqual([["grace", { born: 1906 }]]);
  });
});

test("two stores with the same writes have one root, in whatever order they met", async () => {
  const [one, two] = [await opened(freshDir()), await opened(freshDir())];
  const path = "w/t/both";
  const [left, right] = [await one.table(path, json), await two.table(path, json)];
  for (let index = 0; index < 40; index++) {
    await left.put(`key ${index % 7}`, index);
    await right.put(`key ${index % 5}`, -index);
    if (index % 9 === 0) await right.delete(`key ${index % 3}`);
  }
  const exchange = async (from: typeof one, to: typeof two) => {
    const dir = freshDir();
    await from.export(path, dir);
    await to.import(dir);
  };
  await exchange(one, two);
  await exchange(two, one);
  await Promise.all([left.current(), right.current()]);
  expect(await left.root()).toBe(await right.root());
  expect(await taken(left.scan())).toEqual(await taken(right.scan()));
});

test("the keys of a table may hold states of any type", async () => {
  const peer = await opened(freshDir());
  const votes = await peer.table("w/t/votes", pnCounter());
  await votes.at("a").increment(3);
  await votes.at("a").decrement();
  await votes.at("b").increment();
  expect(await taken(votes.scan())).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  await votes.delete("a");
  expect(votes.get("a")).toBeUndefined();
});

test("who watches a part of a table is told of each key that changes, with what it holds by then", async () => {
  const peer = await opened(freshDir());
  const table = await peer.table("w/t/watched", json);
  const told = taken(table.watch({ prefix: "a" }), 2);
  await table.put("a1", 1);
  await table.put("b1", 1);
  await table.put("a2", 2);
  expect(await told).toEqual([
    { key: "a1", value: 1 },
    { key: "a2", value: 2 },
  ]);
});
