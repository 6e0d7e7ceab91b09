import { Malformed } from "../bytes/malformed.js";
import { codecOf, type Element } from "./element-codec.js";
import { addHead, areBare, coverHeads, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// The last write wins: of those that nobody wrote over knowingly, the last in the total order. The others are conflicts, until
// somebody writes who has seen them.

export interface RegisterCommands<T> {
  set(value: T): void;
}

export type Register<T> = MergeType<Heads<Uint8Array>, Uint8Array, T | undefined, RegisterCommands<T>>;

export function register<T>(element: Element<T>): Register<T> {
  const codec = codecOf(element);
  const read = (encoded: Uint8Array): T => {
    const value = codec.decode(encoded);
    if (value instanceof Malformed) throw new RangeError(`a register that holds what its type refuses: ${value.reason}`);
    return value;
  };
  return {
    name: `register(${codec.name})`,
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation: (payload) => ({ kind: operationKinds.write, payload }),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.write) return new Malformed(`an operation of kind ${kind}, which a register does not have`);
      const value = codec.decode(payload);
      return value instanceof Malformed ? value : payload.slice();
    },
    keyOf: () => "",
    fresh: noHeads,
    apply(heads, written, at) {
      coverHeads(heads, at);
      addHead(heads, written, at);
    },
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: (written) => writer.prefixed(written) }),
    readItem: (reader, lanes) => readHeads(reader, lanes, () => reader.prefixed(Number.MAX_SAFE_INTEGER).slice()),
    value(items) {
      const winner = items.get("")?.live[0];
      return winner === undefined ? undefined : read(winner.what);
    },
    explain(_key, { live }) {
      const told = live.map(({ dot, what }) => ({ dot, value: read(what) }));
      return { winners: told.slice(0, 1), losers: told.slice(1) };
    },
    restore: (_key, lost) => codec.encode(lost.value as T),
    commands: (send) => ({ set: (value) => send(codec.encode(value)) }),
    keyText: () => "",
    keyFrom: () => "",
  };
}
