import { expect } from "vitest";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { Writer } from "../bytes/writer.js";
import type { Dot, Lanes } from "./dot.js";
import type { AnyMergeType, Circumstance, Explained, MergeType, Reach } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";
import { applyOperation, decodeItems, emptyState, encodeItems, joinStates, type State } from "./state.js";
import { decodeOperations, encodeOperations } from "./transaction.js";

// Who wrote what in which knowledge, as exact examples tell it: authors are letters, each with one lane.

export interface WrittenEvent {
  readonly author: string;
  readonly seq: number;
  readonly kind: number;
  readonly payload: Uint8Array;
  /** How far its author had folded the lanes of others. */
  readonly known: ReadonlyMap<string, number>;
  readonly wallMs: number;
}

interface Knowing {
  readonly knowing?: readonly WrittenEvent[];
  /** Later than all before, where left out. */
  readonly wallMs?: number;
}

const authors = "ABCDEFGH";

export const letters: Lanes = {
  compare: (left, right) => left - right,
  compareIds: (left, right) => right - left,
  author: (lane) => authors[lane] as string,
  write: (writer, lane) => writer.u8(lane),
  read: (reader) => reader.u8(),
};

export class Story<Item, Operation, Value, Commands> {
  readonly type: MergeType<Item, Operation, Value, Commands>;
  readonly events: WrittenEvent[] = [];

  constructor(type: MergeType<Item, Operation, Value, Commands>) {
    this.type = type;
  }

  /** The operations that commands make. */
  operations(make: (commands: Commands) => void): Operation[] {
    const made: Operation[] = [];
    make(this.type.commands((operation) => made.push(operation)));
    return made;
  }

  /** One event. Whoever knows an event knows what its author knew. */
  write(
    author: string,
    make: (commands: Commands) => void,
    { knowing = [], wallMs = 1000 + this.events.length }: Knowing = {},
  ): WrittenEvent {
    const known = new Map<string, number>();
    const seq = this.events.filter((event) => event.author === author).length + 1;
    const heard = [...knowing, ...this.events.filter((event) => event.author === author)];
    for (const { author: other, seq: reach, known: theirs } of heard)
      for (const [each, to] of [...theirs, [other, reach] as const])
        if (each !== author) known.set(each, Math.max(to, known.get(each) ?? 0));
    const { kind, payload } = encodeOperations(this.type as AnyMergeType, this.operations(make));
    const event = { author, seq, kind, payload, known, wallMs };
    this.events.push(event);
    return event;
  }

  state(order: readonly WrittenEvent[] = this.events): State {
    const state = emptyState();
    for (const event of order) fold(this.type as AnyMergeType, state, event);
    return state;
  }

  value(order?: readonly WrittenEvent[]): Value {
    return this.valueOf(this.state(order));
  }

  valueOf({ items }: State): Value {
    return this.type.value(items as ReadonlyMap<string, Item>);
  }

  bytes(order?: readonly WrittenEvent[]): Uint8Array {
    return this.bytesOf(this.state(order));
  }

  bytesOf({ items, seen }: State): Uint8Array {
    return encodeItems(this.type as AnyMergeType, items, { lanes: letters, seen });
  }

  explained(keyText = "", order?: readonly WrittenEvent[]): Explained {
    const key = this.type.keyFrom(keyText);
    return this.type.explain(key, this.state(order).items.get(key) as Item);
  }

  /** Who won and who lost under a key: "A1 x" is the value of author A's first event. */
  told(keyText = "", order?: readonly WrittenEvent[]): { readonly winners: string[]; readonly losers: string[] } {
    const { winners, losers } = this.explained(keyText, order);
    const tell = ({ dot, value, path = [] }: Explained["winners"][number]) =>
      `${[...path, letters.author(dot.lane) + dot.seq].join("/")} ${String(value)}`;
    return { winners: winners.map(tell), losers: losers.map(tell) };
  }

  /** Of whatever was folded of both. */
  joined(left: readonly WrittenEvent[], right: readonly WrittenEvent[]): State {
    const state = this.state(left);
    joinStates(this.type as AnyMergeType, state, this.state(right), letters);
    return state;
  }

