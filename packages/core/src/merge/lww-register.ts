import type { Element } from "./element-codec.js";
import { areBare, coverHeads, type Heads, joinHeads, noHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";
import { type RegisterCommands, RegisterValues } from "./register-values.js";

// The last write wins: of those that nobody wrote over knowingly, the last in the total order. The others are conflicts, until
// somebody writes who has seen them.

export type Register<T> = MergeType<Heads<Uint8Array>, Uint8Array, T | undefined, RegisterCommands<T>>;

export function register<T>(element: Element<T>): Register<T> {
  const values = new RegisterValues(element);
  return {
    name: `register(${values.name})`,
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation: (written) => values.encode(written),
    decodeOperation: (kind, payload) => values.decode(kind, payload),
    keyOf: () => "",
    fresh: noHeads,
    apply: (heads, written, at) => values.apply(heads, written, at),
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => values.write(writer, heads, lanes, seen),
    readItem: (reader, lanes) => values.read(reader, lanes),
    value(items) {
      const winner = items.get("")?.live[0];
      return winner === undefined ? undefined : values.valueOf(winner);
    },
    explain(_key, { live }) {
      const told = live.map((head) => values.told(head));
      return { winners: told.slice(0, 1), losers: told.slice(1) };
    },
    restore: (_key, lost) => values.restore(lost),
    commands: (send) => values.commands(send),
    keyText: () => "",
    keyFrom: () => "",
  };
}
