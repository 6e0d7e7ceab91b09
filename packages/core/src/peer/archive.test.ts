import { expect, test } from "vitest";
import { encodeSegmentIndex, segmentFileName } from "../feed/range/segment-index.js";
import { Rig } from "../feed/rig/feed-rig.suite.js";
import { laneBytes } from "../feed/rig/offered-lane.suite.js";
import { flipped } from "../feed/rig/segments.suite.js";
import { tableRange } from "../store/keys.js";
import type { MemoryKeys } from "../store/memory-keys.js";
import type { ExportPart } from "./export.js";
import { codeOf, copyOf, notWritten, PeerRig, type PeerRigOptions, watch, writeAs } from "./peer-rig.suite.js";
import { exported, shelfOf } from "./shelf.suite.js";

/** A peer of author 1 that also holds a lane of author 3. */
async function writer(): Promise<PeerRig> {
  const { keys } = new Rig();
  writeAs(keys, { author: 3, subject: "s", atMs: 1_790_000_000_000, text: "of another" });
  const rig = new PeerRig({ keys: new Rig({ keys }).keys });
  await rig.append("s", "one", "two");
  await rig.append("s", "three");
  await rig.append("elsewhere", "not asked for");
  return rig;
}

function reader(options: PeerRigOptions = {}): PeerRig {
  return new PeerRig({ keys: new Rig({ author: 2, instance: 2 }).keys, author: 2, instance: 2, ...options });
}

const outcomes = (report: { readonly feeds: readonly { outcome: string; held: number; taken: number }[] }) =>
  report.feeds.map(({ outcome, held, taken }) => [outcome, held, taken]).sort();

function lanes(keys: MemoryKeys): unknown[] {
  const numbers = [...keys.range(tableRange("lane"))].map(([key]) => Buffer.from(key).readUInt32BE(1));
  return numbers.map((number) => laneBytes({ keys } as Rig, number)).map((bytes) => JSON.stringify(bytes));
}

test("all feeds of a subject go over, none of another, and the lanes are the same bytes", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const report = await b.of(b.peer.takeSegments(shelf));
  expect(report).toMatchObject({ from: "the shelf", network: "rig", subject: "s" });
  expect(outcomes(report)).toEqual([
    ["taken", 0, 1],
    ["taken", 0, 3],
  ]);
  expect(await b.texts("s")).toEqual(await a.texts("s"));
  expect(await b.texts("elsewhere")).toEqual([]);
  const [mine, theirs] = [lanes(a.keys), lanes(b.keys)];
  expect(theirs.length).toBe(2);
  for (const lane of theirs) expect(mine).toContain(lane);
  expect((await b.of(b.peer.audit())).ok).toBe(true);
});

test("taken in again all of it is held, and exported from there it is the same, but for its seals", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  await b.of(b.peer.takeSegments(shelf));
  const again = await b.of(b.peer.takeSegments(shelf));
  expect(outcomes(again)).toEqual([
    ["held", 1, 0],
    ["held", 3, 0],
  ]);
  const back = await exported(b, "s");
  expect([...back.files.keys()]).toEqual([...shelf.files.keys()]);
  expect(encodeSegmentIndex(back.index)).toEqual(encodeSegmentIndex(shelf.index));
});

test("progress is told up to the end, and bytes are verified by whoever takes them", async () => {
  const [a, b] = [await writer(), reader()];
  const told: unknown[] = [];
  await b.of(b.peer.takeSegments(await exported(a, "s"), { progress: (done) => told.push({ ...done }) }));
  expect(told.at(-1)).toEqual({ events: 4, total: 4 });
});

test("where a segment is missing or spoilt its feed is refused with the file's name; the others come in", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const [missing = "", spoilt = ""] = [...shelf.files.keys()];
  const without = new Map([...shelf.files].filter(([name]) => name !== missing));
  const one = await b.of(b.peer.takeSegments(shelfOf(shelf.index, without)));
  expect(one.feeds.find(({ file }) => file === missing)).toMatchObject({ outcome: "malformed", taken: 0, reason: "it is not there" });
  expect(one.feeds.filter(({ outcome }) => outcome === "taken").length).toBe(1);
  const bytes = shelf.files.get(spoilt) as Uint8Array;
  const changed = new Map([...shelf.files, [spoilt, flipped(bytes, 8 * (bytes.length - 1))]]);
  const c = reader();
  const two = await c.of(c.peer.takeSegments(shelfOf(shelf.index, changed)));
  expect(two.feeds.find(({ file }) => file === spoilt)).toMatchObject({ outcome: "malformed", taken: 0 });
  expect((await c.of(c.peer.audit())).ok).toBe(true);
});

test("a store's own feeds are held if they are the same; what it had forgotten it takes, and appends again what it wrote instead", async () => {
  const a = await writer();
  const early = copyOf(a.keys);
  const shelf = await exported(a, "s");
  expect(outcomes(await a.of(a.peer.takeSegments(shelf)))).toEqual([
    ["held", 1, 0],
    ["held", 3, 0],
  ]);
  await a.append("s", "four");
  const more = await exported(a, "s");
  const forgetful = new PeerRig({ keys: copyOf(early) });
  const report = await forgetful.of(forgetful.peer.takeSegments(more));
  expect(outcomes(report)).toEqual([
    ["held", 1, 0],
    ["taken", 3, 1],
  ]);
  expect(report.feeds.map(({ reappended }) => reappended)).toEqual([undefined, undefined]);
  const back = new PeerRig({ keys: early });
  await back.append("s", "instead of four", "and five");
  const told = await back.of(back.peer.takeSegments(more));
  expect(told.feeds.find(({ outcome }) => outcome === "taken")).toMatchObject({ events: 4, held: 3, taken: 1, reappended: 2 });
  for (const text of ["four", "instead of four", "and five"]) expect(await back.texts("s")).toContain(text);
  expect((await back.of(back.peer.audit())).problems).toEqual([]);
  expect(outcomes(await back.of(back.peer.takeSegments(more)))).toEqual([
    ["held", 1, 0],
    ["held", 4, 0],
  ]);
});

