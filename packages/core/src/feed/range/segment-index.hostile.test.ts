import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { nothingHeld } from "../lane/held-lane.js";
import { hasher, networkName, parts, Rig } from "../rig/feed-rig.suite.js";
import { rangeTools } from "../rig/offered-lane.suite.js";
import { type Archived, archived, flipped, sealedByBoth } from "../rig/segments.suite.js";
import { standInFalcon } from "../rig/stand-in-falcon.suite.js";
import { hybridFits, hybridVerifyJob } from "../seal/hybrid-seal.js";
import { segmentId } from "./segment.js";
import {
  decodeSegmentIndex,
  encodeSegmentIndex,
  type IndexedLane,
  type SegmentIndex,
  segmentFileName,
  segmentOffer,
} from "./segment-index.js";
import { type RangeOutcome, verifyRange } from "./verified-range.js";

// Segments and indexes in which something was changed: whatever an importer would write of them is what the author wrote.

function smallArchive(): Archived {
  const { keys } = new Rig();
  new Rig({ keys }).append("s", parts("one"), parts("two", { key: Uint8Array.of(7) }), parts("three"));
  const other = new Rig({ keys, author: 2, instance: 2 });
  other.append("s", parts("four"));
  return archived(other, "s");
}

function outcomeOf(archive: Archived, lane: IndexedLane, at = 0): RangeOutcome | Malformed {
  const name = segmentFileName(lane.segments[at]?.id ?? new Uint8Array(0));
  const bytes = archive.files.get(name);
  if (bytes === undefined) return new Malformed("it is not there");
  const offer = segmentOffer(hasher, archive.index.path, { lane, at }, bytes);
  return offer instanceof Malformed ? offer : verifyRange(rangeTools, nothingHeld, offer);
}

/** What a store that holds nothing would write of each lane. */
function written(archive: Archived): string[] {
  if (archive.index.networkName !== networkName) return [];
  return archive.index.lanes.flatMap((lane) => {
    const outcome = outcomeOf(archive, lane);
    if (outcome instanceof Malformed || outcome.kind !== "verified") return [];
    const { range } = outcome;
    return [`${range.path} ${toHex(range.lane)} ${toHex(range.ids)} ${range.blocks.map(({ bytes }) => toHex(bytes)).join()}`];
  });
}

/** The same archive under the names that its changed segments have. */
function renamed({ index, files }: Archived, was: string, bytes: Uint8Array): Archived {
  const id = segmentId(hasher, bytes);
  const lanes = index.lanes.map((lane) => ({
    ...lane,
    segments: lane.segments.map((segment) => (segmentFileName(segment.id) === was ? { ...segment, id } : segment)),
  }));
  return { index: { ...index, lanes }, files: new Map([...files, [segmentFileName(id), bytes]]) };
}

test("every bit of a segment flipped, under its name or under a new one: nothing of that lane is written", () => {
  const archive = smallArchive();
  const all = written(archive);
  expect(all.length).toBe(2);
  for (const [name, bytes] of archive.files) {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const spoilt = flipped(bytes, bit);
      for (const other of [{ ...archive, files: new Map([...archive.files, [name, spoilt]]) }, renamed(archive, name, spoilt)]) {
        const some = written(other);
        if (some.length !== 1 || !all.includes(some[0] as string)) throw new Error(`bit ${bit} of ${name}: ${some.length} lanes`);
      }
    }
  }
});

test("every bit of an index flipped: what is written is what was exported, and never all of it", () => {
  const archive = smallArchive();
  const all = written(archive);
  const bytes = encodeSegmentIndex(archive.index);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const index = decodeSegmentIndex(flipped(bytes, bit));
    const some = index instanceof Malformed ? [] : written({ ...archive, index });
    if (some.length === all.length || some.some((lane) => !all.includes(lane))) throw new Error(`bit ${bit}: ${some.length} lanes`);
  }
});

