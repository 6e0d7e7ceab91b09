import type { Element } from "./element-codec.js";
import { ElementKeys, type SetCommands, type SetOperation } from "./element-keys.js";
import { addHead, areBare, coverHeads, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";

// A set where adding wins: an element is in it as long as somebody added it whom no remover had seen. What was removed leaves
// nothing behind, but for removals that came before what they remove.

export type OrSet<T> = MergeType<Heads<undefined>, SetOperation, ReadonlySet<T>, SetCommands<T>>;

export function orSet<T>(element: Element<T>): OrSet<T> {
  const elements = new ElementKeys(element);
  return {
    name: `or-set(${elements.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation: (operation) => elements.encode(operation),
    decodeOperation: (kind, payload) => elements.decode(kind, payload),
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
    value: (items) => elements.members(items, ({ live }) => live.length > 0),
    explain: (key, { live }) => ({ winners: live.map(({ dot }) => ({ dot, value: elements.read(key) })), losers: [] }),
    restore: (key) => ({ does: "add", key }),
    commands: (send) => elements.commands(send),
    keyText: (key) => elements.textOf(key),
    keyFrom: (text) => elements.keyFrom(text),
  };
}
