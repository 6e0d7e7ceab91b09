import type { KeyObject } from "node:crypto";
import { Bytes, Cursor, expectThat, same } from "./bytes.suite.js";
import { grownRoot, hash, laneIdOf, mmrRoot, type Place, subjectIdOf } from "./hashes.suite.js";
import { isSigned, signed } from "./keys.suite.js";

// "Event", "Block", "Seal", "Checkpoint" and "Range" of docs/wire.md: what comes is checked, what goes is made.

const blockHeaderBytes = 48;
const blockBytes = 8_176;
const zeros = new Uint8Array(32);
const fullEvery = 256;

export interface Event {
  readonly id: Uint8Array;
  readonly seq: number;
  readonly kind: number;
  readonly wall: number;
  readonly counter: number;
  /** `undefined`: absent. */
  readonly payload: Uint8Array | undefined;
}

/** All that is held of one lane. */
export interface Lane {
  readonly path: string;
  readonly place: Place;
  readonly events: Event[];
  readonly blocks: Uint8Array[];
  /** The checkpoint over all of it, once it is here. */
  checkpoint: Uint8Array;
}

export function newLane(path: string, place: Place): Lane {
  return { path, place, events: [], blocks: [], checkpoint: new Uint8Array(0) };
}

interface Checkpoint {
  readonly place: Place;
  readonly size: number;
  readonly root: Uint8Array;
  readonly headId: Uint8Array;
  readonly wall: number;
  readonly counter: number;
}

const sealed = (author: Uint8Array, stamp: Uint8Array, leaves: number, root: Uint8Array): Uint8Array =>
  new Bytes().raw(Buffer.from("sinter/1/seal\n"), author, stamp).u32(leaves).raw(root).done();

const headLeaf = (place: Place, size: number, root: Uint8Array, headId: Uint8Array): Uint8Array =>
  hash("sinter 1 head", new Bytes().raw(laneIdOf(place)).u64(size).raw(root, headId).done());

/** Throws where it does not hold. */
function readCheckpoint(from: Cursor): Checkpoint {
  expectThat(from.u8() === 1, "the version of a checkpoint");
  const place: Place = { author: from.take(32), subject: from.take(32), epoch: from.u32(), nonce: from.take(16) };
  const [size, root, headId] = [from.u64(), from.take(32), from.take(32)];
  const stamp = from.take(8);
  let width = from.u32();
  let at = from.u32();
  const leaves = width;
  expectThat(at < width, "the index of a leaf");
  const siblings = Array.from({ length: from.u8() }, () => from.take(32));
  let top = headLeaf(place, size, root, headId);
  // Parents join neighbours; a last odd one rises unchanged.
  for (; width > 1; width = Math.ceil(width / 2), at >>= 1) {
    if (at % 2 === 0 && at === width - 1) continue;
    const sibling = siblings.shift() ?? zeros;
    top = at % 2 === 0 ? hash("sinter 1 seal parent", top, sibling) : hash("sinter 1 seal parent", sibling, top);
  }
  expectThat(siblings.length === 0, "exactly the siblings");
  const signature = from.take(64);
  expectThat(isSigned(place.author, sealed(place.author, stamp, leaves, top), signature), "the signature of a seal");
  const [wall, counter] = [Buffer.from(stamp).readUIntBE(0, 6), Buffer.from(stamp).readUInt16BE(6)];
  return { place, size, root, headId, wall, counter };
}

function readEvent(from: Cursor, lane: Uint8Array, before: { readonly id: Uint8Array; readonly seq: number }, isAbsent: boolean): Event {
  const start = from.at;
  expectThat(from.u8() === 1, "the version of an event");
  const kind = from.u8();
  const flags = from.u8();
  expectThat((flags & ~15) === 0 && from.u8() <= 3, "flags and codec of an event");
  const [wall, counter, length] = [from.u48(), from.u16(), from.u32()];
  if (flags !== 0) from.take(from.u16());
  const head = from.bytes.slice(start, from.at);
  const payload = isAbsent ? undefined : from.take(length);
  const payloadHash = payload === undefined ? from.take(32) : hash("sinter 1 payload", payload);
  const seq = before.seq + 1;
  const id = hash("sinter 1 event", new Bytes().raw(lane, before.id).u64(seq).raw(payloadHash, head).done());
  return { id, seq, kind, wall, counter, payload };
}

