import { Malformed } from "../bytes/malformed.js";
import { addHead, areBare, coverHeads, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// A flag where enabling wins: it is on as long as somebody enabled it whom nobody who disabled it had seen.

export interface FlagCommands {
  enable(): void;
  disable(): void;
}

export type FlagOperation = "enable" | "disable";

export type EnableWinsFlag = MergeType<Heads<undefined>, FlagOperation, boolean, FlagCommands>;

const NOTHING = new Uint8Array(0);

export function enableWinsFlag(): EnableWinsFlag {
  return {
    name: "enable-wins-flag",
    version: 1,
    keys: "one",
    retract: "by-key",
    encodeOperation: (operation) => ({ kind: operationKinds[operation], payload: NOTHING }),
    decodeOperation(kind, payload) {
      if (kind !== operationKinds.enable && kind !== operationKinds.disable)
        return new Malformed(`an operation of kind ${kind}, which a flag does not have`);
      if (payload.length > 0) return new Malformed(`a flag's operation with ${payload.length} bytes behind it`);
      return kind === operationKinds.enable ? "enable" : "disable";
    },
    keyOf: () => "",
    fresh: noHeads,
    apply(heads, operation, at) {
      coverHeads(heads, at);
      if (operation === "enable") addHead(heads, undefined, at);
    },
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: () => {} }),
    readItem: (reader, lanes) => readHeads(reader, lanes, () => undefined),
    value: (items) => (items.get("")?.live.length ?? 0) > 0,
    explain: (_key, { live }) => ({ winners: live.map(({ dot }) => ({ dot, value: true })), losers: [] }),
    restore: () => undefined,
    commands: (send) => ({ enable: () => send("enable"), disable: () => send("disable") }),
    keyText: () => "",
    keyFrom: () => "",
  };
}