/** Of each lane how far its author's second key signed for what is written of it. */
function sealed(archive: Archived): string[] {
  return archive.index.lanes.flatMap((lane) => {
    const { hybrid, keys, checkpoint } = lane;
    const outcome = outcomeOf(archive, lane);
    if (hybrid === undefined || keys.suite !== 2 || outcome instanceof Malformed || outcome.kind !== "verified") return [];
    const { range } = outcome;
    const ids = { leaves: (first: number, count: number) => range.ids.subarray(32 * first, 32 * (first + count)), node: () => undefined };
    if (hybridFits({ hasher, source: ids, size: range.ids.length / 32 }, hybrid) !== "fits") return [];
    const job = hybridVerifyJob(hasher, keys, { place: checkpoint.place, ...hybrid });
    const holds = !(job instanceof Malformed) && standInFalcon.verifyFalcon(job.publicKey, job.message, job.signature);
    return holds ? [`${toHex(range.lane)} up to ${hybrid.seal.size}: ${toHex(hybrid.headId)}`] : [];
  });
}

test("every bit of an index with a second signature flipped: events or seal are those that were exported, and never all of them", () => {
  const archive = archived(sealedByBoth("s"), "s");
  const [all, seals] = [written(archive), sealed(archive)];
  expect([all.length, seals.length]).toEqual([1, 1]);
  const bytes = encodeSegmentIndex(archive.index);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const index = decodeSegmentIndex(flipped(bytes, bit));
    const [some, kept] = index instanceof Malformed ? [[], []] : [written({ ...archive, index }), sealed({ ...archive, index })];
    const isMadeUp = some.some((lane) => !all.includes(lane)) || kept.some((seal) => !seals.includes(seal));
    if (isMadeUp || some.length + kept.length === 2) throw new Error(`bit ${bit}: ${some.length} lanes, ${kept.length} seals`);
  }
});

/** An archive of the same words under another place. */
function elsewhere({ author = 1, instance = 1, path = "s" }: { author?: number; instance?: number; path?: string }): Archived {
  const rig = new Rig({ author, instance });
  rig.append(path, parts("one"), parts("two"));
  return archived(rig, path);
}

test("segments of another subject, author or epoch are refused wherever they do not belong", () => {
  const here = elsewhere({});
  const [lane] = here.index.lanes as [IndexedLane];
  for (const there of [elsewhere({ path: "t" }), elsewhere({ author: 2 }), elsewhere({ instance: 2 })]) {
    const [theirs] = there.index.lanes as [IndexedLane];
    const files = new Map([...here.files, ...there.files]);
    const reason = (index: SegmentIndex, named: IndexedLane) => (outcomeOf({ index, files }, named) as Malformed).reason;
    expect(reason(here.index, { ...lane, segments: theirs.segments })).toBe("it is of another lane than the index says");
    // With their checkpoint, under our path or keys: neither is theirs but where author and subject are the same.
    const mixed = reason(here.index, { ...theirs, keys: lane.keys });
    if (toHex(theirs.checkpoint.place.author) !== toHex(lane.checkpoint.place.author))
      expect(mixed).toContain("its checkpoint does not hold");
    else if (there.index.path !== "s") expect(mixed).toContain("of another subject or network");
  }
});

test("segments under the checkpoint of another lane, or without the way to it, are refused", () => {
  const rig = new Rig();
  for (let at = 0; at < 25; at++) rig.append("s", parts(200_000));
  const archive = archived(rig, "s");
  const [lane] = archive.index.lanes as [IndexedLane];
  const [first, second] = lane.segments;
  if (first === undefined || second === undefined) throw new Error("two segments expected");
  const reason = (changed: IndexedLane, at = 0) => (outcomeOf(archive, changed, at) as Malformed).reason;
  expect(outcomeOf(archive, lane)).toMatchObject({ kind: "verified" });
  expect(reason(lane, 1)).toContain("where 0 events are held");
  const notTheWay = "its events are not those that its checkpoint begins with";
  expect(reason({ ...lane, segments: [{ ...first, proof: [] }, second] })).toContain(notTheWay);
  expect(reason({ ...lane, segments: [{ ...first, proof: [...first.proof].reverse() }, second] })).toContain(notTheWay);
});