function readBlock(from: Cursor, lane: Uint8Array, before: Event | undefined): { readonly events: Event[]; readonly bytes: Uint8Array } {
  const start = from.at;
  expectThat(from.u8() === 1, "the version of a block");
  const flags = from.u8();
  expectThat(flags <= 1, "the flags of a block");
  const count = from.u16();
  expectThat(count > 0, "the number of events");
  const length = from.u32();
  expectThat(from.u64() === (before?.seq ?? 0) + 1, "a block begins where the one before ends");
  const previous = from.take(32);
  expectThat(same(previous, before?.id ?? zeros), "a block names the last id of the one before");
  const absent = new Set(flags === 1 ? Array.from({ length: from.u16() }, () => from.u16()) : []);
  const events: Event[] = [];
  for (let at = 0; at < count; at++) {
    const last = events.at(-1) ?? before ?? { id: zeros, seq: 0 };
    events.push(readEvent(from, lane, last, absent.has(at)));
  }
  expectThat(from.at === start + blockHeaderBytes + length, "the length of a block");
  return { events, bytes: from.bytes.slice(start, from.at) };
}

/** Where a range is of, before anything of it is believed. */
export function placeInRange(bytes: Uint8Array): { readonly path: string; readonly place: Place } {
  const from = new Cursor(bytes);
  const path = Buffer.from(from.prefixed()).toString();
  expectThat(from.u8() === 1, "an author of the classical suite");
  from.u8();
  return { path, place: { author: from.take(32), subject: from.take(32), epoch: from.u32(), nonce: from.take(16) } };
}

/** Takes in a range of which all holds, and throws at any other. */
export function takeRange(bytes: Uint8Array, network: Uint8Array, lane: Lane): void {
  const from = new Cursor(bytes);
  const path = Buffer.from(from.prefixed()).toString();
  expectThat(from.u8() === 1, "an author of the classical suite");
  const checkpointStart = from.at;
  const checkpoint = readCheckpoint(from);
  const checkpointBytes = bytes.slice(checkpointStart, from.at);
  expectThat(same(subjectIdOf(network, path), checkpoint.place.subject), "network and path give the SubjectId");
  expectThat(same(laneIdOf(checkpoint.place), laneIdOf(lane.place)), "a range of the lane asked for");
  const consistency = Array.from({ length: from.u8() }, () => from.take(32));
  const laneId = laneIdOf(checkpoint.place);
  // It may begin within what is held: the block that is not full yet comes again as a whole.
  const first = Buffer.from(bytes).readUIntBE(from.at + 10, 6);
  const kept = lane.events.filter(({ seq }) => seq < first);
  const blocks = lane.blocks.filter((block) => Buffer.from(block).readUIntBE(10, 6) < first);
  expectThat(kept.length === first - 1, "a range goes on from what is held");
  const events = [...kept];
  while (from.left > 0) {
    const block = readBlock(from, laneId, events.at(-1));
    blocks.push(block.bytes);
    for (const event of block.events) {
      const before = events.at(-1);
      expectThat(
        before === undefined || before.wall < event.wall || (before.wall === event.wall && before.counter < event.counter),
        "stamps rise",
      );
      const held = lane.events[event.seq - 1];
      expectThat(held === undefined || same(held.id, event.id), "the ids of what both have agree");
      events.push(event);
    }
  }
  const last = events.at(-1) as Event;
  expectThat(
    last.wall < checkpoint.wall || (last.wall === checkpoint.wall && last.counter <= checkpoint.counter),
    "no stamp above the seal's",
  );
  expectThat(events.length <= checkpoint.size, "no event beyond the checkpoint");
  expectThat(events.length < checkpoint.size || same(last.id, checkpoint.headId), "the head id at the checkpoint's size");
  const ids = events.map(({ id }) => id);
  expectThat(same(grownRoot(ids, checkpoint.size, consistency), checkpoint.root), "the checkpoint's root");
  lane.events.splice(0, Number.POSITIVE_INFINITY, ...events);
  lane.blocks.splice(0, Number.POSITIVE_INFINITY, ...blocks);
  if (events.length === checkpoint.size) lane.checkpoint = checkpointBytes;
}

