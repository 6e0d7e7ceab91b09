import fc from "fast-check";
import { expect, test } from "vitest";
import { blockBytesMax } from "../../bytes/limits.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { asId, type LaneId } from "../../identity/ids.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { events, plainEvent } from "../rig/sample-events.suite.js";
import {
  BlockBuilder,
  type BlockView,
  blockCount,
  blockFirstSeq,
  blockHeaderBytes,
  blockPrevious,
  blockRun,
  checkBlock,
  eventOffset,
  eventOffsets,
} from "./block.js";
import { eventHeaderBytes, eventSize, kindAt, payloadAt, sizeAt, stampAt } from "./event.js";

const ZEROS = new Uint8Array(32);
const OTHER = new Uint8Array(32).fill(3);
const lane = asId<LaneId>(new Uint8Array(32).fill(8));

function checked(bytes: Uint8Array): BlockView {
  const block = checkBlock(bytes);
  if (block instanceof Malformed) throw new Error(block.reason);
  return block;
}

function built(count: number, firstSeq = 1): Uint8Array {
  const builder = new BlockBuilder(firstSeq, firstSeq === 1 ? ZEROS : OTHER);
  for (let index = 0; index < count; index++) builder.add(plainEvent(index));
  return builder.finish();
}

function reasonAfter(change: (bytes: Uint8Array, view: DataView) => Uint8Array | undefined, firstSeq = 1): string {
  const bytes = built(3, firstSeq);
  const block = checkBlock(change(bytes, new DataView(bytes.buffer)) ?? bytes);
  return block instanceof Malformed ? block.reason : "accepted";
}

test("property: a block gives back its events, however often it was closed and gone on with", () => {
  fc.assert(
    fc.property(
      fc.array(events, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 2 ** 50 }),
      fc.integer({ min: 1, max: 5 }),
      (parts, firstSeq, every) => {
        const rising = parts.map((part, index) => ({ ...part, stamp: { wallMs: 1000 + index, counter: index } }));
        let builder = new BlockBuilder(firstSeq, firstSeq === 1 ? ZEROS : OTHER);
        for (const [index, part] of rising.entries()) {
          expect(builder.fits(eventSize(part))).toBe(true);
          builder.add(part);
          if (index % every === 0) builder = BlockBuilder.resume(checked(builder.finish()));
        }
        const bytes = builder.finish();
        const block = checked(bytes);
        expect([block.count, block.firstSeq, builder.count, builder.length]).toEqual([
          rising.length,
          firstSeq,
          rising.length,
          bytes.length,
        ]);
        const offsets = [...eventOffsets(bytes)];
        expect(offsets.map((at) => [kindAt(bytes, at), stampAt(bytes, at), [...payloadAt(bytes, at)]])).toEqual(
          rising.map((part) => [part.kind, part.stamp, [...part.payload]]),
        );
        expect(offsets.map((_, index) => eventOffset(bytes, index))).toEqual(offsets);
        expect(offsets).toEqual(offsets.map((_, index) => block.spans[index * 3]));
      },
    ),
  );
});

test("the header says what the block is", () => {
  const bytes = built(3, 2 ** 33 + 5);
  expect([blockCount(bytes), blockFirstSeq(bytes)]).toEqual([3, 2 ** 33 + 5]);
  expect(blockPrevious(bytes)).toEqual(OTHER);
  expect([...bytes.subarray(0, 8)]).toEqual([1, 0, 0, 3, 0, 0, 0, 3 * 36]);
});

test("ids of events added to a stored block are those of the whole block", () => {
  const builder = BlockBuilder.resume(checked(built(3)));
  const first = new Uint8Array(3 * 32);
  referenceHasher.eventIds(builder.run(lane, 0, ZEROS), first, 0);
  for (const index of [3, 4]) builder.add(plainEvent(index));
  const rest = new Uint8Array(2 * 32);
  referenceHasher.eventIds(builder.run(lane, 3, first.subarray(64)), rest, 0);
  const whole = new Uint8Array(5 * 32);
  referenceHasher.eventIds(blockRun(lane, checked(builder.finish())), whole, 0);
  expect([...first, ...rest]).toEqual([...whole]);
});

