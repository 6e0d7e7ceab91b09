import { typeNameBytesMax, varintBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { asId, idBytes, type SubjectId } from "../identity/ids.js";
import { bytesOfText } from "../identity/subject-path.js";
import { decodeLaneNumber, encodeLaneNumber } from "./records.js";

// What the store has of a view besides its items (docs/wire.md, "Store"). A view is a cache, folded from feeds: where anything here
// is damaged the view goes as a whole, and is folded anew.

const viewVersion = 1;
const ITEM_SUM_BYTES = 8;
const ASSURANCES = ["classical", "hybrid"] as const;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is folded, and by which type. */
export interface ViewRecord {
  readonly subject: SubjectId;
  /** Of the view: a number that leads to another one leads astray. */
  readonly id: Uint8Array;
  /** Of the merge type. */
  readonly name: string;
  readonly version: number;
  readonly digest: Uint8Array;
  readonly assurance: (typeof ASSURANCES)[number];
  /** Of the lanes folded, where they were frozen then: for whoever folds to lay out. */
  readonly freezes: Uint8Array;
}

export function encodeViewRecord({ subject, id, name, version, digest, assurance, freezes }: ViewRecord): Uint8Array<ArrayBuffer> {
  const text = bytesOfText(name);
  if (text.length > typeNameBytesMax) throw new RangeError(`a type's name has at most ${typeNameBytesMax} bytes, not ${text.length}`);
  const writer = new Writer().u8(viewVersion).bytes(subject).bytes(id).prefixed(text).varint(version).bytes(digest);
  return writer.u8(ASSURANCES.indexOf(assurance)).prefixed(freezes).finish();
}

export function decodeViewRecord(bytes: Uint8Array): Decoded<ViewRecord> {
  const reader = new Reader(bytes);
  const format = reader.u8();
  if (format !== viewVersion) reader.fail(`a view's record of version ${format}; this program reads ${viewVersion}`);
  const subject = reader.take(idBytes);
  const id = reader.take(hashBytes);
  const name = decodeTypeName(reader.prefixed(typeNameBytesMax));
  const version = reader.varint();
  const digest = reader.take(hashBytes);
  const assurance = ASSURANCES[reader.u8()];
  if (assurance === undefined) reader.fail("a view of no known assurance");
  const freezes = reader.prefixed(reader.left);
  return reader.finish(() => {
    if (name instanceof Malformed) return name;
    return { subject: asId<SubjectId>(subject), id, name, version, digest, assurance: assurance ?? ASSURANCES[0], freezes };
  });
}

/** Names of merge types, here and in a lens: text of one byte or more. */
export function decodeTypeName(bytes: Uint8Array): Decoded<string> {
  if (bytes.length > typeNameBytesMax) return new Malformed(`a type's name has at most ${typeNameBytesMax} bytes, not ${bytes.length}`);
  if (bytes.length === 0) return new Malformed("a type without a name");
  try {
    return utf8.decode(bytes);
  } catch {
    return new Malformed("a type's name must be valid UTF-8");
  }
}

export const encodeViewNumber: (view: number) => Uint8Array<ArrayBuffer> = encodeLaneNumber;
export const decodeViewNumber: (bytes: Uint8Array) => Decoded<number> = decodeLaneNumber;

/** How far a lane is folded: the last event, by its seq and its id. Where the lane goes on from another one, it was not this that
 * was folded. */
export interface ViewLaneRecord {
  readonly seq: number;
  readonly id: Uint8Array;
}

export function encodeViewLaneRecord({ seq, id }: ViewLaneRecord): Uint8Array<ArrayBuffer> {
  return new Writer(64).u64(seq).bytes(id).finish();
}

export function decodeViewLaneRecord(bytes: Uint8Array): Decoded<ViewLaneRecord> {
  const reader = new Reader(bytes);
  const seq = reader.u64();
  const id = reader.take(hashBytes);
  if (seq === 0) reader.fail("a cursor at event 0");
  return reader.finish(() => ({ seq, id }));
}

/** What an item is of: it is in no other's place. */
export interface ItemPlace {
  readonly view: number;
  readonly key: string;
}

/** An item as its type writes it, behind a checksum: a cache has no chain and no seal, and what a disk lost would be believed. */
export function encodeViewItem(hasher: Hasher, place: ItemPlace, item: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(ITEM_SUM_BYTES + item.length);
  record.set(itemSum(hasher, place, item));
  record.set(item, ITEM_SUM_BYTES);
  return record;
}

export function decodeViewItem(hasher: Hasher, place: ItemPlace, record: Uint8Array): Decoded<Uint8Array> {
  const item = record.subarray(ITEM_SUM_BYTES);
  const isWhole = record.length >= ITEM_SUM_BYTES && equalBytes(itemSum(hasher, place, item), record.subarray(0, ITEM_SUM_BYTES));
  return isWhole ? item : new Malformed("an item that is not what was written");
}

function itemSum(hasher: Hasher, { view, key }: ItemPlace, item: Uint8Array): Uint8Array {
  const text = bytesOfText(`${view}/${key.length}/${key}`);
  const summed = new Uint8Array(text.length + item.length);
  summed.set(text);
  summed.set(item, text.length);
  return hasher.hash("sinter 1 view item", summed).subarray(0, ITEM_SUM_BYTES);
}

/** Where an event lies, by the number of its lane. */
export interface PlaceHere {
  readonly lane: number;
  readonly seq: number;
}

/** Of an event that was appended again: where it counts, then where else it lies. */
export function encodeViewAgainRecord(places: readonly PlaceHere[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const { lane, seq } of places) writer.u32(lane).u64(seq);
  return writer.finish();
}

export function decodeViewAgainRecord(bytes: Uint8Array): Decoded<readonly PlaceHere[]> {
  const reader = new Reader(bytes);
  const places: PlaceHere[] = [];
  while (reader.left > 0 && !reader.failed) places.push({ lane: reader.u32(), seq: reader.u64() });
  if (places.length === 0) reader.fail("an event that lies nowhere");
  return reader.finish(() => places);
}

/** One operation under a key: where its event lies, and which of the event's it is. */
export interface LoggedOperation extends PlaceHere {
  readonly operation: number;
}

export function writeLogged(writer: Writer, { lane, seq, operation }: LoggedOperation): void {
  writer.varint(lane).varint(seq).varint(operation);
}

/** One piece of a key's log, in the order in which they were folded. */
export function decodeViewLogPiece(bytes: Uint8Array): Decoded<readonly LoggedOperation[]> {
  const reader = new Reader(bytes);
  const operations: LoggedOperation[] = [];
  while (reader.left > 0 && !reader.failed) operations.push({ lane: reader.varint(), seq: reader.varint(), operation: reader.varint() });
  return reader.finish(() => operations);
}

/** Where the last piece of a log is: it grows in its place, and begins with how many there are before it. */
export const viewLogTail = 0xffff_ffff;

export interface ViewLogTail {
  readonly pieces: number;
  readonly piece: Uint8Array;
}

export function encodeViewLogTail({ pieces, piece }: ViewLogTail): Uint8Array<ArrayBuffer> {
  return new Writer(piece.length + varintBytesMax).varint(pieces).bytes(piece).finish();
}

export function decodeViewLogTail(bytes: Uint8Array): Decoded<ViewLogTail> {
  const reader = new Reader(bytes);
  const pieces = reader.varint();
  if (pieces >= viewLogTail) reader.fail(`${pieces} pieces before the last`);
  const piece = reader.take(reader.left);
  return reader.finish(() => ({ pieces, piece }));
}

export const encodeViewQuarantineRecord: (reason: string) => Uint8Array<ArrayBuffer> = bytesOfText;

/** Why the event was not folded. */
export function decodeViewQuarantineRecord(bytes: Uint8Array): Decoded<string> {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Malformed("a reason that is not valid UTF-8");
  }
}
