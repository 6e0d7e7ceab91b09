import {
  BlockBuilder,
  blockHeaderBytes,
  type Checkpoint,
  type EventParts,
  encodeCheckpoint,
  encodeMmrProof,
  eventOffsets,
  eventSize,
  headLengthAt,
  Writer,
  writeEvent,
} from "@sinter/core";
import { expect, test } from "vitest";
import { SeededRandom } from "../seeded-random.js";
import { EndedEvents } from "./ended-events.js";

const seed = Number(process.env["SINTER_SEED"] ?? 1);
console.log(`seed ${seed}`);

const random = new SeededRandom(seed, "ended events");
const LENGTH_BYTES = 4;

/** So small that twenty go into a block. */
function event(at: number): EventParts {
  const key = random.chance(0.5) === "yes" ? random.bytes(1 + random.below(40)) : undefined;
  return { kind: 128, stamp: { wallMs: 1_000, counter: at }, payload: random.bytes(random.pick([0, 1, 30, 300])), ...(key && { key }) };
}

function block(firstSeq: number, events: number, absent: "some" | "none"): Uint8Array {
  const builder = new BlockBuilder(firstSeq, random.bytes(32));
  for (let at = 0; at < events; at++) {
    const parts = event(at);
    const bytes = new Uint8Array(eventSize(parts));
    writeEvent(bytes, 0, parts);
    if (absent === "some" && at % 2 === 0) builder.addAbsent(bytes.subarray(0, headLengthAt(bytes, 0)), random.bytes(32));
    else builder.addBytes(bytes);
  }
  return builder.finish();
}

function envelope(): Uint8Array {
  const place = { author: random.bytes(32), subject: random.bytes(32), epoch: { index: 0, nonce: random.bytes(16) } };
  const seal = { size: 9, stamp: { wallMs: 1_000, counter: 0 }, leaves: 1, index: 0, path: [], signature: random.bytes(64) };
  const checkpoint = { place, mmrRoot: random.bytes(32), headId: random.bytes(32), seal } as unknown as Checkpoint;
  const proof = encodeMmrProof([random.bytes(32), random.bytes(32)]);
  return new Writer(512).prefixed(new TextEncoder().encode("sim/keys")).u8(1).bytes(encodeCheckpoint(checkpoint)).bytes(proof).finish();
}

/** A stream of ranges, and where in it each of its events ends. */
function stream(ranges: readonly (readonly Uint8Array[])[]): { readonly bytes: Uint8Array; readonly ends: readonly number[] } {
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  let at = 0;
  const push = (bytes: Uint8Array): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const blocks of ranges) {
    const before = envelope();
    const length = before.length + blocks.reduce((sum, { length }) => sum + length, 0);
    const prefix = new Uint8Array(LENGTH_BYTES);
    new DataView(prefix.buffer).setUint32(0, length);
    push(prefix);
    push(before);
    for (const bytes of blocks) {
      const begins = [...eventOffsets(bytes)];
      // Where payloads are absent the block counts as a whole.
      begins.forEach((_, index) => ends.push(at + (bytes[1] === 0 ? (begins[index + 1] ?? bytes.length) : bytes.length)));
      push(bytes);
    }
  }
  const bytes = new Uint8Array(at);
  let filled = 0;
  for (const part of parts) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return { bytes, ends };
}

const ranges = [[block(1, 3, "none"), block(4, 1, "none")], [block(5, 20, "none")], [block(25, 4, "some"), block(29, 2, "none")]] as const;

test("however a stream is cut, each event is counted where it ends", () => {
  const { bytes, ends } = stream(ranges);
  for (let run = 0; run < 60; run++) {
    const counted = new EndedEvents();
    const most = random.pick([1, 7, 100, 1_000, bytes.length]);
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + 1 + random.below(most));
      const expected = ends.filter((end) => end > from && end <= to).length;
      expect(counted.take(bytes.subarray(from, to)), `seed ${seed}, from ${from} to ${to}`).toBe(expected);
      from = to;
    }
  }
  expect(ends).toHaveLength(30);
});

test("what is no range ends the count, and nothing is kept of it", () => {
  const counted = new EndedEvents();
  const { bytes } = stream(ranges);
  const wrong = bytes.slice();
  wrong[LENGTH_BYTES] = 0xff;
  wrong[LENGTH_BYTES + 1] = 0xff;
  expect(counted.take(wrong)).toBe(0);
  expect(counted.take(bytes)).toBe(0);
});

test("a block cannot be longer than its range", () => {
  const { bytes } = stream([[block(1, 2, "none")]]);
  const short = bytes.slice(0, -1);
  new DataView(short.buffer).setUint32(0, short.length - LENGTH_BYTES - 1);
  const counted = new EndedEvents();
  expect(counted.take(short.subarray(0, LENGTH_BYTES + blockHeaderBytes))).toBe(0);
  expect(counted.take(new Uint8Array(10_000))).toBe(0);
});
