import type { Element } from "./element-codec.js";
import { ElementKeys, type SetCommands, type SetOperation } from "./element-keys.js";
import { addHead, areBare, coverHeads, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";

// A set where removing wins: an element is in it when somebody added it and no removal counts, and a removal counts until somebody
// adds the element in knowledge of it. So of an element that was removed something stays behind: as many dots as were written at once.

export type RemoveWinsSet<T> = MergeType<Heads<SetOperation["does"]>, SetOperation, ReadonlySet<T>, SetCommands<T>>;

const ADD = 1;

export function removeWinsSet<T>(element: Element<T>): RemoveWinsSet<T> {
  const elements = new ElementKeys(element);
  return {
    name: `remove-wins-set(${elements.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation: (operation) => elements.encode(operation),
    decodeOperation: (kind, payload) => elements.decode(kind, payload),
    keyOf: ({ key }) => key,
    fresh: noHeads,
    apply(heads, { does }, at) {
      coverHeads(heads, at);
      addHead(heads, does, at);
    },
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) =>
      writeHeads(writer, heads, { lanes, seen, what: (does) => writer.u8(does === "add" ? ADD : 0) }),
    readItem: (reader, lanes) =>
      readHeads(reader, lanes, () => {
        const does = reader.u8();
        if (does > ADD) reader.fail("what neither adds nor removes");
        return does === ADD ? "add" : "remove";
      }),
    value: (items) => elements.members(items, ({ live }) => live.length > 0 && live.every(isAdd)),
    explain(key, { live }) {
      const told = (heads: Heads<SetOperation["does"]>["live"]) => heads.map(({ dot }) => ({ dot, value: elements.read(key) }));
      const removed = live.filter((head) => !isAdd(head));
      return removed.length === 0 ? { winners: told(live), losers: [] } : { winners: told(removed), losers: told(live.filter(isAdd)) };
    },
    restore: (key) => ({ does: "add", key }),
    commands: (send) => elements.commands(send),
    keyText: (key) => elements.textOf(key),
    keyFrom: (text) => elements.keyFrom(text),
  };
}

function isAdd({ what }: { readonly what: SetOperation["does"] }): boolean {
  return what === "add";
}