  /** Whatever comes first: one state, which is read as it was written, at any time, and less of it is malformed. */
  holds(): void {
    const whole = this.bytes();
    const lanes = [...authors].map((author) => this.events.filter((event) => event.author === author));
    for (const order of [this.events, lanes.flat(), lanes.toReversed().flat()])
      for (let cut = 0; cut <= order.length; cut++) {
        const state = this.#readAgain(this.state(order.slice(0, cut)));
        for (const event of order.slice(cut)) fold(this.type as AnyMergeType, state, event);
        expect(this.bytesOf(state)).toEqual(whole);
        expect(this.valueOf(state)).toEqual(this.value());
      }
    this.#isCopied();
    for (let length = 0; length < whole.length; length++)
      expect(decodeItems(this.type as AnyMergeType, whole.subarray(0, length), letters)).toBeInstanceOf(Malformed);
    for (const { kind, payload } of this.events) readsBack(this.type as AnyMergeType, kind, payload);
  }

  /** Copies are the same, and what is written over one leaves the other as it is. */
  #isCopied(): void {
    const { copy } = this.type;
    if (copy === undefined) return;
    for (let cut = 0; cut <= this.events.length; cut++) {
      const state = this.state(this.events.slice(0, cut));
      const before = this.bytesOf(state);
      const items = new Map([...state.items].map(([key, item]) => [key, copy(item as Item)]));
      const copied = { items, seen: this.state(this.events.slice(0, cut)).seen };
      expect(this.bytesOf(copied)).toEqual(before);
      for (const event of this.events.slice(cut)) fold(this.type as AnyMergeType, copied, event);
      expect(this.bytesOf(state)).toEqual(before);
      expect(this.bytesOf(copied)).toEqual(this.bytes());
    }
  }

  #readAgain(state: State): State {
    const items = decodeItems(this.type as AnyMergeType, this.bytesOf(state), letters);
    if (isMalformed(items)) throw new Error(items.reason);
    return { items, seen: state.seen };
  }
}

function readsBack(type: AnyMergeType, kind: number, payload: Uint8Array): void {
  const operations = decodeOperations(type, kind, payload);
  if (isMalformed(operations)) throw new Error(operations.reason);
  expect(encodeOperations(type, operations)).toEqual({ kind, payload });
  for (const operation of operations) if (type.writeOperation !== undefined) writesAsEncoded(type, operation);
  for (const other of new Set([0, ...Object.values(operationKinds), 51])) {
    const decoded = other === operationKinds.transaction ? new Malformed("never one operation") : type.decodeOperation(other, payload);
    if (!isMalformed(decoded)) expect(type.encodeOperation(decoded)).toEqual({ kind: other, payload });
  }
}

function writesAsEncoded(type: AnyMergeType, operation: unknown): void {
  const encoded = type.encodeOperation(operation);
  const writer = new Writer();
  type.writeOperation?.(writer, operation);
  expect(writer.finish()).toEqual(new Writer().u8(encoded.kind).prefixed(encoded.payload).finish());
}

function fold(type: AnyMergeType, state: State, { author, seq, kind, payload, known, wallMs }: WrittenEvent): void {
  const lane = authors.indexOf(author);
  const operations = decodeOperations(type, kind, payload);
  if (isMalformed(operations)) throw new Error(operations.reason);
  const ahead: Reach[] = [];
  for (const [other, reach] of known)
    if (state.seen.of(authors.indexOf(other)) < reach) ahead.push({ lane: authors.indexOf(other), seq: reach });
  for (const [operation, asked] of operations.entries()) {
    const covers = (dot: Dot): boolean => {
      if (dot.lane === lane) return dot.seq < seq || (dot.seq === seq && dot.operation < operation);
      return (known.get(authors[dot.lane] as string) ?? 0) >= dot.seq;
    };
    const at: Circumstance = { dot: { lane, seq, operation, wallMs, counter: 0 }, lanes: letters, seen: state.seen, covers, ahead };
    applyOperation(type, state.items, asked, at);
  }
  state.seen.reach(lane, seq);
}

/** What a decoder says is wrong. */
export function reasonOf(decoded: unknown): string {
  if (!(decoded instanceof Malformed)) throw new Error("Malformed expected");
  return decoded.reason;
}
