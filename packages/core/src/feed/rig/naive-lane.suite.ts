import { toHex } from "../../bytes/hex.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { mmrOver } from "../../proof/mmr-oracle.suite.js";
import type { ReadableKeys } from "../../protocol/key-space.js";

// A lane by the words of docs/wire.md, read with nothing but a DataView and hashed by an independent implementation.

export interface NaiveEvent {
  readonly seq: number;
  readonly id: Uint8Array;
  readonly kind: number;
  readonly flags: number;
  readonly codec: number;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly key: Uint8Array | undefined;
  readonly causal: Uint8Array | undefined;
  /** The hash of it where it is absent. */
  readonly payload: Uint8Array;
  readonly isAbsent: boolean;
  /** First seq of its block. */
  readonly block: number;
}

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function u32(value: number): Uint8Array {
  return u64(value).subarray(4);
}

export function naiveBlocks(keys: ReadableKeys, lane: number): Uint8Array[] {
  const from = joined(Uint8Array.of(8), u32(lane));
  const to = joined(Uint8Array.of(8), u32(lane + 1));
  return [...keys.range({ from, to })].map(([, block]) => block);
}

/** All events of a lane, the chain and the layout of its blocks checked on the way. */
export function naiveLane(keys: ReadableKeys, lane: number, laneId: Uint8Array): NaiveEvent[] {
  const events: NaiveEvent[] = [];
  let previous: Uint8Array = new Uint8Array(32);
  for (const block of naiveBlocks(keys, lane)) {
    const view = new DataView(block.buffer, block.byteOffset, block.length);
    const first = Number(view.getBigUint64(8));
    const absent = naiveAbsent(view);
    if (view.getUint16(0) !== (absent.length === 0 ? 0x0100 : 0x0101) || first !== events.length + 1)
      throw new Error(`a block out of place: ${first}`);
    if (toHex(block.subarray(16, 48)) !== toHex(previous)) throw new Error(`the block from ${first} does not follow`);
    if (view.getUint32(4) !== block.length - 48) throw new Error(`the length of the block from ${first}`);
    let at = absent.length === 0 ? 48 : 50 + 2 * absent.length;
    for (let index = 0; index < view.getUint16(2); index++) {
      const isAbsent = absent.includes(index);
      const event = naiveEvent(block, at, { seq: events.length + 1, laneId, previous, block: first, isAbsent });
      events.push(event.event);
      previous = event.event.id;
      at += event.size;
    }
    if (at !== block.length) throw new Error(`the events of the block from ${first}`);
  }
  return events;
}

function naiveAbsent(view: DataView): number[] {
  if (view.getUint8(1) === 0) return [];
  return Array.from({ length: view.getUint16(48) }, (_, at) => view.getUint16(50 + 2 * at));
}

interface NaivePlace {
  readonly seq: number;
  readonly laneId: Uint8Array;
  readonly previous: Uint8Array;
  readonly block: number;
  readonly isAbsent: boolean;
}

function naiveEvent(bytes: Uint8Array, at: number, place: NaivePlace): { readonly event: NaiveEvent; readonly size: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const [flags, payloadLength] = [view.getUint8(2), view.getUint32(12)];
  const headLength = flags === 0 ? 16 : 18 + view.getUint16(16);
  const head = bytes.subarray(at, at + headLength);
  const storedLength = place.isAbsent ? 32 : payloadLength;
  const payload = bytes.subarray(at + headLength, at + headLength + storedLength);
  const payloadHash = place.isAbsent ? payload : referenceHasher.hash("sinter 1 payload", payload);
  const id = referenceHasher.hash("sinter 1 event", joined(place.laneId, place.previous, u64(place.seq), payloadHash, head));
  const keyLength = (flags & 1) === 0 ? 0 : head[18] < 128 ? head[18] : (head[18] & 127) | (head[19] << 7);
  const keyAt = (flags & 1) === 0 ? 18 : head[18] < 128 ? 19 : 20;
  const event = {
    seq: place.seq,
    id,
    kind: view.getUint8(1),
    flags,
    codec: view.getUint8(3),
    stamp: [view.getUint16(4) * 2 ** 32 + view.getUint32(6), view.getUint16(10)] as const,
    key: (flags & 1) === 0 ? undefined : head.subarray(keyAt, keyAt + keyLength),
    causal: (flags & 2) === 0 ? undefined : head.subarray(keyAt + keyLength, headLength - ((flags & 4) === 0 ? 0 : 68)),
    payload,
    isAbsent: place.isAbsent,
    block: place.block,
  };
  return { event, size: headLength + storedLength };
}

export function naiveRoot(events: readonly NaiveEvent[]): Uint8Array {
  return mmrRoot(referenceHasher, mmrOver(referenceHasher, joined(...events.map(({ id }) => id))));
}

/** Leaves in order; a last odd one rises. */
export function naiveSealRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0];
  const above: Uint8Array[] = [];
  for (let at = 0; at < leaves.length; at += 2) {
    const pair = leaves.slice(at, at + 2);
    above.push(pair.length === 1 ? pair[0] : referenceHasher.hash("sinter 1 seal parent", joined(...pair)));
  }
  return naiveSealRoot(above);
}

export function naiveLeaf(laneId: Uint8Array, events: readonly NaiveEvent[]): Uint8Array {
  const last = events[events.length - 1];
  return referenceHasher.hash("sinter 1 head", joined(laneId, u64(events.length), naiveRoot(events), last.id));
}
