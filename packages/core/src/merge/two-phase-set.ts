import type { Element } from "./element-codec.js";
import { ElementKeys, type SetCommands, type SetOperation } from "./element-keys.js";
import { areBare, coverHeads, type Heads, joinHeads, keepHead, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";

// A set that an element comes into once and leaves for good: once removed, by anybody, it is never in it again. A removal is kept for
// ever: of an element each lane's last removal, and each lane's last addition that no remover had seen.

export interface TwoPhases {
  /** Those that no remover had seen: where there is a removal, they lost. */
  readonly added: Heads<undefined>;
  readonly removed: Heads<undefined>;
}

export type TwoPhaseSet<T> = MergeType<TwoPhases, SetOperation, ReadonlySet<T>, SetCommands<T>>;

export function twoPhaseSet<T>(element: Element<T>): TwoPhaseSet<T> {
  const elements = new ElementKeys(element);
  return {
    name: `two-phase-set(${elements.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation: (operation) => elements.encode(operation),
    decodeOperation: (kind, payload) => elements.decode(kind, payload),
    keyOf: ({ key }) => key,
    fresh: () => ({ added: noHeads(), removed: noHeads() }),
    apply({ added, removed }, { does }, at) {
      if (does === "add") return keepHead(added, undefined, at);
      coverHeads(added, at);
      keepHead(removed, undefined, at);
    },
    join(phases, from, joining) {
      joinHeads(phases.added, from.added, joining);
      joinHeads(phases.removed, from.removed, joining);
    },
    reset({ added, removed }, at) {
      coverHeads(added, at);
      coverHeads(removed, at);
    },
    isBare: ({ added, removed }, seen) => areBare(added, seen) && areBare(removed, seen),
    writeItem(writer, { added, removed }, lanes, seen) {
      writeHeads(writer, added, { lanes, seen, what: () => {} });
      writeHeads(writer, removed, { lanes, seen, what: () => {} });
    },
    readItem: (reader, lanes) => ({
      added: readHeads(reader, lanes, () => undefined),
      removed: readHeads(reader, lanes, () => undefined),
    }),
    value: (items) => elements.members(items, ({ added, removed }) => added.live.length > 0 && removed.live.length === 0),
    explain(key, { added, removed }) {
      const told = ({ live }: Heads<undefined>) => live.map(({ dot }) => ({ dot, value: elements.read(key) }));
      return removed.live.length === 0 ? { winners: told(added), losers: [] } : { winners: told(removed), losers: told(added) };
    },
    restore: () => undefined,
    commands: (send) => elements.commands(send),
    keyText: (key) => elements.textOf(key),
    keyFrom: (text) => elements.keyFrom(text),
  };
}