test("a block closes before the event that would pass the bound", () => {
  const builder = new BlockBuilder(1, ZEROS);
  const size = eventSize(plainEvent(0, 200));
  let index = 0;
  for (; builder.fits(size); index++) builder.add(plainEvent(index, 200));
  expect(builder.length + size).toBeGreaterThan(blockBytesMax);
  expect(builder.finish().length).toBeLessThanOrEqual(blockBytesMax);
  const room = blockBytesMax - builder.length;
  expect([builder.fits(room), builder.fits(room + 1)]).toEqual([true, false]);
  expect(() => builder.add(plainEvent(index, 200))).toThrow(RangeError);
  builder.add(plainEvent(index, room - 16));
  expect(checked(builder.finish()).bytes).toHaveLength(blockBytesMax);
});

test("an event larger than a block has one to itself", () => {
  const builder = new BlockBuilder(7, OTHER);
  const large = plainEvent(1, 100_000);
  expect(builder.fits(eventSize(large))).toBe(true);
  builder.add(large);
  expect(builder.fits(16)).toBe(false);
  const bytes = builder.finish();
  expect(checked(bytes).count).toBe(1);
  expect(BlockBuilder.resume(checked(bytes)).fits(16)).toBe(false);
});

test("events are added as they stand in other bytes", () => {
  const source = built(3);
  const builder = new BlockBuilder(1, ZEROS);
  for (const at of eventOffsets(source)) builder.addBytes(source.subarray(at, at + sizeAt(source, at)));
  expect(builder.finish()).toEqual(source);
});

test("an empty block is never finished", () => {
  expect(() => new BlockBuilder(1, ZEROS).finish()).toThrow(RangeError);
});

test("many small events fit, beyond the first room for their places", () => {
  const builder = new BlockBuilder(1, ZEROS);
  for (let index = 0; builder.fits(16); index++) builder.add(plainEvent(index, 0));
  expect(checked(builder.finish()).count).toBe(Math.floor((blockBytesMax - blockHeaderBytes) / eventHeaderBytes));
});

test.each([
  ["a version", (bytes: Uint8Array) => bytes.with(0, 2), "version 2"],
  ["flags", (bytes: Uint8Array) => bytes.with(1, 2), "flags 2"],
  ["no events", (bytes: Uint8Array) => void bytes.fill(0, 2, 4), "without events"],
  ["a count too low", (bytes: Uint8Array) => bytes.with(3, 2), "bytes behind the events"],
  ["a count too high", (bytes: Uint8Array) => bytes.with(3, 4), "event 4 of the block"],
  ["a count beyond the bytes", (bytes: Uint8Array) => bytes.with(2, 0xff), "events in 108 bytes"],
  ["a length", (bytes: Uint8Array) => bytes.with(7, 9), "length"],
  ["bytes behind", (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]), "length"],
  ["seq 0", (bytes: Uint8Array) => bytes.with(15, 0), "begins at seq 0"],
  ["a seq beyond 2^53", (bytes: Uint8Array) => bytes.with(9, 0x20), "beyond 2^53"],
  ["a start that names an event before it", (bytes: Uint8Array) => bytes.with(20, 1), "at a lane's start"],
  ["a middle that names none", (bytes: Uint8Array) => bytes.with(15, 2), "names no event before it"],
  ["an equal stamp", (bytes: Uint8Array) => void bytes.copyWithin(48 + 36 + 4, 48 + 4, 48 + 12), "event 2 of the block: its stamp"],
  ["a short header", (bytes: Uint8Array) => bytes.subarray(0, 47), "48 bytes; 47"],
])("%s is malformed", (_name, change, expected) => {
  expect(reasonAfter((bytes) => change(bytes) as Uint8Array | undefined)).toContain(expected);
});

test("several events in more than a block's bytes are malformed", () => {
  const builder = new BlockBuilder(1, ZEROS);
  builder.add(plainEvent(0, blockBytesMax - blockHeaderBytes - 16));
  const bytes = Uint8Array.from([...builder.finish(), ...built(1).subarray(blockHeaderBytes)]);
  new DataView(bytes.buffer).setUint32(4, bytes.length - blockHeaderBytes);
  bytes[3] = 2;
  expect(isMalformed(checkBlock(bytes))).toBe(true);
});
