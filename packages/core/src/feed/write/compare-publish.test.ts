import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { proveConsistency } from "../../proof/mmr-proof.js";
import { mmrFrom } from "../../proof/mmr-source.js";
import { LaneReader } from "../lane/lane-reader.js";
import { checkpointOf } from "../range/offered-range.js";
import { hasher, type Rig } from "../rig/feed-rig.suite.js";
import { branchesOf, forkBetween, placeOf } from "../rig/forked-stores.suite.js";
import { rangeTools } from "../rig/offered-lane.suite.js";
import { VerifiedCheckpoint } from "../seal/checkpoint.js";
import { afterSearch, comparePublish, type MyLane, type TheirLane } from "./compare-publish.js";

// Every outcome, from two stores that hold so many events of one lane.

function sourceOf(rig: Rig) {
  const reader = new LaneReader(rig.view, hasher, 0);
  return reader.nodes(reader.laneId());
}

function mine(rig: Rig, change: Partial<MyLane> = {}): MyLane {
  const source = sourceOf(rig);
  const rootAt = (size: number) => mmrRoot(hasher, mmrFrom(hasher, source, size) ?? { size: 0, peaks: [] });
  return { size: rig.view.head(0)?.size ?? 0, rootAt, freezeAt: 0, standing: "good", ...change };
}

function sealed(rig: Rig, from?: Rig): TheirLane {
  return holding(rig, rig.view.head(0)?.size ?? 0, from);
}

/** Who holds so many of the events that the store has sealed, and shows how what both have leads up to the seal if asked. */
function holding(rig: Rig, size: number, from?: Rig): TheirLane {
  const head = rig.view.head(0);
  const checkpoint = head && VerifiedCheckpoint.verify(rangeTools, checkpointOf(hasher, placeOf(rig), head), rig.view.keysOf(rig.author));
  if (head === undefined || checkpoint === undefined || checkpoint instanceof Malformed) throw new Error("no checkpoint");
  if (from === undefined) return { kind: "sealed", size, checkpoint };
  const common = Math.min(size, from.view.head(0)?.size ?? 0);
  return { kind: "sealed", size, checkpoint, proof: proveConsistency(hasher, sourceOf(rig), common, head.size) ?? [] };
}

const nothing: TheirLane = { kind: "nothing" };
const [long, short, parted] = branchesOf({}, 9, { from: 4, more: 0 }, { from: 4, more: 3 }) as [Rig, Rig, Rig];

test("where they have nothing of it, or its beginning, the rest is published", () => {
  expect(comparePublish(hasher, mine(long), nothing)).toEqual({ kind: "publish", from: 1 });
  expect(comparePublish(hasher, mine(long), sealed(short))).toEqual({ kind: "publish", from: 5 });
});

test("where they have the same, there is nothing to do", () => {
  expect(comparePublish(hasher, mine(long), sealed(long))).toEqual({ kind: "same" });
});

test("what their seal covers is not what they hold: where that is less, the rest of it is published", () => {
  expect(comparePublish(hasher, mine(long), holding(long, 1))).toEqual({ kind: "publish", from: 2 });
  expect(comparePublish(hasher, mine(long), holding(short, 3))).toEqual({ kind: "publish", from: 4 });
  expect(comparePublish(hasher, mine(long, { standing: "given up" }), holding(long, 8))).toEqual({ kind: "wait" });
  // Whatever they say: no more than was signed.
  expect(comparePublish(hasher, mine(long), holding(short, 9))).toEqual({ kind: "publish", from: 5 });
});

test("where they hold the beginning of ours under a seal over another history, or over more, all behind that is given up", () => {
  expect(comparePublish(hasher, mine(long), holding(parted, 3, long))).toEqual({ kind: "parted", from: 4 });
  expect(comparePublish(hasher, mine(parted), holding(long, 2, parted))).toEqual({ kind: "parted", from: 3 });
  expect(comparePublish(hasher, mine(long), holding(parted, 3))).toEqual({ kind: "search" });
  expect(comparePublish(hasher, mine(long), holding(parted, 6, long))).toEqual({ kind: "search" });
  expect(comparePublish(hasher, mine(short), holding(long, 4, short))).toEqual({ kind: "adopt", from: 5 });
});

test("where they have more of it and show that it goes on from ours, theirs is taken", () => {
  expect(comparePublish(hasher, mine(short), sealed(long, short))).toEqual({ kind: "adopt", from: 5 });
});

test("where they have more of it and show nothing, or another beginning, it takes a search", () => {
  expect(comparePublish(hasher, mine(short), sealed(long))).toEqual({ kind: "search" });
  expect(comparePublish(hasher, mine(parted), sealed(long, short))).toEqual({ kind: "search" });
  expect(comparePublish(hasher, mine(long), sealed(parted))).toEqual({ kind: "search" });
});

test("what a search finds decides", () => {
  const split = { at: 4, size: 9, before: [], leaf: new Uint8Array(32), rest: [] };
  expect(afterSearch({ size: 4 }, { size: 9 }, { kind: "one history" })).toEqual({ kind: "adopt", from: 5 });
  expect(afterSearch({ size: 4 }, { size: 3 }, { kind: "one history" })).toEqual({ kind: "parted", from: 4 });
  expect(afterSearch({ size: 7 }, { size: 9 }, { kind: "parting", parting: { mine: split, theirs: split } })).toEqual({
    kind: "parted",
    from: 5,
  });
});

test("a proven fork goes before all else, at the lowest place that either side knows", () => {
  const fork = forkBetween(long, parted, 5);
  expect(comparePublish(hasher, mine(long), { kind: "forked", fork })).toEqual({ kind: "frozen", from: 5 });
  expect(comparePublish(hasher, mine(long, { freezeAt: 3 }), { kind: "forked", fork })).toEqual({ kind: "frozen", from: 3 });
  expect(comparePublish(hasher, mine(long, { freezeAt: 7 }), sealed(long))).toEqual({ kind: "frozen", from: 7 });
});

test("of a lane that is given up nothing is shown until theirs has come, but what parts from theirs is still seen", () => {
  const given = mine(long, { standing: "given up" });
  expect(comparePublish(hasher, given, nothing)).toEqual({ kind: "wait" });
  expect(comparePublish(hasher, given, sealed(short))).toEqual({ kind: "wait" });
  expect(comparePublish(hasher, given, sealed(parted))).toEqual({ kind: "search" });
});

test("a store that has nothing of its own lane takes what they have, however much", () => {
  const none: MyLane = { size: 0, rootAt: () => new Uint8Array(32), freezeAt: 0, standing: "good" };
  expect(comparePublish(hasher, none, sealed(long))).toEqual({ kind: "adopt", from: 1 });
  expect(comparePublish(hasher, none, nothing)).toEqual({ kind: "same" });
});
