import { Malformed } from "../bytes/malformed.js";
import { codecOf, type Element } from "./element-codec.js";
import { addHead, areBare, coverHeads, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import { bytesOfKey, keyOfBytes } from "./item-key.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// A set where adding wins: an element is in it as long as somebody added it whom no remover had seen. What was removed leaves
// nothing behind, but for removals that came before what they remove.

export interface SetCommands<T> {
  add(element: T): void;
  remove(element: T): void;
}

export interface SetOperation {
  readonly does: "add" | "remove";
  readonly key: string;
}

export type OrSet<T> = MergeType<Heads<undefined>, SetOperation, ReadonlySet<T>, SetCommands<T>>;

export function orSet<T>(element: Element<T>): OrSet<T> {
  const codec = codecOf(element);
  const read = (key: string): T => {
    const value = codec.decode(bytesOfKey(key));
    if (value instanceof Malformed) throw new RangeError(`a set that holds what its type refuses: ${value.reason}`);
    return value;
  };
  const keyOf = (value: T) => keyOfBytes(codec.encode(value));
  return {
    name: `or-set(${codec.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation: ({ does, key }) => ({ kind: operationKinds[does], payload: bytesOfKey(key) }),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.add && kind !== operationKinds.remove)
        return new Malformed(`an operation of kind ${kind}, which a set does not have`);
      const value = codec.decode(payload);
      if (value instanceof Malformed) return value;
      return { does: kind === operationKinds.add ? "add" : "remove", key: keyOfBytes(payload) };
    },
    keyOf: ({ key }) => key,
    fresh: noHeads,
    apply(heads, { does }, at) {
      coverHeads(heads, at);
      if (does === "add") addHead(heads, undefined, at);
    },
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: () => {} }),
    readItem: (reader, lanes) => readHeads(reader, lanes, () => undefined),
    value(items) {
      const members = [...items].filter(([, { live }]) => live.length > 0).map(([key]) => key);
      return new Set(members.sort().map(read));
    },
    explain: (key, { live }) => ({ winners: live.map(({ dot }) => ({ dot, value: read(key) })), losers: [] }),
    restore: (key) => ({ does: "add", key }),
    commands: (send) => ({
      add: (value) => send({ does: "add", key: keyOf(value) }),
      remove: (value) => send({ does: "remove", key: keyOf(value) }),
    }),
    keyText: (key) => JSON.stringify(read(key)),
    keyFrom: (text) => keyOf(JSON.parse(text) as T),
  };
}
