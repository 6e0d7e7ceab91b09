import { itemKeyBytesMax } from "../bytes/limits.js";
import type { Decoded } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { LaneIndex, Lanes, Seen } from "./dot.js";
import { bytesOfKey, keyOfBytes } from "./item-key.js";
import type { AnyMergeType, Circumstance, Joining } from "./merge-type.js";

// Items of a type, and how far they are folded: together, what can be joined with what another replica folded.

export type Items = Map<string, unknown>;

export interface State {
  readonly items: Items;
  readonly seen: SeenLanes;
}

/** How far lanes are folded, as it grows. */
export class SeenLanes implements Seen {
  /** By lane: their indexes are small. */
  readonly #lanes: number[] = [];

  of(lane: LaneIndex): number {
    return this.#lanes[lane] ?? 0;
  }

  reach(lane: LaneIndex, seq: number): void {
    while (this.#lanes.length <= lane) this.#lanes.push(0);
    if (seq > (this.#lanes[lane] as number)) this.#lanes[lane] = seq;
  }

  *entries(): Iterable<readonly [LaneIndex, number]> {
    for (const [lane, seq] of this.#lanes.entries()) if (seq > 0) yield [lane, seq];
  }
}

export function emptyState(): State {
  return { items: new Map(), seen: new SeenLanes() };
}

/** One operation, that `items` have not folded yet. */
export function applyOperation(type: AnyMergeType, items: Items, operation: unknown, at: Circumstance): void {
  const key = type.keyOf(operation);
  let item = items.get(key);
  if (item === undefined) {
    item = type.fresh(key);
    items.set(key, item);
  }
  type.apply(item, operation, at);
}

export function joinItems(type: AnyMergeType, items: Items, from: Items, joining: Joining): void {
  for (const [key, theirs] of from) {
    let item = items.get(key);
    if (item === undefined) {
      item = type.fresh(key);
      items.set(key, item);
    }
    type.join(item, theirs, joining);
  }
  // What only one side has is joined with nothing: the other may have seen what came of it.
  for (const [key, item] of items) if (!from.has(key)) type.join(item, type.fresh(key), joining);
}

/** Makes `state` what it is to both. */
export function joinStates(type: AnyMergeType, state: State, from: State, lanes: Lanes): void {
  joinItems(type, state.items, from.items, { lanes, into: state.seen, from: from.seen });
  for (const [lane, seq] of from.seen.entries()) state.seen.reach(lane, seq);
}

/** Equal states give equal bytes: by keys, in their order, those that are not bare. */
export function writeItems(writer: Writer, type: AnyMergeType, items: Items, { lanes, seen }: ItemSurroundings): void {
  const keys = [...items.keys()].filter((key) => !type.isBare(items.get(key), seen)).sort();
  writer.varint(keys.length);
  for (const key of keys) {
    writer.prefixed(bytesOfKey(key));
    type.writeItem(writer, items.get(key), lanes, seen);
  }
}

export interface ItemSurroundings {
  readonly lanes: Lanes;
  readonly seen: Seen;
}

export function readItems(reader: Reader, type: AnyMergeType, lanes: Lanes): Items {
  const items: Items = new Map();
  let before: string | undefined;
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const key = keyOfBytes(reader.prefixed(itemKeyBytesMax));
    if (before !== undefined && key <= before) reader.fail("items that are not in the order of their keys");
    items.set(key, type.readItem(reader, lanes, key));
    before = key;
  }
  return items;
}

export function encodeItems(type: AnyMergeType, items: Items, surroundings: ItemSurroundings): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writeItems(writer, type, items, surroundings);
  return writer.finish();
}

export function decodeItems(type: AnyMergeType, bytes: Uint8Array, lanes: Lanes): Decoded<Items> {
  const reader = new Reader(bytes);
  const items = readItems(reader, type, lanes);
  return reader.finish(() => items);
}
