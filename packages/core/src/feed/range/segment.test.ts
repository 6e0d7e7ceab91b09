import { expect, test } from "vitest";
import { segmentBlocksBytesMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { BlockBuilder } from "../event/block.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { atHead, segmented } from "../rig/segments.suite.js";
import { decodeSegment, type Segment, SegmentBuilder, segmentBytesMax, segmentHeaderBytes, segmentId, segmentVersion } from "./segment.js";

const zeros = new Uint8Array(32);
const place = {
  author: new Uint8Array(32).fill(2),
  subject: new Uint8Array(32).fill(3),
  epoch: { index: 4, nonce: new Uint8Array(16).fill(5) },
};

/** Blocks of one event each, of so many bytes. */
function blocksOf(...sizes: readonly number[]): Uint8Array[] {
  return sizes.map((size, at) => {
    const builder = new BlockBuilder(at + 1, at === 0 ? zeros : new Uint8Array(32).fill(9));
    builder.add({ ...plainEvent(at), payload: new Uint8Array(size - 48 - 16) });
    return builder.finish();
  });
}

function segmentOf(...blocks: readonly Uint8Array[]): Uint8Array {
  const builder = new SegmentBuilder(place as never);
  for (const block of blocks) builder.add(block);
  return builder.finish().bytes;
}

const reasonOf = (bytes: Uint8Array) => {
  const segment = decodeSegment(bytes);
  return segment instanceof Malformed ? segment.reason : "a segment";
};

test("a segment says which lane and events it is of, and hands out its blocks without a copy", () => {
  const blocks = blocksOf(100, 200, 300);
  const bytes = segmentOf(...blocks);
  const segment = decodeSegment(bytes);
  expect(segment).toEqual({ place, firstSeq: 1, lastSeq: 3, blocks });
  expect((segment as Segment).blocks.every(({ buffer }) => buffer === bytes.buffer)).toBe(true);
  expect(bytes.length).toBe(segmentHeaderBytes + 600);
  expect(new TextDecoder().decode(bytes.subarray(0, 14))).toBe("sinter segment");
});

test("its name is the hash of all of its bytes under a tag of its own", () => {
  const bytes = segmentOf(...blocksOf(100));
  expect(segmentId(hasher, bytes)).toEqual(hasher.hash("sinter 1 segment", bytes));
});

test("blocks go in until the next one would be too much; a large one has a segment to itself", () => {
  const half = segmentBlocksBytesMax / 2;
  const [first, second, third] = blocksOf(half, half, 100) as [Uint8Array, Uint8Array, Uint8Array];
  const builder = new SegmentBuilder(place as never);
  builder.add(first);
  expect(builder.fits(second)).toBe(true);
  builder.add(second);
  expect(builder.fits(third)).toBe(false);
  expect(() => builder.add(third)).toThrow("does not fit");
  const [large] = blocksOf(segmentBlocksBytesMax + 1) as [Uint8Array];
  expect(reasonOf(segmentOf(large))).toBe("a segment");
  expect(() => new SegmentBuilder(place as never).finish()).toThrow("one block or more");
});

test("a block that does not follow is not put behind another", () => {
  const [first, , third] = blocksOf(100, 100, 100) as [Uint8Array, Uint8Array, Uint8Array];
  expect(() => segmentOf(first, third)).toThrow("behind event 1");
});

test("cut short anywhere, or with a byte behind it, it is none", () => {
  const bytes = segmentOf(...blocksOf(100, 70));
  for (let length = 0; length < bytes.length; length++) expect(decodeSegment(bytes.subarray(0, length))).toBeInstanceOf(Malformed);
  expect(reasonOf(new Uint8Array([...bytes, 0]))).toBe("1 bytes too many");
});

test("whatever its header says wrongly of its blocks is noticed", () => {
  const bytes = segmentOf(...blocksOf(100, 70));
  const with8 = (at: number, value: number) => bytes.map((byte, index) => (index === at ? value : byte));
  expect(reasonOf(with8(0, 0x53))).toBe('a segment begins with "sinter segment"');
  expect(reasonOf(with8(15, 1))).toBe("flags of a segment that are not assigned");
  expect(reasonOf(with8(107, 0))).toBe("a segment that begins at seq 0");
  expect(reasonOf(with8(107, 2))).toBe("blocks that do not follow one another");
  expect(reasonOf(with8(115, 3))).toBe("a segment that does not end with the event 3 that it names");
  expect(reasonOf(with8(119, 1))).toBe("2 blocks where 1 are named");
  expect(reasonOf(with8(120, 0xff))).toMatch(/bytes of blocks; \d+ are allowed/);
  expect(reasonOf(with8(segmentHeaderBytes + 7, 255))).toBe("a block that is not all there");
});

test("a segment of a later version is refused by its number", () => {
  const bytes = segmentOf(...blocksOf(100));
  bytes[14] = segmentVersion + 1;
  expect(reasonOf(bytes)).toBe("a segment of version 2; this program reads 1");
});

test("the largest event there may be is within the bound of a segment", () => {
  const rig = new Rig();
  rig.append("s", parts(16 * 1024 * 1024, { key: new Uint8Array(1024) }));
  const [only] = segmented(rig, atHead(rig, 0)).made;
  expect(only?.bytes.length).toBeLessThanOrEqual(segmentBytesMax);
  expect(reasonOf(only?.bytes ?? zeros)).toBe("a segment");
});
