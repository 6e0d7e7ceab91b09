import { expect, test } from "vitest";
import { type IndexedLane, segmentFileName } from "../feed/range/segment-index.js";
import { hasher, networkName, Rig } from "../feed/rig/feed-rig.suite.js";
import { computeStandIn, standInFalconKey } from "../feed/rig/stand-in-falcon.suite.js";
import type { FalconJob } from "../identity/crypto.js";
import { importSegments } from "./import.js";
import type { ImportReport } from "./peer-api.js";
import { codeOf, copyOf, PeerRig, watch } from "./peer-rig.suite.js";
import { exported, type Shelf, shelfOf } from "./shelf.suite.js";
import { SinterError } from "./sinter-error.js";

// What an author's second key signed goes over with a subject's segments, and never keeps the events from going over.

/** Does the jobs that wait, until there are none. */
async function compute(rig: PeerRig): Promise<void> {
  await rig.rest();
  while (rig.hand.compute.jobs.length > 0) {
    for (const { job } of [...rig.hand.compute.jobs])
      rig.hand.compute.finish({ kind: "done", result: computeStandIn(standInFalconKey(1), job as FalconJob) });
    await rig.rest();
  }
}

/** A hybrid author's two events, sealed by both keys, and one more by the first alone. */
async function writer(): Promise<PeerRig> {
  const rig = new PeerRig({ signatures: "hybrid" });
  await rig.append("s", "one", "two");
  rig.hand.clock.advance(1_000);
  await compute(rig);
  await rig.append("s", "three");
  return rig;
}

const reader = () => new PeerRig({ keys: new Rig({ author: 2, instance: 2 }).keys, author: 2, instance: 2 });

async function taken(rig: PeerRig, shelf: Shelf): Promise<ImportReport> {
  const importing = watch(rig.peer.takeSegments(shelf));
  await compute(rig);
  if (importing.value === undefined) throw importing.error;
  return importing.value;
}

const hybridSizes = async (rig: PeerRig) => (await rig.of(rig.peer.feeds())).map(({ size, hybridSize }) => [size, hybridSize]);

function withLane({ index, files }: Shelf, change: (lane: IndexedLane) => IndexedLane): Shelf {
  return shelfOf({ ...index, lanes: index.lanes.map(change) }, files);
}

/** One bit of the second signature is another. */
function forged(lane: IndexedLane): IndexedLane {
  if (lane.hybrid === undefined) throw new Error("no second signature");
  const { seal } = lane.hybrid;
  const signature = seal.signature.with(300, 1 ^ (seal.signature[300] as number));
  return { ...lane, hybrid: { ...lane.hybrid, seal: { ...seal, signature } } };
}

test("the second signature goes over with the events, as far as it reaches, and is handed on from there", async () => {
  const [a, b, c] = [await writer(), reader(), reader()];
  const shelf = await exported(a, "s");
  expect((await taken(b, shelf)).feeds).toMatchObject([{ outcome: "taken", taken: 3, hybrid: "taken" }]);
  expect(await hybridSizes(b)).toEqual([[3, 2]]);
  expect(await b.texts("s", { assurance: "hybrid" })).toEqual(["one", "two"]);
  expect((await taken(b, shelf)).feeds).toMatchObject([{ outcome: "held", hybrid: "held" }]);
  expect((await taken(c, await exported(b, "s"))).feeds).toMatchObject([{ outcome: "taken", hybrid: "taken" }]);
  expect(await hybridSizes(c)).toEqual([[3, 2]]);
});

test("one that reaches further is taken where all events are held already", async () => {
  const [a, b] = [await writer(), reader()];
  await taken(b, await exported(a, "s"));
  a.hand.clock.advance(1_000);
  await compute(a);
  expect((await taken(b, await exported(a, "s"))).feeds).toMatchObject([{ outcome: "held", taken: 0, hybrid: "taken" }]);
  expect(await hybridSizes(b)).toEqual([[3, 3]]);
});

test("one that its author did not sign is refused with the reason; the events come in all the same", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = withLane(await exported(a, "s"), forged);
  expect((await taken(b, shelf)).feeds).toMatchObject([
    { outcome: "taken", taken: 3, hybrid: "refused", hybridReason: "a seal that its author did not sign" },
  ]);
  expect(await hybridSizes(b)).toEqual([[3, 0]]);
  expect((await b.of(b.peer.audit())).problems).toEqual([]);
});

test("one over events that did not come is told to be ahead", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const [name] = shelf.index.lanes.flatMap(({ segments }) => segments.map(({ id }) => segmentFileName(id)));
  const without = shelfOf(shelf.index, new Map([...shelf.files].filter(([each]) => each !== name)));
  expect((await taken(b, without)).feeds).toMatchObject([{ outcome: "malformed", taken: 0, hybrid: "ahead" }]);
});

test("where there is none, and of a store's own feed, none is told", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const without = withLane(shelf, ({ hybrid, ...lane }) => lane);
  expect((await taken(b, without)).feeds).toMatchObject([{ outcome: "taken", hybrid: "none" }]);
  const again = new PeerRig({ keys: copyOf(a.keys), signatures: "hybrid" });
  expect((await taken(again, withLane(shelf, forged))).feeds).toMatchObject([{ outcome: "held", hybrid: "none" }]);
});

test("a verification that fails is told, and leaves the rest of the import be", async () => {
  const [a, b] = [await writer(), reader()];
  const importing = watch(b.peer.takeSegments(await exported(a, "s")));
  await b.rest();
  b.hand.compute.finish({ kind: "failed", reason: "no worker" });
  await b.rest();
  expect(importing.value?.feeds).toMatchObject([
    { outcome: "taken", hybrid: "refused", hybridReason: expect.stringContaining("no worker") },
  ]);
});

test("a peer that has ended ends the import", async () => {
  const shelf = await exported(await writer(), "s");
  const { view } = reader().peer;
  const held = async () => ({ kind: "held" }) as const;
  const takeSeal = () => Promise.reject(new SinterError("stopped", "the peer has stopped", "Start it again."));
  const target = { view, hasher, networkName, author: new Rig({ author: 2 }).author, take: held, compare: held, takeSeal };
  expect(await codeOf(importSegments(target, shelf, {}))).toBe("stopped");
});
