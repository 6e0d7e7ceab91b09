import type { Element } from "./element-codec.js";
import { areBare, coverHeads, type Heads, joinHeads, noHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";
import { type RegisterCommands, RegisterValues } from "./register-values.js";

// A register that keeps all that was written at once, the last in the total order first: an application that reads several has them
// chosen from, or shows them, and writes one over them all.

export type MultiValueRegister<T> = MergeType<Heads<Uint8Array>, Uint8Array, readonly T[], RegisterCommands<T>>;

export function multiValueRegister<T>(element: Element<T>): MultiValueRegister<T> {
  const values = new RegisterValues(element);
  return {
    name: `multi-value-register(${values.name})`,
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
    value: (items) => (items.get("")?.live ?? []).map((head) => values.valueOf(head)),
    explain: (_key, { live }) => ({ winners: live.map((head) => values.told(head)), losers: [] }),
    restore: () => undefined,
    commands: (send) => values.commands(send),
    keyText: () => "",
    keyFrom: () => "",
  };
}
