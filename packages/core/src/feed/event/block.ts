import { blockBytesMax, blockEventsMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { type EventRun, hashBytes, type Spans, spanWords } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import {
  checkAbsentEvent,
  checkEvent,
  counterAt,
  type EventParts,
  eventHeaderBytes,
  eventSize,
  headLengthAt,
  payloadLengthAt,
  sizeAt,
  wallAt,
  writeEvent,
} from "./event.js";

// A run of a lane's events as it is stored and sent (docs/wire.md, "Block"). Bytes from a stranger or from disk go
// through `checkBlock`; the reading functions take bytes that it has accepted.

export const blockVersion = 1;
export const blockHeaderBytes = 48;

const FLAGS_AT = 1;
/** Some payloads are absent: which ones is listed behind the header. */
const ABSENT = 1;
const NONE: readonly number[] = [];
const COUNT_AT = 2;
const LENGTH_AT = 4;
const SEQ_AT = 8;
const PREVIOUS_AT = 16;
const U64_HIGH_END = 0x20_0000;
const HIGH = 0x1_0000_0000;

export interface BlockView {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly firstSeq: number;
  /** Id of the event before the first; a view of `bytes`. */
  readonly previous: Uint8Array;
  /** Of what is there: the payload of an absent one is the hash of it. */
  readonly spans: Spans;
  /** Which events' payloads are absent, by their index from 0, rising. */
  readonly absent: readonly number[];
}

export function blockCount(bytes: Uint8Array): number {
  return u16(bytes, COUNT_AT);
}

export function blockFirstSeq(bytes: Uint8Array): number {
  return u32(bytes, SEQ_AT) * HIGH + u32(bytes, SEQ_AT + 4);
}

export function blockPrevious(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(PREVIOUS_AT, PREVIOUS_AT + hashBytes);
}

/** Which events' payloads are absent, by their index from 0, rising. */
export function absentIn(bytes: Uint8Array): readonly number[] {
  if (isWhole(bytes)) return NONE;
  return Array.from({ length: u16(bytes, blockHeaderBytes) }, (_, at) => u16(bytes, blockHeaderBytes + 2 + 2 * at));
}

/** Whether all payloads of a block are here, which is the rule. */
export function isWhole(bytes: Uint8Array): boolean {
  return bytes[FLAGS_AT] === 0;
}

export function isAbsent({ absent }: Pick<BlockView, "absent">, index: number): boolean {
  return absent.length > 0 && absent.includes(index);
}

/** Where event `index`, from 0 and below the count, begins. Walks there: a block is short. */
export function eventOffset(bytes: Uint8Array, index: number): number {
  if (!isWhole(bytes)) return [...eventOffsets(bytes)][index] as number;
  let at = blockHeaderBytes;
  for (let passed = 0; passed < index; passed++) at += sizeAt(bytes, at);
  return at;
}

/** Offsets of the block's events, in order. Where every nanosecond counts, and no payload is absent, step by `sizeAt` from
 * blockHeaderBytes instead. */
export function* eventOffsets(bytes: Uint8Array): Generator<number, void, undefined> {
  const absent = absentIn(bytes);
  const count = blockCount(bytes);
  let at = blockHeaderBytes + listBytes(absent.length);
  for (let index = 0, next = 0; index < count; index++) {
    yield at;
    if (index !== absent[next]) at += sizeAt(bytes, at);
    else {
      at += headLengthAt(bytes, at) + hashBytes;
      next++;
    }
  }
}

/** How long the block is with all of its payloads: by that it is filled, so that who lacks some has the same blocks. */
export function authoredLength(bytes: Uint8Array): number {
  if (isWhole(bytes)) return bytes.length;
  let length = blockHeaderBytes;
  for (const at of eventOffsets(bytes)) length += sizeAt(bytes, at);
  return length;
}

function listBytes(absent: number): number {
  return absent === 0 ? 0 : 2 + 2 * absent;
}

/** What Hasher.eventIds takes. Of a block that lacks no payload: see `blockIds` for any. */
export function blockRun(lane: LaneId, block: BlockView): EventRun {
  return { lane, firstSeq: block.firstSeq, previous: block.previous, bytes: block.bytes, spans: block.spans, count: block.count };
}

/** The whole of `bytes` as a canonical block, each event checked, stamps strictly rising. Whether its first stamp rises above
 * the lane's last one, and whether the ids are right, is for who knows the lane. */
export function checkBlock(bytes: Uint8Array): Decoded<BlockView> {
  const fault = headerFault(bytes);
  if (fault !== undefined) return new Malformed(fault);
  const count = blockCount(bytes);
  const absent = absentIn(bytes);
  const spans = new Uint32Array(count * spanWords);
  let at = blockHeaderBytes + listBytes(absent.length);
  let wall = -1;
  let counter = 0;
  for (let index = 0, next = 0; index < count; index++) {
    const lacks = index === absent[next];
    const size = lacks ? checkAbsentEvent(bytes, at, bytes.length) : checkEvent(bytes, at, bytes.length);
    if (size instanceof Malformed) return new Malformed(`event ${index + 1} of the block: ${size.reason}`);
    const nextWall = wallAt(bytes, at);
    const nextCounter = counterAt(bytes, at);
    if (nextWall < wall || (nextWall === wall && nextCounter <= counter))
      return new Malformed(`event ${index + 1} of the block: its stamp does not rise`);
    wall = nextWall;
    counter = nextCounter;
    setSpan(spans, index, bytes, at);
    if (lacks) {
      spans[index * spanWords + 2] = hashBytes;
      next++;
    }
    at += size;
  }
  if (at !== bytes.length) return new Malformed(`${bytes.length - at} bytes behind the events of a block`);
  if (absent.length > 0 && count > 1 && authoredLength(bytes) > blockBytesMax)
    return new Malformed(`a block of several events that come to more than ${blockBytesMax} bytes with their payloads`);
  return { bytes, count, firstSeq: blockFirstSeq(bytes), previous: blockPrevious(bytes), spans, absent };
}

/** A list where the flag says so, and never an empty one; so that there is one way to write a block down. */
function absenceFault(bytes: Uint8Array, count: number): string | undefined {
  const left = bytes.length - blockHeaderBytes;
  if (bytes[FLAGS_AT] !== ABSENT) return undefined;
  const length = left < 2 ? 0 : u16(bytes, blockHeaderBytes);
  if (length === 0 || length > count || listBytes(length) > left)
    return `a list of ${length} absent payloads in a block of ${count} events`;
  let previous = -1;
  for (const index of absentIn(bytes)) {
    if (index <= previous || index >= count) return "a list of absent payloads that does not rise, or goes beyond its block";
    previous = index;
  }
  return undefined;
}

function headerFault(bytes: Uint8Array): string | undefined {
  if (bytes.length < blockHeaderBytes) return `a block's header has ${blockHeaderBytes} bytes; ${bytes.length} are there`;
  if (bytes[0] !== blockVersion) return `a block of version ${bytes[0]}; this program reads ${blockVersion}`;
  const flags = bytes[FLAGS_AT] as number;
  if (flags > ABSENT) return `block flags ${flags}: bits that are not assigned`;
  const count = blockCount(bytes);
  if (count === 0) return "a block without events";
  if (u32(bytes, LENGTH_AT) !== bytes.length - blockHeaderBytes) return "a block whose length is not that of its events";
  if (flags === 0 && count > 1 && bytes.length > blockBytesMax)
    return `a block of several events in ${bytes.length} bytes; ${blockBytesMax} are allowed`;
  if (count * eventHeaderBytes > bytes.length - blockHeaderBytes) return `${count} events in ${bytes.length - blockHeaderBytes} bytes`;
  if (u32(bytes, SEQ_AT) >= U64_HIGH_END) return "a seq beyond 2^53";
  const firstSeq = blockFirstSeq(bytes);
  if (firstSeq === 0) return "a block that begins at seq 0";
  if (firstSeq + count - 1 > Number.MAX_SAFE_INTEGER) return "a seq beyond 2^53";
  const starts = blockPrevious(bytes).every((byte) => byte === 0);
  if (starts && firstSeq !== 1) return "a block within a lane that names no event before it";
  if (!starts && firstSeq === 1) return "a block at a lane's start that names an event before it";
  return absenceFault(bytes, count);
}

/** Whether a block of so many events and bytes, with all of their payloads, takes one more of that size. Who lays events out by this alone, from a lane's
 * first on, comes to the same blocks as everybody else. */
export function fitsBehind(count: number, length: number, size: number): boolean {
  return length + size <= blockBytesMax && count < blockEventsMax;
}

/** Room that a builder begins with: most add little to a block. */
const FIRST_BYTES = 1024;
const FIRST_EVENTS = 16;

/** The open tail of a lane: events are added behind those already there until the next would not fit. */
export class BlockBuilder {
  readonly firstSeq: number;
  #previous: Uint8Array;
  /** Header and events: the list of absent payloads comes in at the end. */
  #bytes: Uint8Array<ArrayBuffer>;
  #end = blockHeaderBytes;
  /** As `authoredLength`. */
  #length = blockHeaderBytes;
  #absent: number[] = [];
  #spans: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_EVENTS * spanWords);
  #count = 0;

  /** `previous`: id of event firstSeq − 1; zeros where firstSeq is 1; or said later, by `follow`. */
  constructor(firstSeq: number, previous: Uint8Array) {
    this.firstSeq = firstSeq;
    this.#previous = previous.slice();
    this.#bytes = new Uint8Array(FIRST_BYTES);
  }

  /** Goes on behind a stored block, which it copies. */
  static resume(stored: BlockView): BlockBuilder {
    const builder = new BlockBuilder(stored.firstSeq, stored.previous);
    const list = listBytes(stored.absent.length);
    builder.#length = authoredLength(stored.bytes);
    builder.#end = stored.bytes.length - list;
    builder.#grow(0);
    builder.#bytes.set(stored.bytes.subarray(blockHeaderBytes + list), blockHeaderBytes);
    builder.#count = stored.count;
    builder.#absent = [...stored.absent];
    builder.#spans = stored.spans.length > builder.#spans.length ? new Uint32Array(stored.spans.length) : builder.#spans;
    builder.#spans.set(stored.spans);
    for (let at = 0; list > 0 && at < stored.spans.length; at += spanWords) (builder.#spans[at] as number) -= list;
    return builder;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the block as it is now, header and events, with all of their payloads. */
  get length(): number {
    return this.#length;
  }

  /** Says which id the block follows, where that was not known when it was begun. */
  follow(previous: Uint8Array): void {
    this.#previous = previous.slice();
  }

  /** Whether an event of that size still goes in. Into an empty block any does: a large one has a block to itself. */
  fits(size: number): boolean {
    return this.#count === 0 || fitsBehind(this.#count, this.#length, size);
  }

  /** Adds an event that fits, and answers where it begins. */
  add(parts: EventParts, size: number = eventSize(parts)): number {
    this.#room(size, size);
    const offset = this.#end;
    writeEvent(this.#bytes, offset, parts);
    this.#close(size, size);
    return offset;
  }

  /** Adds one event as it stands in other bytes that `checkEvent` has accepted. */
  addBytes(event: Uint8Array): number {
    this.#room(event.length, event.length);
    const offset = this.#end;
    this.#bytes.set(event, offset);
    this.#close(event.length, event.length);
    return offset;
  }

  /** Adds an event of another block, with its payload or as absent as it is there. */
  addFrom(block: BlockView, index: number): void {
    const event = eventIn(block, index);
    if (isAbsent(block, index)) this.addAbsent(event.subarray(0, -hashBytes), event.subarray(-hashBytes));
    else this.addBytes(event);
  }

  /** Adds an event by its head and the hash of its payload. */
  addAbsent(head: Uint8Array, payloadHash: Uint8Array): void {
    const [stored, authored] = [head.length + hashBytes, sizeAt(head, 0)];
    this.#room(stored, authored);
    this.#bytes.set(head, this.#end);
    this.#bytes.set(payloadHash, this.#end + head.length);
    this.#absent.push(this.#count);
    this.#close(stored, authored);
    this.#spans[this.#count * spanWords - 1] = hashBytes;
  }

  /** The events from `index` on, none of which is absent, for Hasher.eventIds. A view: good until the next `add`. */
  run(lane: LaneId, index: number, previous: Uint8Array): EventRun {
    const spans = this.#spans.subarray(index * spanWords, this.#count * spanWords);
    return { lane, firstSeq: this.firstSeq + index, previous, bytes: this.#bytes, spans, count: this.#count - index };
  }

  /** The block so far: a copy, for the store. The builder goes on. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#count === 0) throw new RangeError("a block holds one event or more");
    const list = listBytes(this.#absent.length);
    const block = list === 0 ? this.#bytes.slice(0, this.#end) : this.#withList(list);
    const view = new DataView(block.buffer);
    block[0] = blockVersion;
    block[FLAGS_AT] = list === 0 ? 0 : ABSENT;
    view.setUint16(COUNT_AT, this.#count);
    view.setUint32(LENGTH_AT, block.length - blockHeaderBytes);
    view.setUint32(SEQ_AT, Math.floor(this.firstSeq / HIGH));
    view.setUint32(SEQ_AT + 4, this.firstSeq >>> 0);
    block.set(this.#previous, PREVIOUS_AT);
    return block;
  }

  #withList(list: number): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(this.#end + list);
    const view = new DataView(block.buffer);
    view.setUint16(blockHeaderBytes, this.#absent.length);
    this.#absent.forEach((index, at) => void view.setUint16(blockHeaderBytes + 2 + 2 * at, index));
    block.set(this.#bytes.subarray(blockHeaderBytes, this.#end), blockHeaderBytes + list);
    return block;
  }

  #close(stored: number, authored: number): void {
    if ((this.#count + 1) * spanWords > this.#spans.length) {
      const grown = new Uint32Array(this.#spans.length * 2);
      grown.set(this.#spans);
      this.#spans = grown;
    }
    setSpan(this.#spans, this.#count, this.#bytes, this.#end);
    this.#count++;
    this.#end += stored;
    this.#length += authored;
  }

  #room(stored: number, authored: number): void {
    if (!this.fits(authored)) throw new RangeError("the event does not fit into this block; ask `fits` first");
    if (this.#end + stored > this.#bytes.length) this.#grow(stored);
  }

  #grow(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#end + more, Math.min(2 * this.#bytes.length, blockBytesMax)));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Event `index` as it stands in the block: where its payload is absent, the hash is in its place. */
export function eventIn({ bytes, spans }: BlockView, index: number): Uint8Array {
  const from = spans[index * spanWords] as number;
  return bytes.subarray(from, from + (spans[index * spanWords + 1] as number) + (spans[index * spanWords + 2] as number));
}

function setSpan(spans: Spans, index: number, bytes: Uint8Array, offset: number): void {
  const at = index * spanWords;
  spans[at] = offset;
  spans[at + 1] = headLengthAt(bytes, offset);
  spans[at + 2] = payloadLengthAt(bytes, offset);
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  );
}
