import fc from "fast-check";
import { expect, test } from "vitest";
import { blockBytesMax } from "../../bytes/limits.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { asId, type LaneId } from "../../identity/ids.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { events, plainEvent } from "../rig/sample-events.suite.js";
import {
  absentIn,
  authoredLength,
  BlockBuilder,
  type BlockView,
  checkBlock,
  eventIn,
  eventOffset,
  eventOffsets,
  isAbsent,
} from "./block.js";
import { idsOfBlock } from "./block-ids.js";
import { type EventParts, payloadAt, systemKindMax, systemKinds } from "./event.js";
import { relaidBlock } from "./relaid-block.js";

const ZEROS = new Uint8Array(32);
const lane = asId<LaneId>(new Uint8Array(32).fill(8));

function checked(bytes: Uint8Array): BlockView {
  const block = checkBlock(bytes);
  if (block instanceof Malformed) throw new Error(block.reason);
  return block;
}

function built(parts: readonly EventParts[]): BlockView {
  const builder = new BlockBuilder(1, ZEROS);
  for (const part of parts) builder.add(part);
  return checked(builder.finish());
}

function without(block: BlockView, indexes: readonly number[]): BlockView {
  return checked(relaidBlock(referenceHasher, block, (index) => (indexes.includes(index) ? "absent" : undefined)));
}

const someEvents = fc
  .array(events, { minLength: 1, maxLength: 10 })
  .map((parts) => parts.map((part, index) => ({ ...part, stamp: { wallMs: 1000 + index, counter: index } })));

test("property: a block that lacks payloads has the ids, places and authored length of the whole one, and is that again once filled", () => {
  fc.assert(
    fc.property(someEvents, fc.uniqueArray(fc.nat(9)), (parts, chosen) => {
      const whole = built(parts);
      const absent = chosen
        .filter((index) => index < parts.length && parts[index].kind > systemKindMax)
        .sort((left, right) => left - right);
      const block = without(whole, chosen);
      expect(block.absent).toEqual(absent);
      expect(absentIn(block.bytes)).toEqual(absent);
      expect(idsOfBlock(referenceHasher, lane, block)).toEqual(idsOfBlock(referenceHasher, lane, whole));
      for (let count = 1; count < block.count; count++)
        expect(idsOfBlock(referenceHasher, lane, block, count)).toEqual(idsOfBlock(referenceHasher, lane, whole, count));
      expect(authoredLength(block.bytes)).toBe(whole.bytes.length);
      const offsets = [...eventOffsets(block.bytes)];
      expect(offsets).toEqual(parts.map((_, index) => block.spans[index * 3]));
      expect(offsets).toEqual(parts.map((_, index) => eventOffset(block.bytes, index)));
      for (const [index, part] of parts.entries())
        if (!isAbsent(block, index)) expect(payloadAt(block.bytes, offsets[index])).toEqual(part.payload);
      const filled = relaidBlock(referenceHasher, block, (index) => (isAbsent(block, index) ? parts[index].payload : undefined));
      expect(filled).toEqual(whole.bytes);
    }),
  );
});

test("property: a block that lacks payloads is gone on with as the whole one is", () => {
  fc.assert(
    fc.property(someEvents, fc.uniqueArray(fc.nat(9)), (parts, chosen) => {
      const whole = BlockBuilder.resume(built(parts));
      const builder = BlockBuilder.resume(without(built(parts), chosen));
      const room = blockBytesMax - whole.length;
      expect([builder.length, builder.count, builder.fits(room), builder.fits(room + 1)]).toEqual([whole.length, whole.count, true, false]);
      const from = builder.count;
      for (const each of [whole, builder]) each.add(plainEvent(1));
      const last = idsOfBlock(referenceHasher, lane, checked(whole.finish())).subarray(-32);
      expect(idsOfBlock(referenceHasher, lane, checked(builder.finish())).subarray(-32)).toEqual(last);
      const ids = new Uint8Array(32);
      const previous = idsOfBlock(referenceHasher, lane, built(parts)).subarray(-32);
      referenceHasher.eventIds(builder.run(lane, from, previous), ids, 0);
      expect(ids).toEqual(last);
    }),
  );
});

test("a full block of empty payloads may lack them all", () => {
  const builder = new BlockBuilder(1, ZEROS);
  for (let index = 0; builder.fits(16); index++) builder.add(plainEvent(index, 0));
  const whole = checked(builder.finish());
  const block = without(
    whole,
    Array.from({ length: whole.count }, (_, index) => index),
  );
  expect([block.count, block.absent.length, authoredLength(block.bytes)]).toEqual([whole.count, whole.count, whole.bytes.length]);
  expect(block.bytes.length).toBeGreaterThan(blockBytesMax);
});

test("what the system's own events say is never absent", () => {
  const block = built([{ ...plainEvent(0, 60), kind: systemKinds.redacted }, plainEvent(1)]);
  expect(without(block, [0, 1]).absent).toEqual([1]);
  const forged = new BlockBuilder(1, ZEROS);
  forged.addAbsent(eventIn(block, 0).subarray(0, 16), new Uint8Array(32));
  expect(checkBlock(forged.finish())).toEqual(new Malformed("event 1 of the block: an event of the system's without its payload"));
});

test.each([
  ["an empty list", [0, 0], "a list of 0 absent payloads"],
  ["a list longer than the block", [0, 4, 0, 0, 0, 1, 0, 2, 0, 3], "a list of 4 absent payloads"],
  ["a list that does not rise", [0, 2, 0, 1, 0, 1], "does not rise"],
  ["a list that falls", [0, 2, 0, 2, 0, 1], "does not rise"],
  ["an index beyond the block", [0, 1, 0, 3], "goes beyond its block"],
])("%s is malformed", (_name, list, expected) => {
  const whole = built([0, 1, 2].map((index) => plainEvent(index))).bytes;
  const bytes = Uint8Array.from([...whole.subarray(0, 48), ...list, ...whole.subarray(48)]);
  bytes[1] = 1;
  new DataView(bytes.buffer).setUint32(4, bytes.length - 48);
  const block = checkBlock(bytes);
  expect(block instanceof Malformed ? block.reason : "accepted").toContain(expected);
});

test("several events are malformed that come to more than a block with the payloads they lack", () => {
  const large = built([plainEvent(0, blockBytesMax)]);
  const builder = new BlockBuilder(1, ZEROS);
  const head = eventIn(large, 0).subarray(0, 16);
  builder.addAbsent(head, new Uint8Array(32));
  const bytes = Uint8Array.from([...builder.finish(), ...eventIn(built([plainEvent(1)]), 0)]);
  bytes[3] = 2;
  new DataView(bytes.buffer).setUint32(4, bytes.length - 48);
  expect(checkBlock(bytes)).toEqual(new Malformed("a block of several events that come to more than 8176 bytes with their payloads"));
});

test("cut anywhere, or with any bit flipped, it is malformed or has other ids", () => {
  const block = without(built([plainEvent(0), { ...plainEvent(1), key: Uint8Array.of(7) }, plainEvent(2, 0)]), [1, 2]);
  const ids = Buffer.from(idsOfBlock(referenceHasher, lane, block)).toString("hex");
  for (let end = 0; end < block.bytes.length; end++) expect(isMalformed(checkBlock(block.bytes.subarray(0, end)))).toBe(true);
  for (let bit = 0; bit < block.bytes.length * 8; bit++) {
    const bytes = block.bytes.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    const flipped = checkBlock(bytes);
    if (!isMalformed(flipped)) expect(Buffer.from(idsOfBlock(referenceHasher, lane, flipped)).toString("hex")).not.toBe(ids);
  }
});
