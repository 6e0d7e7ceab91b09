import { Malformed } from "../bytes/malformed.js";
import { decodeAt, encodeAt } from "./at-key.js";
import type { Dot, Seen } from "./dot.js";
import {
  addHead,
  areBare,
  coverHeads,
  type Heads,
  joinHeads,
  mergedReaches,
  noHeads,
  pending,
  readHeads,
  readReaches,
  writeHeads,
  writeReaches,
} from "./heads.js";
import { bytesOfKey, decodeTextKey, keyOfText, textKeyFault, textOfKey } from "./item-key.js";
import { type ResettableType, resettable } from "./journal.js";
import type { AnyMergeType, Circumstance, Explained, Joining, MergeType, Reach, Told } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";
import { type Items, readItems, writeItems } from "./state.js";

// Under each key a state of another type. A key is there as long as somebody wrote under it whom nobody who deleted it had seen, and
// a deletion takes out what was known to it and nothing else: what was written at once with it stays, without the rest.

export type OrMapOperation =
  | { readonly does: "at"; readonly key: string; readonly operation: unknown }
  | { readonly does: "delete"; readonly key: string };

export interface OrMapCommands<Commands> {
  /** What is written under the key. */
  at(key: string): Commands;
  delete(key: string): void;
}

export interface OrMapItem {
  /** Whoever wrote under the key last. */
  readonly written: Heads<undefined>;
  /** Operations that still come, and were deleted by who knew them. */
  deleted: Reach[];
  /** What lies under the key. */
  readonly items: Items;
}

export type OrMap<Value, Commands> = MergeType<OrMapItem, OrMapOperation, ReadonlyMap<string, Value>, OrMapCommands<Commands>>;

export function orMap<Value, Commands>(values: AnyMergeType<Value, Commands>): OrMap<Value, Commands> {
  const type = resettable(values);
  return {
    name: `or-map(${values.name})`,
    version: 1 + values.version,
    parts: [values],
    keys: "many",
    retract: values.retract,
    encodeOperation(operation) {
      if (operation.does === "delete") return { kind: operationKinds.delete, payload: bytesOfKey(operation.key) };
      return encodeAt(operation.key, type.encodeOperation(operation.operation));
    },
    decodeOperation(kind, payload) {
      if (kind === operationKinds.delete) {
        const key = decodeTextKey(payload);
        return key instanceof Malformed ? key : { does: "delete", key };
      }
      if (kind !== operationKinds.at) return new Malformed(`an operation of kind ${kind}, which a map does not have`);
      const at = decodeAt(payload);
      if (at instanceof Malformed) return at;
      const { key } = at;
      const fault = textKeyFault(key);
      if (fault !== undefined) return fault;
      const operation = type.decodeOperation(at.kind, payload.subarray(at.from));
      return operation instanceof Malformed ? operation : { does: "at", key, operation };
    },
    keyOf: ({ key }) => key,
    fresh: () => ({ written: noHeads(), deleted: [], items: new Map() }),
    apply(item, operation, at) {
      if (operation.does === "delete") return reset(type, item, at);
      coverHeads(item.written, at);
      addHead(item.written, undefined, at);
      type.apply(itemAt(type, item, { key: type.keyOf(operation.operation), at }), operation.operation, at);
    },
    join: (item, from, joining) => join(type, item, { from, joining }),
    reset: (item, at) => reset(type, item, at),
    isBare: (item, seen) => pending(item.deleted, seen).length === 0 && isBareBeyond(type, item, seen),
    writeItem(writer, item, lanes, seen) {
      const { written, deleted, items } = item;
      const beyond = seenBeyond(item, seen);
      writeReaches(writer, pending(deleted, seen), lanes);
      writeHeads(writer, written, { lanes, seen: beyond, what: () => {} });
      writeItems(writer, type, items, { lanes, seen: beyond });
    },
    readItem(reader, lanes) {
      const deleted = readReaches(reader, lanes);
      const item: OrMapItem = { deleted, written: readHeads(reader, lanes, () => undefined), items: readItems(reader, type, lanes) };
      if (deleted.length > 0 && !reader.failed) reset(type, item, deleting(deleted, { lanes, seen: NOTHING_SEEN }));
      return item;
    },
    value(items) {
      const there = [...items].filter(([, { written }]) => written.live.length > 0).sort(([left], [right]) => (left < right ? -1 : 1));
      return new Map(there.map(([key, item]) => [textOfKey(key), type.value(item.items) as Value]));
    },
    explain: (_key, item) => explain(type, item),
    restore(key, lost) {
      const operation = restore(type, lost);
      return operation === undefined ? undefined : { does: "at", key, operation };
    },
    commands: (send) => ({
      at(key) {
        const itemKey = keyOfText(key);
        return type.commands((operation) => send({ does: "at", key: itemKey, operation })) as Commands;
      },
      delete: (key) => send({ does: "delete", key: keyOfText(key) }),
    }),
    keyText: textOfKey,
    keyFrom: keyOfText,
  };
}

