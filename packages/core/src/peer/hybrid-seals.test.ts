import { expect, test } from "vitest";
import { offeredHybrid, offeredRange } from "../feed/range/offered-range.js";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import { computeStandIn, standInFalconKey } from "../feed/rig/stand-in-falcon.suite.js";
import type { FalconJob } from "../identity/crypto.js";
import { pnCounter } from "../merge/pn-counter.js";
import { codeOf, Followed, PeerRig, watch } from "./peer-rig.suite.js";

// The second signatures as an application meets them: by themselves, a second later, and before a peer is closed.

const hybridRig = () => new PeerRig({ signatures: "hybrid" });

/** Does the jobs that wait, as author 1's worker does. */
async function compute(rig: PeerRig): Promise<number> {
  const jobs = [...rig.hand.compute.jobs];
  for (const { job } of jobs) rig.hand.compute.finish({ kind: "done", result: computeStandIn(standInFalconKey(1), job as FalconJob) });
  await rig.rest();
  return jobs.length;
}

async function aSecondLater(rig: PeerRig): Promise<void> {
  rig.hand.clock.advance(1_000);
  await rig.rest();
  await compute(rig);
}

const hybridSizes = async (rig: PeerRig) => (await rig.of(rig.peer.feeds())).map(({ size, hybridSize }) => [size, hybridSize]);

test("events are sealed by the second key a second after they were appended, many appends under one signature", async () => {
  const rig = hybridRig();
  await rig.append("s", "one");
  await rig.append("t", "two", "three");
  expect(await hybridSizes(rig)).toEqual([
    [1, 0],
    [2, 0],
  ]);
  await aSecondLater(rig);
  expect(await hybridSizes(rig)).toEqual([
    [1, 1],
    [2, 2],
  ]);
  await rig.append("s", "four");
  await aSecondLater(rig);
  expect(await hybridSizes(rig)).toEqual([
    [2, 2],
    [2, 2],
  ]);
  expect(await rig.of(rig.peer.audit())).toMatchObject({ ok: true });
});

test("who asks for hybrid assurance is given what both keys have signed, and what they sign later when it is", async () => {
  const rig = hybridRig();
  await rig.append("s", "one", "two");
  await aSecondLater(rig);
  await rig.append("s", "three");
  expect(await rig.texts("s", { assurance: "hybrid" })).toEqual(["one", "two"]);
  expect(await rig.texts("s")).toEqual(["one", "two", "three"]);
  await aSecondLater(rig);
  expect(await rig.texts("s", { assurance: "hybrid" })).toEqual(["one", "two", "three"]);
});

test("who follows with hybrid assurance is told of events once both keys have signed them, ours and others'", async () => {
  const rig = hybridRig();
  const followed = new Followed(rig.peer, "s", { assurance: "hybrid" });
  await rig.append("s", "one");
  expect(followed.texts).toEqual([]);
  await aSecondLater(rig);
  expect(followed.texts).toEqual(["one"]);
  const reader = new PeerRig({ author: 2 });
  const following = new Followed(reader.peer, "s", { assurance: "hybrid" });
  const seal = offeredHybrid(rig.peer.view, 0);
  const range = offeredRange(rig.peer.view, hasher, { lane: 0, from: 1, bytes: 1 << 20 });
  if (seal === undefined || range === undefined) throw new Error("nothing to offer");
  await reader.of(reader.peer.take(range));
  expect(following.texts).toEqual([]);
  const taking = watch(reader.peer.takeSeal(seal));
  await reader.rest();
  await compute(reader);
  expect([taking.value, following.texts]).toEqual(["taken", ["one"]]);
});

