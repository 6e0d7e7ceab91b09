import { elementBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { codecOf, type Element, elementFault, readElement } from "./element-codec.js";
import { addHead, areBare, copyHeads, coverHeads, type Head, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// What registers have in common: a value is written, and kept as bytes, with every other one that was written at once with it.

export interface RegisterCommands<T> {
  set(value: T): void;
}

export interface RegisterParts<T, Value> {
  readonly name: string;
  /** What the register says of those that nobody wrote over knowingly, the last first. */
  value(live: readonly Head<Uint8Array>[], read: (head: Head<Uint8Array>) => T): Value;
  /** How many of them count. */
  winners(live: readonly Head<Uint8Array>[]): number;
}

export type RegisterType<T, Value> = MergeType<Heads<Uint8Array>, Uint8Array, Value, RegisterCommands<T>>;

export function registerType<T, Value>(element: Element<T>, { name, value, winners }: RegisterParts<T, Value>): RegisterType<T, Value> {
  const codec = codecOf(element);
  const read = ({ what }: Head<Uint8Array>): T => readElement(codec, what);
  return {
    name: `${name}(${codec.name})`,
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation: (payload) => ({ kind: operationKinds.write, payload }),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.write) return new Malformed(`an operation of kind ${kind}, which a register does not have`);
      // A copy: it is kept, and what it came in need not be.
      return elementFault(codec, payload) ?? payload.slice();
    },
    keyOf: () => "",
    fresh: noHeads,
    apply(heads, written, at) {
      coverHeads(heads, at);
      addHead(heads, written, at);
    },
    copy: copyHeads,
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: (written) => writer.prefixed(written) }),
    readItem: (reader, lanes) => readHeads(reader, lanes, () => reader.prefixed(elementBytesMax).slice()),
    value: (items) => value(items.get("")?.live ?? [], read),
    explain(_key, { live }) {
      const told = live.map((head) => ({ dot: head.dot, value: read(head) }));
      const count = winners(live);
      return { winners: told.slice(0, count), losers: told.slice(count) };
    },
    restore: (_key, lost) => codec.encode(lost.value as T),
    commands: (send) => ({ set: (written) => send(codec.encode(written)) }),
    keyText: () => "",
    keyFrom: () => "",
  };
}
