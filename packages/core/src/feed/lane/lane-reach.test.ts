import { expect, test } from "vitest";
import { forkKey, headKey, hybridKey } from "../../store/keys.js";
import {
  decodeHeadRecord,
  decodeHybridRecord,
  encodeHeadRecord,
  encodeHybridRecord,
  type HeadRecord,
  type SealedHead,
} from "../../store/records.js";
import { FeedView } from "../lane/feed-view.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet, replica, writer } from "../rig/forked-stores.suite.js";
import { sealHybrid } from "../rig/hybrid-lane.suite.js";
import { offerFrom } from "../rig/offered-lane.suite.js";
import { laneOf } from "../seal/checkpoint.js";
import { checkReach, laneReach } from "./lane-reach.js";

function frozenAtFour(): { readonly rig: Rig; readonly lane: number } {
  const [one, other] = branches(6, { from: 3, more: 2 }) as [Rig, Rig];
  const rig = replica();
  meet(rig, offerFrom(one, "s"));
  freeze(rig, forkBetween(one, other, 4));
  return { rig, lane: rig.laneNumber("s", writer) };
}

test("a lane is read as far as it counts, and of that as far as both keys of its author signed it", () => {
  const { rig, lane } = frozenAtFour();
  expect([laneReach(rig.view, lane, "classical"), laneReach(rig.view, lane, "hybrid")]).toEqual([3, 0]);
  const hybrid = new Rig({ signatures: "hybrid" });
  hybrid.append("s", parts("1"), parts("2"));
  sealHybrid(hybrid);
  hybrid.append("s", parts("3"));
  expect([laneReach(hybrid.view, 0, "classical"), laneReach(hybrid.view, 0, "hybrid")]).toEqual([3, 2]);
  for (const [view, number] of [
    [rig.view, lane],
    [hybrid.view, 0],
  ] as const)
    for (const assurance of ["classical", "hybrid"] as const) expect(() => checkReach(view, hasher, number, assurance)).not.toThrow();
});

test("of a frozen lane nothing counts as signed with both keys, whatever second signature is held", () => {
  const rig = new Rig({ signatures: "hybrid" });
  rig.append("s", parts("1"), parts("2"), parts("3"));
  sealHybrid(rig);
  const head = decodeHeadRecord(rig.keys.get(headKey(0)) as Uint8Array) as HeadRecord;
  rig.keys.put(headKey(0), encodeHeadRecord({ ...head, freezeAt: 3 }));
  const view = new FeedView(rig.keys);
  expect([laneReach(view, 0, "classical"), laneReach(view, 0, "hybrid")]).toEqual([2, 0]);
});

test.each([0, 1, 3, 5, 7, 2 ** 40])("a head that is said to be frozen at %i, and not where the proof is, is damage", (freezeAt) => {
  const { rig, lane } = frozenAtFour();
  const head = decodeHeadRecord(rig.keys.get(headKey(lane)) as Uint8Array) as HeadRecord;
  rig.keys.put(headKey(lane), encodeHeadRecord({ ...head, freezeAt }));
  expect(() => checkReach(rig.view, hasher, lane, "classical")).toThrow("by the proof kept it is frozen at 4");
});

test("a frozen lane whose proof is lost is read as far as its head says", () => {
  const { rig, lane } = frozenAtFour();
  const place = rig.view.lane(lane);
  if (place === undefined) throw new Error("no lane");
  rig.keys.remove(forkKey(laneOf(hasher, place)));
  expect(() => checkReach(rig.view, hasher, lane, "classical")).not.toThrow();
  expect(laneReach(rig.view, lane, "classical")).toBe(3);
});

test.each([
  ["more", { seal: { size: 3 } }],
  ["fewer", { seal: { size: 1 } }],
  ["more than are here", { seal: { size: 9 } }],
  ["another last", { headId: new Uint8Array(32) }],
  ["another root", { mmrRoot: new Uint8Array(32) }],
] as const)("a second signature said to be over %s events than it is, is damage to who reads by it", (_what, change) => {
  const rig = new Rig({ signatures: "hybrid" });
  rig.append("s", parts("1"), parts("2"));
  sealHybrid(rig);
  rig.append("s", parts("3"));
  const sealed = decodeHybridRecord(rig.keys.get(hybridKey(0)) as Uint8Array) as SealedHead;
  const seal = "seal" in change ? { ...sealed.seal, ...change.seal } : sealed.seal;
  rig.keys.put(hybridKey(0), encodeHybridRecord({ ...sealed, ...change, seal }));
  const view = new FeedView(rig.keys);
  expect(() => checkReach(view, hasher, 0, "hybrid")).toThrow("over other events than those held");
  expect(() => checkReach(view, hasher, 0, "classical")).not.toThrow();
});
