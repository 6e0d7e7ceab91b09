import type { Decoded } from "../bytes/malformed.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import type { Dot, LaneIndex, Lanes, Seen } from "./dot.js";

// What a merge type is: how operations come to a state that is the same at every replica, whatever came when and in whatever pieces.
//
// A state is a map of items by key; types that have nothing to tell keys by have one item, under the empty key. An item follows from
// the set of operations of its key alone. So items are folded, kept, explained and mended one by one.
//
// Whoever folds hands over every operation once, each lane's in the order of the lane. Nothing else is promised of the order: an
// operation may come before others that its author had folded (see `Circumstance.ahead`).

/** An operation as an event has it: a kind (30–59, docs/wire.md) and what goes with it. */
export interface EncodedOperation {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** What is known of an operation besides what it asks. */
export interface Circumstance {
  readonly dot: Dot;
  readonly lanes: Lanes;
  readonly seen: Seen;
  /** Whether its author had folded that one, or wrote it before. */
  covers(dot: Dot): boolean;
  /** Lanes of which its author had folded more than is folded here, and how far: what still comes of them was known to it. */
  readonly ahead: readonly Reach[];
}

/** A lane, up to the event of this seq. */
export interface Reach {
  readonly lane: LaneIndex;
  readonly seq: number;
}

/** Two states that are to be one, and how far each of them is folded. Each is the fold of some first part of every lane. */
export interface Joining {
  readonly lanes: Lanes;
  readonly into: Seen;
  readonly from: Seen;
}

/** What an operation wrote, told to people. */
export interface Told {
  readonly dot: Dot;
  /** As an application gives and reads it. */
  readonly value: unknown;
  /** Where under the key, if what lies there has keys or fields itself: as they are told to people. */
  readonly path?: readonly string[] | undefined;
}

/** What counts under a key, and what was written there without knowing of it and does not. */
export interface Explained {
  readonly winners: readonly Told[];
  readonly losers: readonly Told[];
}

/**
 * @typeParam Item what is kept of one key; changed in place
 * @typeParam Operation decoded
 * @typeParam Value what an application reads
 * @typeParam Commands what an application writes by: methods that each make one operation
 */
export interface MergeType<Item, Operation, Value, Commands> {
  /** Says it all to every replica: "or-set(text)". A type read from it folds alike. See catalogue.ts. */
  readonly name: string;
  /** Raised when the same operations come to another state than before. */
  readonly version: number;
  /** What it is made of, if it is made of other types. */
  readonly parts?: readonly AnyMergeType[] | undefined;
  /** `many`: keys are elements of a set or keys of a map, any number. */
  readonly keys: "one" | "few" | "many";
  /** How an operation is taken back: by folding its key's others anew, or all of them. */
  readonly retract: "by-key" | "refold";

  encodeOperation(operation: Operation): EncodedOperation;
  /** The same with the kind ahead of it and the payload behind its length: for types of which one event has many. */
  writeOperation?(writer: Writer, operation: Operation): void;
  /** `malformed` of what this type has no meaning for, too: another type's operations, what a schema refuses. */
  decodeOperation(kind: number, payload: Uint8Array): Decoded<Operation>;
  keyOf(operation: Operation): string;

  /** Of a key that nothing was written under. */
  fresh(key: string): Item;
  apply(item: Item, operation: Operation, at: Circumstance): void;
  /** One of its own, which is changed apart. Where left out, it is written and read. */
  copy?(item: Item): Item;
  /** Makes `item` what it is to both. `from` stays as it is. */
  join(item: Item, from: Item, joining: Joining): void;
  /** Forgets every operation that `at` covers: it was taken out of a map by who knew it. Types without it are kept operation by
   * operation where they stand in a map (journal.ts); they must not ask what an operation covers, or what is ahead of it. */
  reset?(item: Item, at: Circumstance): void;
  /** Of a type made of others that lacks `reset` because some of them do: the same, with items that have it. */
  resettable?(): MergeType<unknown, Operation, Value, Commands>;
  /** Nothing in it matters any more: it is not kept, so that equal states have equal items. */
  isBare(item: Item, seen: Seen): boolean;

  /** Canonical: equal items give equal bytes, whichever operations came first. */
  writeItem(writer: Writer, item: Item, lanes: Lanes, seen: Seen): void;
  readItem(reader: Reader, lanes: Lanes, key: string): Item;

  value(items: ReadonlyMap<string, Item>): Value;
  /** None, where the key has no item. */
  explain(key: string, item: Item): Explained;
  /** The operation that brings back what lost. */
  restore(key: string, lost: Told): Operation | undefined;
  commands(send: (operation: Operation) => void): Commands;
  /** How a key is told to people, and what they give for one. */
  keyText(key: string): string;
  keyFrom(text: string): string;
}

/** Of whatever items and operations: for who hands them from one method to the other. */
export type AnyMergeType<Value = unknown, Commands = unknown> = MergeType<unknown, unknown, Value, Commands>;
