import { Malformed } from "../bytes/malformed.js";
import type { Element } from "./element-codec.js";
import { type AddCommands, ElementKeys, type SetOperation } from "./element-keys.js";
import { areBare, coverHeads, type Heads, joinHeads, keepHead, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";

// A set that only grows. Of an element each lane's last addition is kept: that many dots and no more, and nobody's addition can undo
// another's, whatever it claims to have seen.

export type GSet<T> = MergeType<Heads<undefined>, SetOperation, ReadonlySet<T>, AddCommands<T>>;

export function gSet<T>(element: Element<T>): GSet<T> {
  const elements = new ElementKeys(element);
  return {
    name: `g-set(${elements.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation: (operation) => elements.encode(operation),
    decodeOperation(kind, payload) {
      const operation = elements.decode(kind, payload);
      if (operation instanceof Malformed || operation.does === "add") return operation;
      return new Malformed("a removal, from a set that only grows");
    },
    keyOf: ({ key }) => key,
    fresh: noHeads,
    apply: (heads, _, at) => keepHead(heads, undefined, at),
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: () => {} }),
    readItem: (reader, lanes) => readHeads(reader, lanes, () => undefined),
    value: (items) => elements.members(items, ({ live }) => live.length > 0),
    explain: (key, { live }) => ({ winners: live.map(({ dot }) => ({ dot, value: elements.read(key) })), losers: [] }),
    restore: () => undefined,
    commands: (send) => ({ add: elements.commands(send).add }),
    keyText: (key) => elements.textOf(key),
    keyFrom: (text) => elements.keyFrom(text),
  };
}
