import { expect, test } from "vitest";
import { hasher, parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { blockKey } from "../store/keys.js";
import { decodeRange } from "./range-codec.js";
import { rowOf } from "./rows.js";
import { SeenLanes } from "./seen-lanes.js";

test("a row and a range are what the store says, and the same objects for whoever asks again in that step", () => {
  const rig = new Rig();
  rig.append("s", parts("1"), parts("2"), parts("3"));
  const lanes = new SeenLanes(rig.view, hasher);
  expect(lanes.row(0)).toEqual(rowOf(rig.view, hasher, 0));
  expect(lanes.row(0)).toBe(lanes.row(0));
  const range = lanes.range(0, 2, 10_000);
  expect(range?.end).toBe(3);
  expect(decodeRange(range?.bytes as Uint8Array)).toMatchObject({ path: "s" });
  expect(lanes.range(0, 2, 10_000)).toBe(range);
  expect(lanes.range(0, 3, 10_000)).not.toBe(range);
  rig.append("s", parts("4"));
  // The next step sees what has come meanwhile.
  expect([lanes.row(0)?.size, new SeenLanes(rig.view, hasher).row(0)?.size]).toEqual([3, 4]);
});

test("of a lane that is not there, and behind its end, there is nothing", () => {
  const rig = new Rig();
  rig.append("s", parts("1"));
  const lanes = new SeenLanes(rig.view, hasher);
  expect([lanes.row(1), lanes.range(0, 2, 100), lanes.range(1, 1, 100)]).toEqual([undefined, undefined, undefined]);
});

test("of a lane that the disk has lost there is nothing, either", () => {
  const rig = new Rig();
  rig.append("s", parts("1"), parts("2"), parts("3"));
  const block = rig.keys.get(blockKey(0, 1))?.slice() as Uint8Array;
  rig.keys.put(blockKey(0, 1), block.fill(255, 3, 6));
  expect(new SeenLanes(rig.view, hasher).range(0, 2, 10_000)).toBeUndefined();
});
