import { type Decoded, Malformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { Reader } from "../bytes/reader.js";
import { type AuthorId, asId, type Epoch, epochNonceBytes, idBytes, type LaneId, type SubjectId } from "../identity/ids.js";
import { bytesOfText, decodeSubjectPath, type SubjectPath } from "../identity/subject-path.js";
import type { Range } from "../protocol/key-space.js";
import { HIGH, numberedKey, numberedPairKey, prefixEnd, putU32, type Table, tableKey, tables } from "./key-layout.js";
import { decodeViewKey, isViewTable, type ViewStoreKey } from "./view-keys.js";

// The keys of the store, table by table (docs/wire.md, "Store"). Numbers are big-endian, so that the order of keys is
// the order of numbers. A lane number is local to the store; what travels is the LaneId.

export type MetaName = "store" | "clock" | "frontier";

export function metaKey(name: MetaName): Uint8Array<ArrayBuffer> {
  return tableKey(tables.meta, bytesOfText(name));
}

export function authorKey(author: AuthorId): Uint8Array<ArrayBuffer> {
  return tableKey(tables.author, author);
}

export function subjectKey(subject: SubjectId): Uint8Array<ArrayBuffer> {
  return tableKey(tables.subject, subject);
}

export function pathKey(path: SubjectPath): Uint8Array<ArrayBuffer> {
  return tableKey(tables.path, bytesOfText(path));
}

export function laneKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.lane, lane);
}

export function laneNumberKey(subject: SubjectId, author: AuthorId, epoch: Epoch): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(1 + 2 * idBytes + 4 + epochNonceBytes);
  key[0] = tables.laneNumber;
  key.set(subject, 1);
  key.set(author, 1 + idBytes);
  putU32(key, 1 + 2 * idBytes, epoch.index);
  key.set(epoch.nonce, 5 + 2 * idBytes);
  return key;
}

export function headKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.head, lane);
}

export function blockKey(lane: number, firstSeq: number): Uint8Array<ArrayBuffer> {
  return numberedPairKey(tables.block, lane, firstSeq);
}

export function mmrKey(lane: number, group: number): Uint8Array<ArrayBuffer> {
  return numberedPairKey(tables.mmr, lane, group);
}

export function changedKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.changed, lane);
}

export function hybridKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.hybrid, lane);
}

export function unsealedKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.unsealed, lane);
}

/** An event whose payload is absent. */
export function absentKey(lane: number, seq: number): Uint8Array<ArrayBuffer> {
  return numberedPairKey(tables.absent, lane, seq);
}

/** An event as a redaction names it: its lane need not be here. */
export interface NamedEvent {
  readonly lane: LaneId;
  readonly seq: number;
  readonly id: Uint8Array;
}

/** `by`: the lane whose events redact it. */
export function redactionKey({ lane, seq, id }: NamedEvent, by: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(1 + idBytes + 8 + idBytes + 4);
  key.set(redactionPrefix(lane, seq));
  key.set(id, 1 + idBytes + 8);
  putU32(key, 1 + idBytes + 8 + idBytes, by);
  return key;
}

/** Redactions of one event, by lane. */
export function redactionsOf(event: NamedEvent): Range {
  const prefix = redactionKey(event, 0).subarray(0, -4);
  return { from: prefix, to: prefixEnd(prefix) };
}

/** Redactions of what may be events of these seqs. */
export function redactionsWithin(lane: LaneId, firstSeq: number, lastSeq: number): Range {
  return { from: redactionPrefix(lane, firstSeq), to: redactionPrefix(lane, lastSeq + 1) };
}

function redactionPrefix(lane: LaneId, seq: number): Uint8Array<ArrayBuffer> {
  const prefix = new Uint8Array(1 + idBytes + 8);
  prefix[0] = tables.redaction;
  prefix.set(lane, 1);
  putU32(prefix, 1 + idBytes, Math.floor(seq / HIGH));
  putU32(prefix, 5 + idBytes, seq >>> 0);
  return prefix;
}

export function trieKey(triePath: Uint8Array): Uint8Array<ArrayBuffer> {
  return tableKey(tables.trie, triePath);
}

export function forkKey(lane: LaneId): Uint8Array<ArrayBuffer> {
  return tableKey(tables.fork, lane);
}

export function givenUpKey(lane: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.givenUp, lane);
}

export function returnedKey(event: Uint8Array): Uint8Array<ArrayBuffer> {
  return tableKey(tables.returned, event);
}

/** Every key of a table. */
export function tableRange(table: Table): Range {
  return { from: Uint8Array.of(tables[table]), to: Uint8Array.of(tables[table] + 1) };
}

/** All that a table holds of one lane; for `block`, `mmr` and `absent`, every block, group and payload. */
export function laneRange(
  table: "lane" | "head" | "block" | "mmr" | "changed" | "hybrid" | "unsealed" | "absent" | "givenUp",
  lane: number,
): Range {
  const from = numberedKey(tables[table], lane);
  return { from, to: prefixEnd(from) };
}

/** Blocks that begin at `firstSeq` or behind, or, descending, at `lastSeq` or before: the first of them holds that event. */
export function blocksFrom(lane: number, firstSeq: number): Range {
  return { from: blockKey(lane, firstSeq), to: laneRange("block", lane).to };
}

export function blockHolding(lane: number, seq: number): Range {
  return { from: blockKey(lane, 0), to: blockKey(lane, seq + 1), order: "descending", limit: 1 };
}

