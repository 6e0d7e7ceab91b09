import { blockBytesMax, blockEventsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { type EventRun, hashBytes, type Spans, spanWords } from "../identity/crypto.js";
import type { LaneId } from "../identity/ids.js";
import {
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
  readonly spans: Spans;
}

export function blockCount(bytes: Uint8Array): number {
  return ((bytes[COUNT_AT] as number) << 8) | (bytes[COUNT_AT + 1] as number);
}

export function blockFirstSeq(bytes: Uint8Array): number {
  return u32(bytes, SEQ_AT) * HIGH + u32(bytes, SEQ_AT + 4);
}

export function blockPrevious(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(PREVIOUS_AT, PREVIOUS_AT + hashBytes);
}

/** Where event `index`, from 0 and below the count, begins. Walks there: a block is short. */
export function eventOffset(bytes: Uint8Array, index: number): number {
  let at = blockHeaderBytes;
  for (let passed = 0; passed < index; passed++) at += sizeAt(bytes, at);
  return at;
}

/** Offsets of the block's events, in order. Where every nanosecond counts, step by `sizeAt` from blockHeaderBytes instead. */
export function* eventOffsets(bytes: Uint8Array): Generator<number, void, undefined> {
  let at = blockHeaderBytes;
  for (let left = blockCount(bytes); left > 0; left--) {
    yield at;
    at += sizeAt(bytes, at);
  }
}

/** What Hasher.eventIds takes. */
export function blockRun(lane: LaneId, block: BlockView): EventRun {
  return { lane, firstSeq: block.firstSeq, previous: block.previous, bytes: block.bytes, spans: block.spans, count: block.count };
}

/** The whole of `bytes` as a canonical block, each event checked, stamps strictly rising. Whether its first stamp rises above
 * the lane's last one, and whether the ids are right, is for who knows the lane. */
export function checkBlock(bytes: Uint8Array): Decoded<BlockView> {
  const fault = headerFault(bytes);
  if (fault !== undefined) return new Malformed(fault);
  const count = blockCount(bytes);
  const spans = new Uint32Array(count * spanWords);
  let at = blockHeaderBytes;
  let wall = -1;
  let counter = 0;
  for (let index = 0; index < count; index++) {
    const size = checkEvent(bytes, at, bytes.length);
    if (size instanceof Malformed) return new Malformed(`event ${index + 1} of the block: ${size.reason}`);
    const nextWall = wallAt(bytes, at);
    const nextCounter = counterAt(bytes, at);
    if (nextWall < wall || (nextWall === wall && nextCounter <= counter))
      return new Malformed(`event ${index + 1} of the block: its stamp does not rise`);
    wall = nextWall;
    counter = nextCounter;
    setSpan(spans, index, bytes, at);
    at += size;
  }
  if (at !== bytes.length) return new Malformed(`${bytes.length - at} bytes behind the events of a block`);
  return { bytes, count, firstSeq: blockFirstSeq(bytes), previous: blockPrevious(bytes), spans };
}

function headerFault(bytes: Uint8Array): string | undefined {
  if (bytes.length < blockHeaderBytes) return `a block's header has ${blockHeaderBytes} bytes; ${bytes.length} are there`;
  if (bytes[0] !== blockVersion) return `a block of version ${bytes[0]}; this program reads ${blockVersion}`;
  if (bytes[1] !== 0) return `block flags ${bytes[1]}: bits that are not assigned`;
  const count = blockCount(bytes);
  if (count === 0) return "a block without events";
  if (u32(bytes, LENGTH_AT) !== bytes.length - blockHeaderBytes) return "a block whose length is not that of its events";
  if (count > 1 && bytes.length > blockBytesMax) return `a block of several events in ${bytes.length} bytes; ${blockBytesMax} are allowed`;
  if (count * eventHeaderBytes > bytes.length - blockHeaderBytes) return `${count} events in ${bytes.length - blockHeaderBytes} bytes`;
  if (u32(bytes, SEQ_AT) >= U64_HIGH_END) return "a seq beyond 2^53";
  const firstSeq = blockFirstSeq(bytes);
  if (firstSeq === 0) return "a block that begins at seq 0";
  if (firstSeq + count - 1 > Number.MAX_SAFE_INTEGER) return "a seq beyond 2^53";
  const starts = blockPrevious(bytes).every((byte) => byte === 0);
  if (starts && firstSeq !== 1) return "a block within a lane that names no event before it";
  return !starts && firstSeq === 1 ? "a block at a lane's start that names an event before it" : undefined;
}

/** Whether a block of so many events and bytes takes one more of that size. Who lays events out by this alone, from a lane's
 * first on, comes to the same blocks as everybody else. */
export function fitsBehind(count: number, length: number, size: number): boolean {
  return length + size <= blockBytesMax && count < blockEventsMax;
}

/** The open tail of a lane: events are added behind those already there until the next would not fit. */
export class BlockBuilder {
  readonly firstSeq: number;
  #previous: Uint8Array;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = blockHeaderBytes;
  #spans: Uint32Array<ArrayBuffer> = new Uint32Array(64 * spanWords);
  #count = 0;

  /** `previous`: id of event firstSeq − 1; zeros where firstSeq is 1; or said later, by `follow`. */
  constructor(firstSeq: number, previous: Uint8Array) {
    this.firstSeq = firstSeq;
    this.#previous = previous.slice();
    this.#bytes = new Uint8Array(blockBytesMax);
  }

  /** Goes on behind a stored block, which it copies. */
  static resume(stored: BlockView): BlockBuilder {
    const builder = new BlockBuilder(stored.firstSeq, stored.previous);
    builder.#room(stored.bytes.length - blockHeaderBytes);
    builder.#bytes.set(stored.bytes);
    builder.#length = stored.bytes.length;
    builder.#count = stored.count;
    if (stored.spans.length > builder.#spans.length) builder.#spans = new Uint32Array(stored.spans.length);
    builder.#spans.set(stored.spans);
    return builder;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the block as it is now, header and events. */
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
    this.#room(size);
    const offset = this.#length;
    writeEvent(this.#bytes, offset, parts);
    this.#close(size);
    return offset;
  }

  /** Adds one event as it stands in other bytes that `checkEvent` has accepted. */
  addBytes(event: Uint8Array): number {
    this.#room(event.length);
    const offset = this.#length;
    this.#bytes.set(event, offset);
    this.#close(event.length);
    return offset;
  }

  /** The events from `index` on, for Hasher.eventIds. A view: good until the next `add`. */
  run(lane: LaneId, index: number, previous: Uint8Array): EventRun {
    const spans = this.#spans.subarray(index * spanWords, this.#count * spanWords);
    return { lane, firstSeq: this.firstSeq + index, previous, bytes: this.#bytes, spans, count: this.#count - index };
  }

  /** The block so far: a copy, for the store. The builder goes on. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#count === 0) throw new RangeError("a block holds one event or more");
    const block = this.#bytes.slice(0, this.#length);
    const view = new DataView(block.buffer);
    block[0] = blockVersion;
    block[1] = 0;
    view.setUint16(COUNT_AT, this.#count);
    view.setUint32(LENGTH_AT, this.#length - blockHeaderBytes);
    view.setUint32(SEQ_AT, Math.floor(this.firstSeq / HIGH));
    view.setUint32(SEQ_AT + 4, this.firstSeq >>> 0);
    block.set(this.#previous, PREVIOUS_AT);
    return block;
  }

  #close(size: number): void {
    if ((this.#count + 1) * spanWords > this.#spans.length) {
      const grown = new Uint32Array(this.#spans.length * 2);
      grown.set(this.#spans);
      this.#spans = grown;
    }
    setSpan(this.#spans, this.#count, this.#bytes, this.#length);
    this.#count++;
    this.#length += size;
  }

  #room(size: number): void {
    if (!this.fits(size)) throw new RangeError("the event does not fit into this block; ask `fits` first");
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(this.#length + size);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function setSpan(spans: Spans, index: number, bytes: Uint8Array, offset: number): void {
  const at = index * spanWords;
  spans[at] = offset;
  spans[at + 1] = headLengthAt(bytes, offset);
  spans[at + 2] = payloadLengthAt(bytes, offset);
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  );
}