function reset(type: ResettableType, item: OrMapItem, at: Circumstance): void {
  coverHeads(item.written, at);
  if (at.ahead.length > 0) item.deleted = mergedReaches([...pending(item.deleted, at.seen), ...at.ahead]);
  for (const each of item.items.values()) type.reset(each, at);
  const beyond = seenBeyond(item, at.seen);
  for (const [key, each] of item.items) if (type.isBare(each, beyond)) item.items.delete(key);
}

/** As if what is deleted before it comes had come: that lies in every item, and is not written with each. */
function seenBeyond({ deleted }: OrMapItem, seen: Seen): Seen {
  if (deleted.length === 0) return seen;
  const reaches = new Map(deleted.map(({ lane, seq }) => [lane, seq]));
  return { of: (lane) => Math.max(seen.of(lane), reaches.get(lane) ?? 0) };
}

function isBareBeyond(type: ResettableType, item: OrMapItem, seen: Seen): boolean {
  const beyond = seenBeyond(item, seen);
  if (!areBare(item.written, beyond)) return false;
  for (const each of item.items.values()) if (!type.isBare(each, beyond)) return false;
  return true;
}

/** A deletion of nothing but what is still to come. */
function deleting(ahead: readonly Reach[], { lanes, seen }: Place["at"]): Circumstance {
  return { dot: NO_DOT, lanes, seen, covers: () => false, ahead };
}

const NO_DOT: Dot = { lane: 0, seq: 0, operation: 0, wallMs: 0, counter: 0 };
const NOTHING_SEEN: Seen = { of: () => 0 };

interface Place {
  readonly key: string;
  readonly at: Pick<Circumstance, "lanes" | "seen">;
}

/** A new one knows of what comes and is deleted already. */
function freshIn(type: ResettableType, { deleted }: OrMapItem, { key, at }: Place): unknown {
  const fresh = type.fresh(key);
  if (deleted.length > 0) type.reset(fresh, deleting(deleted, at));
  return fresh;
}

function itemAt(type: ResettableType, item: OrMapItem, place: Place): unknown {
  let there = item.items.get(place.key);
  if (there === undefined) {
    there = freshIn(type, item, place);
    item.items.set(place.key, there);
  }
  return there;
}

function join(type: ResettableType, item: OrMapItem, { from, joining }: { readonly from: OrMapItem; readonly joining: Joining }): void {
  const at = { lanes: joining.lanes, seen: joining.into };
  for (const [key, theirs] of from.items) type.join(itemAt(type, item, { key, at }), theirs, joining);
  for (const [key, ours] of item.items) if (!from.items.has(key)) type.join(ours, freshIn(type, from, { key, at }), joining);
  joinHeads(item.written, from.written, joining);
  item.deleted = mergedReaches([...item.deleted, ...from.deleted]);
}

function explain(type: AnyMergeType, { items }: OrMapItem): Explained {
  const winners: Told[] = [];
  const losers: Told[] = [];
  for (const key of [...items.keys()].sort()) {
    const step = type.keys === "one" ? [] : [type.keyText(key)];
    const further = (told: Told): Told => ({ ...told, path: [...step, ...(told.path ?? [])] });
    const explained = type.explain(key, items.get(key));
    winners.push(...explained.winners.map(further));
    losers.push(...explained.losers.map(further));
  }
  return { winners, losers };
}

function restore(type: AnyMergeType, lost: Told): unknown {
  if (type.keys === "one") return type.restore("", lost);
  const [first = "", ...path] = lost.path ?? [];
  return type.restore(type.keyFrom(first), { ...lost, path });
}