/** Every lane of a subject, or every epoch of one author's feed in it, in the order of author, epoch index and nonce. */
export function lanesOf(subject: SubjectId, author?: AuthorId): Range {
  const prefix = new Uint8Array(1 + idBytes + (author === undefined ? 0 : idBytes));
  prefix[0] = tables.laneNumber;
  prefix.set(subject, 1);
  if (author !== undefined) prefix.set(author, 1 + idBytes);
  return { from: prefix, to: prefixEnd(prefix) };
}

/** Paths that begin with these bytes. */
export function pathsFrom(prefix: string): Range {
  const from = tableKey(tables.path, bytesOfText(prefix));
  return { from, to: prefixEnd(from) };
}

export type StoreKey =
  | { readonly table: "meta"; readonly name: MetaName }
  | { readonly table: "author"; readonly author: AuthorId }
  | { readonly table: "subject"; readonly subject: SubjectId }
  | { readonly table: "path"; readonly path: SubjectPath }
  | { readonly table: "lane" | "head" | "changed" | "hybrid" | "unsealed" | "givenUp"; readonly lane: number }
  | { readonly table: "laneNumber"; readonly subject: SubjectId; readonly author: AuthorId; readonly epoch: Epoch }
  | { readonly table: "block"; readonly lane: number; readonly firstSeq: number }
  | { readonly table: "mmr"; readonly lane: number; readonly group: number }
  | { readonly table: "trie"; readonly path: Uint8Array }
  | { readonly table: "fork"; readonly id: LaneId }
  | { readonly table: "returned"; readonly event: Uint8Array }
  | { readonly table: "absent"; readonly lane: number; readonly seq: number }
  | { readonly table: "redaction"; readonly event: NamedEvent; readonly by: number }
  | ViewStoreKey;

const META_NAMES = (["store", "clock", "frontier"] as const).map((name) => ({ name, bytes: bytesOfText(name) }));

/** What a key found in the store names: for an audit, which takes nothing for granted, and for walking a range. */
export function decodeKey(key: Uint8Array): Decoded<StoreKey> {
  const reader = new Reader(key);
  const table = reader.u8();
  switch (table) {
    case tables.meta: {
      const found = META_NAMES.find(({ bytes }) => compareBytes(bytes, key.subarray(1)) === 0);
      return found === undefined ? new Malformed("a key of the first table that names nothing known") : { table: "meta", name: found.name };
    }
    case tables.author:
      return finishId(reader, (id) => ({ table: "author", author: asId<AuthorId>(id) }));
    case tables.subject:
      return finishId(reader, (id) => ({ table: "subject", subject: asId<SubjectId>(id) }));
    case tables.path: {
      const path = decodeSubjectPath(key.subarray(1));
      return path instanceof Malformed ? path : { table: "path", path };
    }
    case tables.lane:
      return finishNumbered(reader, "lane");
    case tables.head:
      return finishNumbered(reader, "head");
    case tables.changed:
      return finishNumbered(reader, "changed");
    case tables.hybrid:
      return finishNumbered(reader, "hybrid");
    case tables.unsealed:
      return finishNumbered(reader, "unsealed");
    case tables.laneNumber:
      return finishLaneNumber(reader);
    case tables.block: {
      const lane = reader.u32();
      const firstSeq = reader.u64();
      if (firstSeq === 0) reader.fail("a block that begins at seq 0");
      return reader.finish(() => ({ table: "block", lane, firstSeq }));
    }
    case tables.mmr: {
      const lane = reader.u32();
      const group = reader.u64();
      return reader.finish(() => ({ table: "mmr", lane, group }));
    }
    case tables.absent: {
      const lane = reader.u32();
      const seq = reader.u64();
      if (seq === 0) reader.fail("an absent payload of event 0");
      return reader.finish(() => ({ table: "absent", lane, seq }));
    }
    case tables.redaction:
      return finishRedaction(reader);
    case tables.trie:
      return { table: "trie", path: key.subarray(1) };
    case tables.fork:
      return finishId(reader, (id) => ({ table: "fork", id: asId<LaneId>(id) }));
    case tables.givenUp:
      return finishNumbered(reader, "givenUp");
    case tables.returned:
      return finishId(reader, (event) => ({ table: "returned", event }));
    default:
      return isViewTable(table) ? decodeViewKey(reader, table) : new Malformed("a key of no known table");
  }
}

function finishId(reader: Reader, make: (id: Uint8Array) => StoreKey): Decoded<StoreKey> {
  const id = reader.take(idBytes);
  return reader.finish(() => make(id));
}

function finishNumbered(reader: Reader, table: "lane" | "head" | "changed" | "hybrid" | "unsealed" | "givenUp"): Decoded<StoreKey> {
  const lane = reader.u32();
  return reader.finish(() => ({ table, lane }));
}

function finishRedaction(reader: Reader): Decoded<StoreKey> {
  const lane = reader.take(idBytes);
  const seq = reader.u64();
  if (seq === 0) reader.fail("a redaction of event 0");
  const id = reader.take(idBytes);
  const by = reader.u32();
  return reader.finish(() => ({ table: "redaction", event: { lane: asId<LaneId>(lane), seq, id }, by }));
}

function finishLaneNumber(reader: Reader): Decoded<StoreKey> {
  const subject = reader.take(idBytes);
  const author = reader.take(idBytes);
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  return reader.finish(() => ({ table: "laneNumber", subject: asId<SubjectId>(subject), author: asId<AuthorId>(author), epoch }));
}
