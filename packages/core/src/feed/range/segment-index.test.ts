import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { type Archived, archived, sealedByBoth } from "../rig/segments.suite.js";
import {
  decodeSegmentIndex,
  encodeSegmentIndex,
  type IndexedLane,
  indexedEvents,
  type SegmentIndex,
  segmentFileName,
  segmentIndexVersion,
  segmentOffer,
} from "./segment-index.js";

/** Two authors in one subject, the first of them in two epochs. */
function twoAuthors(): Archived {
  const { keys } = new Rig();
  new Rig({ keys }).append("s", parts("a"), parts("b"));
  new Rig({ keys, instance: 4 }).append("s", parts("c"));
  const other = new Rig({ keys, author: 2, instance: 2 });
  other.append("s", parts("d"));
  return archived(other, "s");
}

function withLanes(index: SegmentIndex, lanes: readonly IndexedLane[]): unknown {
  const decoded = decodeSegmentIndex(encodeSegmentIndex({ ...index, lanes }));
  return decoded instanceof Malformed ? decoded.reason : decoded;
}

test("an index comes back as it was written, lanes in the order of author and epoch", () => {
  const { index } = twoAuthors();
  expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
  expect(index.lanes.map(indexedEvents).sort()).toEqual([1, 2, 2]);
});

test("cut short anywhere, or with a byte behind it, it is none", () => {
  const bytes = encodeSegmentIndex(twoAuthors().index);
  for (let length = 0; length < bytes.length; length++) expect(decodeSegmentIndex(bytes.subarray(0, length))).toBeInstanceOf(Malformed);
  expect(decodeSegmentIndex(new Uint8Array([...bytes, 0]))).toMatchObject({ reason: "1 bytes too many" });
});

test("lanes out of order, named twice, of two subjects, or none are refused", () => {
  const { index } = twoAuthors();
  const [first, second] = index.lanes as [IndexedLane, IndexedLane];
  const disorder = "lanes out of order, or of several subjects";
  expect(withLanes(index, [second, first])).toBe(disorder);
  expect(withLanes(index, [first, first])).toBe(disorder);
  const place = { ...second.checkpoint.place, subject: new Uint8Array(32) as never };
  expect(withLanes(index, [first, { ...second, checkpoint: { ...second.checkpoint, place } }])).toBe(disorder);
  expect(withLanes(index, [])).toBe("an index of no lanes");
});

test("segments out of order, beyond the checkpoint, or none are refused", () => {
  const { index } = twoAuthors();
  const lane = index.lanes.find((each) => indexedEvents(each) === 2) as IndexedLane;
  const [segment] = lane.segments;
  if (segment === undefined) throw new Error("a lane of no segments");
  expect(withLanes(index, [{ ...lane, segments: [segment, segment] }])).toBe("segments out of order");
  expect(withLanes(index, [{ ...lane, segments: [{ ...segment, lastSeq: 0 }] }])).toBe("segments out of order");
  expect(withLanes(index, [{ ...lane, segments: [{ ...segment, lastSeq: 3 }] }])).toBe(
    "a segment up to event 3, beyond the 2 that its checkpoint covers",
  );
  expect(withLanes(index, [{ ...lane, segments: [] }])).toBe("a lane of no segments");
});

test("what a second key signed stands beside its lane, and comes back as it was written", () => {
  const rig = sealedByBoth("s");
  new Rig({ keys: rig.keys, author: 2, instance: 2 }).append("s", parts("of another"));
  const { index } = archived(rig, "s");
  expect(index.lanes.map(({ keys, hybrid }) => [keys.suite, hybrid?.seal.size]).sort()).toEqual([
    [1, undefined],
    [2, 2],
  ]);
  expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
});

test("flags of a lane that are not assigned, and a second signature by an author who has no second key, are refused", () => {
  const { index } = archived(sealedByBoth("s"), "s");
  const [lane] = index.lanes as [IndexedLane];
  const bytes = encodeSegmentIndex(index);
  // Behind the words, version and flags, the network's name, the path and the number of lanes.
  const at = 16 + 4 + 2 + 4;
  expect(bytes[at]).toBe(1);
  for (const flags of [2, 3, 0x80, 0xff]) {
    const reason = (decodeSegmentIndex(bytes.with(at, flags)) as Malformed).reason;
    expect(reason).toBe("flags of a lane that are not assigned");
  }
  expect(decodeSegmentIndex(bytes.with(at, 0))).toBeInstanceOf(Malformed);
  const classical = { ...lane, keys: { suite: 1, ed25519: lane.keys.ed25519 } as const };
  expect(withLanes(index, [classical])).toBe("a hybrid seal by an author that has no Falcon key");
});

test("an index of a later version, and other files, are refused by what they are", () => {
  const bytes = encodeSegmentIndex(twoAuthors().index);
  const reasonOf = (at: number, value: number) => {
    const changed = bytes.map((byte, index) => (index === at ? value : byte));
    return (decodeSegmentIndex(changed) as Malformed).reason;
  };
  expect(reasonOf(14, segmentIndexVersion + 1)).toBe("an index of segments of version 2; this program reads 1");
  expect(reasonOf(15, 1)).toBe("flags of an index of segments that are not assigned");
  expect(reasonOf(7, 0)).toBe('an index of segments begins with "sinter subject"');
});

test("a segment is what the index names, or offers nothing", () => {
  const { index, files } = twoAuthors();
  const [lane, another] = index.lanes as [IndexedLane, IndexedLane];
  const bytesOf = ({ segments }: IndexedLane) => files.get(segmentFileName(segments[0]?.id ?? new Uint8Array(0))) as Uint8Array;
  const offer = (named: IndexedLane, bytes: Uint8Array) => segmentOffer(hasher, index.path, { lane: named, at: 0 }, bytes);
  const { path, blocks } = offer(lane, bytesOf(lane)) as Exclude<ReturnType<typeof offer>, Malformed>;
  expect([path, blocks.length]).toEqual(["s", 1]);
  expect(offer(lane, bytesOf(another))).toMatchObject({ reason: "its bytes are not those that it was named for" });
  const taken = { ...lane, segments: another.segments };
  expect(offer(taken, bytesOf(another))).toMatchObject({ reason: "it is of another lane than the index says" });
  const longer = { ...lane, segments: lane.segments.map((segment) => ({ ...segment, lastSeq: 9 })) };
  expect(offer(longer, bytesOf(lane))).toMatchObject({
    reason: expect.stringMatching(/^it holds the events 1 to \d, where 1 to 9 are named$/),
  });
});
