import { expect, test } from "vitest";
import { hasher, parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { branches, forkBetween, freeze } from "../feed/rig/forked-stores.suite.js";
import { sealHybrid } from "../feed/rig/hybrid-lane.suite.js";
import { blockKey, headKey, laneKey } from "../store/keys.js";
import { RowStore } from "./held-rows.suite.js";
import { equalRows, rowOf } from "./rows.js";

test("a row is the lane's place and its head, and how far the second signature reaches", () => {
  const rig = new Rig({ signatures: "hybrid" });
  const { ids } = rig.append("s", parts("1"), parts("2"));
  const row = { ...rig.view.lane(0), size: 2, headId: ids.slice(-32), freezeAt: 0, hybridSize: 0 };
  expect(rowOf(rig.view, hasher, 0)).toEqual(row);
  sealHybrid(rig);
  expect(rowOf(rig.view, hasher, 0)).toEqual({ ...row, hybridSize: 2 });
  rig.append("s", parts("3"));
  expect(rowOf(rig.view, hasher, 0)).toMatchObject({ size: 3, hybridSize: 2 });
  expect(rowOf(rig.view, hasher, 1)).toBeUndefined();
});

test("of a frozen lane it is what counts, and equal on both branches", () => {
  const [first, second] = branches(6, { from: 3, more: 4 }) as [Rig, Rig];
  const fork = forkBetween(first, second, 4);
  const before = rowOf(first.view, hasher, 0);
  for (const rig of [first, second]) freeze(rig, fork);
  const [one, other] = [first, second].map((rig) => rowOf(rig.view, hasher, 0));
  expect(one).toEqual(other);
  expect(one).toMatchObject({ size: 3, freezeAt: 4 });
  expect(equalRows(one as never, other as never)).toBe(true);
  expect(equalRows(one as never, before as never)).toBe(false);
});

test("of a frozen lane whose last event that counts the disk has lost there is none, and nothing that is wrong: every bit", () => {
  for (const size of [3, 4]) {
    const [first, second] = branches(size + 3, { from: size, more: 4 }) as [Rig, Rig];
    freeze(first, forkBetween(first, second, size + 1));
    const row = rowOf(first.view, hasher, 0);
    const key = blockKey(0, 1);
    const block = first.keys.get(key)?.slice() as Uint8Array;
    let lost = 0;
    for (let bit = 0; bit < 8 * block.length; bit++) {
      const bent = block.slice();
      bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
      first.keys.put(key, bent);
      const told = rowOf(first.view, hasher, 0);
      if (told === undefined) lost++;
      else expect(told, `bit ${bit}`).toEqual(row);
    }
    expect(lost).toBeGreaterThan(block.length);
  }
});

test("a lane that is frozen at its first event has a row that says so, and no second signature", () => {
  const store = new RowStore();
  const lane = store.set({ path: "s", author: 1, epoch: 0 }, { size: 4, branch: 0, hybridSize: 3, frozen: "first" });
  expect(rowOf(store.view, hasher, lane)).toMatchObject({ size: 0, headId: new Uint8Array(32), freezeAt: 1, hybridSize: 0 });
});

test("rows are equal where all four of what they say is", () => {
  const row = { size: 3, headId: new Uint8Array(32), freezeAt: 0, hybridSize: 1 } as never as Parameters<typeof equalRows>[0];
  expect(equalRows(row, { ...row, headId: new Uint8Array(32) })).toBe(true);
  for (const change of [{ size: 4 }, { freezeAt: 4 }, { hybridSize: 2 }, { headId: new Uint8Array(32).fill(1) }])
    expect(equalRows(row, { ...row, ...change })).toBe(false);
});

test("a lane of which half is missing has no row", () => {
  const rig = new Rig();
  rig.append("s", parts("1"));
  const whole = rig.keys.snapshot();
  rig.keys.remove(headKey(0));
  expect(rowOf(rig.view, hasher, 0)).toBeUndefined();
  rig.keys.restore(whole);
  rig.keys.remove(laneKey(0));
  expect(rowOf(rig.view, hasher, 0)).toBeUndefined();
});
