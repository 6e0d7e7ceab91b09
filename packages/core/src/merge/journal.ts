import { payloadBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { type Dot, type Lanes, readDot, type Seen, writeDot } from "./dot.js";
import { isReached, isSeen, mergedReaches, pending, readReaches, writeReaches } from "./heads.js";
import type { AnyMergeType, Circumstance, Joining, MergeType, Reach } from "./merge-type.js";

// Types that forget single operations, where they stand under a key of a map: what is deleted there is what the deleter had seen, and
// the rest stays. A type that cannot do that itself (a sum does not know what it is the sum of) has its operations kept here, each
// until a deletion covers it: of a key that is counted at and never deleted they are as many as were ever written.

type WithReset<Item> = MergeType<Item, unknown, unknown, unknown> & { reset(item: Item, at: Circumstance): void };

export type ResettableType = WithReset<unknown>;

/** The same type, by the same operations, with `reset`. */
export function resettable(type: AnyMergeType): ResettableType {
  return hasReset(type) ? type : ((type.resettable?.() as ResettableType | undefined) ?? journaled(type));
}

export function hasReset(type: AnyMergeType): type is ResettableType {
  return type.reset !== undefined;
}

interface Entry {
  readonly dot: Dot;
  readonly operation: unknown;
}

interface Journal {
  readonly key: string;
  /** Those of each lane in its order. */
  entries: Entry[];
  /** Operations that still come, and were deleted by who knew them. */
  ahead: Reach[];
  /** What the entries come to. */
  built: unknown;
}

function journaled(type: AnyMergeType): WithReset<Journal> {
  const { name, version, keys, retract, keyOf, restore, keyText, keyFrom } = type;
  return {
    name,
    version,
    keys,
    retract,
    encodeOperation: (operation) => type.encodeOperation(operation),
    decodeOperation: (kind, payload) => type.decodeOperation(kind, payload),
    keyOf,
    fresh: (key) => ({ key, entries: [], ahead: [], built: type.fresh(key) }),
    apply(journal, operation, at) {
      if (isReached(journal.ahead, at.dot)) return;
      journal.entries.push({ dot: at.dot, operation });
      type.apply(journal.built, operation, at);
    },
    join(journal, from, joining) {
      joinEntries(journal, from, joining);
      rebuild(type, journal, { lanes: joining.lanes, seen: joining.into });
    },
    reset(journal, at) {
      if (at.ahead.length > 0) journal.ahead = mergedReaches([...pending(journal.ahead, at.seen), ...at.ahead]);
      const left = journal.entries.filter(({ dot }) => !at.covers(dot));
      if (left.length === journal.entries.length) return;
      journal.entries = left;
      rebuild(type, journal, at);
    },
    isBare: ({ entries, ahead }, seen) => entries.length === 0 && pending(ahead, seen).length === 0,
    writeItem(writer, { entries, ahead }, lanes, seen) {
      writeEntries(writer, type, { entries, lanes });
      writeReaches(writer, pending(ahead, seen), lanes);
    },
    readItem(reader, lanes, key) {
      const journal: Journal = { key, entries: readEntries(reader, type, lanes), ahead: readReaches(reader, lanes), built: undefined };
      rebuild(type, journal, { lanes, seen: NOTHING_SEEN });
      return journal;
    },
    value: (items) =>
      type.value(new Map([...items].filter(([, { entries }]) => entries.length > 0).map(([key, { built }]) => [key, built]))),
    explain: (key, { built }) => type.explain(key, built),
    restore,
    commands: (send) => type.commands(send),
    keyText,
    keyFrom,
  };
}

const NOTHING_SEEN: Seen = { of: () => 0 };

function rebuild(type: AnyMergeType, journal: Journal, { lanes, seen }: { readonly lanes: Lanes; readonly seen: Seen }): void {
  journal.built = type.fresh(journal.key);
  // What its author had seen is not kept: types without `reset` do not ask.
  for (const { dot, operation } of journal.entries)
    type.apply(journal.built, operation, { dot, lanes, seen, covers: () => false, ahead: [] });
}

/** As heads are joined: what one side has seen and does not have, it knows to be deleted. */
function joinEntries(journal: Journal, from: Journal, { into, from: theirs }: Joining): void {
  const there = new Set(from.entries.map(({ dot }) => nameOf(dot)));
  const ours = journal.entries.filter(({ dot }) => (isSeen(dot, theirs) ? there.has(nameOf(dot)) : !isReached(from.ahead, dot)));
  const news = from.entries.filter(({ dot }) => !isSeen(dot, into) && !isReached(journal.ahead, dot));
  journal.entries = [...ours, ...news];
  journal.ahead = mergedReaches([...journal.ahead, ...from.ahead]);
}

function nameOf({ lane, seq, operation }: Dot): string {
  return `${lane}/${seq}/${operation}`;
}

interface Entries {
  readonly entries: readonly Entry[];
  readonly lanes: Lanes;
}

function writeEntries(writer: Writer, type: AnyMergeType, { entries, lanes }: Entries): void {
  writer.varint(entries.length);
  const sorted = entries.toSorted(
    ({ dot: left }, { dot: right }) => lanes.compare(left.lane, right.lane) || left.seq - right.seq || left.operation - right.operation,
  );
  for (const { dot, operation } of sorted) {
    const { kind, payload } = type.encodeOperation(operation);
    writeDot(writer, dot, lanes);
    writer.u8(kind).prefixed(payload);
  }
}

function readEntries(reader: Reader, type: AnyMergeType, lanes: Lanes): Entry[] {
  const entries: Entry[] = [];
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const dot = readDot(reader, lanes);
    const kind = reader.u8();
    const payload = reader.prefixed(payloadBytesMax);
    if (reader.failed) break;
    const operation = type.decodeOperation(kind, payload);
    if (operation instanceof Malformed) reader.fail(operation.reason);
    else entries.push({ dot, operation });
  }
  return entries;
}