test("what is redacted goes over redacted, and nothing of it is wanted there", async () => {
  const [a, b] = [await writer(), reader()];
  await a.of(a.peer.redact("s", { seq: 2 }));
  const shelf = await exported(a, "s");
  expect([...shelf.files.values()].some((bytes) => Buffer.from(bytes).includes("two"))).toBe(false);
  await b.of(b.peer.takeSegments(shelf));
  expect(await b.texts("s")).toEqual(await a.texts("s"));
  expect(await b.texts("s")).toContain("(redacted)");
  expect(await b.of(b.peer.wanted())).toEqual({ wanted: [] });
  expect((await b.of(b.peer.audit())).problems).toEqual([]);
  // Events that were here before lose what the segments redact.
  const c = reader();
  await c.of(c.peer.takeSegments(await exported(await writer(), "s")));
  expect(await c.texts("s")).toContain("two");
  await c.of(c.peer.takeSegments(shelf));
  expect(await c.texts("s")).toEqual(await a.texts("s"));
});

test("another history of a feed that is held is told, and none of its events is written", async () => {
  const a = await writer();
  const forked = new PeerRig({ keys: copyOf(a.keys) });
  const b = reader();
  await a.append("s", "here");
  await forked.append("s", "there", "and more");
  await b.of(b.peer.takeSegments(await exported(a, "s")));
  const before = await b.texts("s");
  const report = await b.of(b.peer.takeSegments(await exported(forked, "s")));
  expect(outcomes(report)).toEqual([
    ["forked", 4, 0],
    ["held", 1, 0],
  ]);
  expect(await b.texts("s")).toEqual(before.slice(0, -1));
  // What lies behind a fork is not handed on.
  const c = reader();
  expect(outcomes(await c.of(c.peer.takeSegments(await exported(b, "s"))))).toEqual([
    ["taken", 0, 1],
    ["taken", 0, 3],
  ]);
});

test("segments of another network, and a subject nobody wrote to, are refused with what to do", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const foreign = shelfOf({ ...shelf.index, networkName: "other" }, shelf.files);
  expect(await b.of(codeOf(b.peer.takeSegments(foreign)))).toBe("wrong-store");
  expect(await b.of(codeOf(exported(b, "nothing")))).toBe("not-found");
  expect(await b.of(codeOf(b.peer.export("s", "dir")))).toBe("usage");
  expect(await b.of(codeOf(b.peer.import("dir")))).toBe("usage");
});

test("an import that is called off stops, and goes on from there the next time", async () => {
  const [a, b] = [await writer(), reader()];
  const shelf = await exported(a, "s");
  const stop = new AbortController();
  const stopping = codeOf(b.peer.takeSegments(shelf, { signal: stop.signal, progress: () => stop.abort() }));
  expect(await b.of(stopping)).toBe("aborted");
  const report = await b.of(b.peer.takeSegments(shelf));
  expect(report.feeds.map(({ held, taken }) => held + taken).sort()).toEqual([1, 3]);
});

test("what the disk refuses ends the import with that, and nothing is told to be here", async () => {
  const [a, b] = [await writer(), reader()];
  const importing = watch(b.peer.takeSegments(await exported(a, "s")));
  await b.step();
  b.store.fail(notWritten);
  await b.rest();
  expect(importing.error).toMatchObject({ code: "internal", message: expect.stringContaining("nothing was written") });
  expect(await b.of(b.peer.feeds())).toEqual([]);
});

test("a subject is exported as it was when that began: what comes meanwhile is for the next", async () => {
  const rig = reader();
  await rig.append("s", "x".repeat(300_000), "y".repeat(300_000));
  const first: ExportPart[] = [];
  const reading = async () => {
    for await (const part of rig.peer.segments("s")) {
      first.push(part);
      void rig.peer.append("s", [{ payload: new Uint8Array(100) }]);
    }
  };
  await rig.of(reading());
  expect(first.map(({ kind }) => kind)).toEqual(["segment", "index"]);
  const [segment, index] = first as [ExportPart & { kind: "segment" }, ExportPart & { kind: "index" }];
  expect([segment.events, segment.total, segment.name]).toEqual([
    2,
    2,
    segmentFileName(index.index.lanes[0]?.segments[0]?.id as Uint8Array),
  ]);
  expect((await rig.texts("s")).length).toBe(4);
});

test("a peer that closes ends an export that is under way", async () => {
  const rig = reader();
  await rig.append("s", "x");
  const parts = rig.peer.segments("s")[Symbol.asyncIterator]();
  await rig.of(parts.next());
  await rig.of(rig.peer.close());
  expect(await codeOf(parts.next() as Promise<unknown>)).toBe("stopped");
  expect(await codeOf(exported(rig, "s"))).toBe("stopped");
});