// --- writing ---

/** Appends to a lane of one's own, lays out its blocks and seals it. */
export function write(lane: Lane, key: KeyObject, wall: number, payloads: readonly Uint8Array[]): void {
  const laneId = laneIdOf(lane.place);
  const heads: Uint8Array[] = [];
  const from = lane.events.length;
  for (const payload of payloads) {
    const seq = lane.events.length + 1;
    const last = lane.events.at(-1);
    const counter = last?.wall === wall ? last.counter + 1 : 0;
    // The causal delta is full with the first event, and at least every 256: nothing was known of other lanes.
    const extension = seq % fullEvery === 1 ? new Bytes().u16(2).varint(1).varint(0).done() : new Uint8Array(0);
    const head = new Bytes()
      .u8(1)
      .u8(128)
      .u8(extension.length > 0 ? 2 : 0)
      .u8(0);
    head.u48(wall).u16(counter).u32(payload.length).raw(extension);
    const bytes = head.done();
    heads.push(new Bytes().raw(bytes, payload).done());
    const hashed = new Bytes().raw(laneId, last?.id ?? zeros).u64(seq);
    const id = hash("sinter 1 event", hashed.raw(hash("sinter 1 payload", payload), bytes).done());
    lane.events.push({ id, seq, kind: 128, wall, counter, payload });
  }
  layOut(lane, from, heads);
  seal(lane, key);
}

/** Each block is filled until the next event does not fit. */
function layOut(lane: Lane, from: number, written: readonly Uint8Array[]): void {
  let block = lane.blocks.pop() ?? emptyBlock(lane, 1);
  written.forEach((event, at) => {
    const seq = from + at + 1;
    if (block.length > blockHeaderBytes && block.length + event.length > blockBytes) {
      lane.blocks.push(block);
      block = emptyBlock(lane, seq);
    }
    const longer = Buffer.concat([block, event]);
    longer.writeUInt16BE(longer.readUInt16BE(2) + 1, 2);
    longer.writeUInt32BE(longer.length - blockHeaderBytes, 4);
    block = Uint8Array.from(longer);
  });
  lane.blocks.push(block);
}

function emptyBlock(lane: Lane, seq: number): Uint8Array {
  const previous = lane.events[seq - 2]?.id ?? zeros;
  return new Bytes().u8(1).u8(0).u16(0).u32(0).u64(seq).raw(previous).done();
}

/** A tree of one head: its leaf is the root. */
function seal(lane: Lane, key: KeyObject): void {
  const { place, events } = lane;
  const last = events.at(-1) as Event;
  const root = mmrRoot(events.map(({ id }) => id));
  const leaf = headLeaf(place, events.length, root, last.id);
  const stamp = new Bytes().u48(last.wall).u16(last.counter).done();
  const signature = signed(key, sealed(place.author, stamp, 1, leaf));
  const bytes = new Bytes().u8(1).raw(place.author, place.subject).u32(place.epoch).raw(place.nonce);
  lane.checkpoint = bytes.u64(events.length).raw(root, last.id, stamp).u32(1).u32(0).u8(0).raw(signature).done();
}

/** What is held from an event on, as one range under the last seal: whole blocks. */
export function rangeOf(lane: Lane, from: number): Uint8Array {
  const first = lane.blocks.findLastIndex((block) => Buffer.from(block).readUIntBE(10, 6) <= from);
  const range = new Bytes().prefixed(Buffer.from(lane.path)).u8(1).raw(lane.checkpoint).u8(0);
  return range.raw(...lane.blocks.slice(first)).done();
}