test("closing waits for the last seal, and no longer than five seconds", async () => {
  const rig = hybridRig();
  await rig.append("s", "one");
  const closing = watch(rig.peer.close());
  await rig.rest();
  expect([closing.state, rig.hand.compute.jobs.length]).toEqual(["waiting", 1]);
  await compute(rig);
  expect([closing.state, rig.called]).toEqual(["resolved", ["retire", "release"]]);
  expect(new PeerRig({ keys: rig.keys, signatures: "hybrid" }).peer.view.hybrid(0)?.seal.size).toBe(1);

  const late = hybridRig();
  await late.append("s", "one");
  const waiting = watch(late.peer.close());
  await late.rest();
  late.hand.clock.advance(4_999);
  await late.rest();
  expect(waiting.state).toBe("waiting");
  late.hand.clock.advance(1);
  await late.rest();
  expect([waiting.state, late.peer.view.isUnsealed(0)]).toEqual(["resolved", true]);
});

test("what was not sealed when a peer ended is sealed a second after it begins again", async () => {
  const rig = hybridRig();
  await rig.append("s", "one");
  const again = new PeerRig({ keys: rig.keys, signatures: "hybrid" });
  await again.rest();
  await aSecondLater(again);
  expect(await hybridSizes(again)).toEqual([[1, 1]]);
});

test("a subject that is read by what both keys have signed is, at a time of before too", async () => {
  const rig = hybridRig();
  const votes = await rig.of(rig.peer.subject("s", pnCounter()));
  await rig.of(Promise.resolve(votes.increment(1)));
  await aSecondLater(rig);
  const receipt = await rig.of(Promise.resolve(votes.increment(2)));
  const events = await rig.records("s");
  const stamp = events.find(({ seq }) => seq === receipt.seq(0))?.stamp ?? [0, 0];
  const sealed = await rig.of(rig.peer.subject("s", pnCounter(), { assurance: "hybrid" }));
  expect(await rig.of(Promise.all([votes.at(stamp), sealed.at(stamp)]))).toEqual([3, 1]);
  await aSecondLater(rig);
  expect(await rig.of(sealed.at(stamp))).toBe(3);
});

test("a seal that others made is taken by a peer, and a closed one says so", async () => {
  const [writer, reader] = [hybridRig(), new PeerRig({ author: 2 })];
  await writer.append("s", "one");
  await aSecondLater(writer);
  const seal = offeredHybrid(writer.peer.view, 0);
  const range = offeredRange(writer.peer.view, hasher, { lane: 0, from: 1, bytes: 1 << 20 });
  if (seal === undefined || range === undefined) throw new Error("nothing to offer");
  expect(await reader.of(reader.peer.takeSeal(seal))).toBe("ahead");
  expect(await reader.of(reader.peer.take(range))).toMatchObject({ kind: "taken" });
  const taking = watch(reader.peer.takeSeal(seal));
  await reader.rest();
  await compute(reader);
  expect(taking.value).toBe("taken");
  await reader.of(reader.peer.close());
  expect(await codeOf(reader.peer.takeSeal(seal))).toBe("stopped");
});

test("a peer whose cores began anew asks again for whoever waits", async () => {
  const [writer, reader] = [hybridRig(), new PeerRig({ author: 2 })];
  await writer.append("s", "one");
  await aSecondLater(writer);
  const seal = offeredHybrid(writer.peer.view, 0);
  const range = offeredRange(writer.peer.view, hasher, { lane: 0, from: 1, bytes: 1 << 20 });
  if (seal === undefined || range === undefined) throw new Error("nothing to offer");
  await reader.of(reader.peer.take(range));
  const taking = watch(reader.peer.takeSeal(seal));
  await reader.rest();
  reader.hand.compute.jobs.splice(0);
  // A commit that fails makes the cores anew.
  const lost = watch(reader.peer.append("s", [{ payload: new Uint8Array(1) }]));
  await reader.step();
  reader.store.fail({ reason: "no such luck", outcome: "not written" });
  await reader.rest();
  expect(lost.state).toBe("rejected");
  await compute(reader);
  expect(taking.value).toBe("taken");
});
