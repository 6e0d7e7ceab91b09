import { itemKeyBytesMax } from "../bytes/limits.js";
import type { Decoded } from "../bytes/malformed.js";
import type { Reader } from "../bytes/reader.js";
import { asId, idBytes, type SubjectId } from "../identity/ids.js";
import type { Range } from "../protocol/key-space.js";
import { HIGH, numberedKey, prefixEnd, putU32, tableKey, tables } from "./key-layout.js";

// The keys of views: what was folded from feeds. Views go by a number local to the store, which is in front of all that one has, so
// that it can be dropped as a whole.

/** Tables of views that have the view's number in front of their keys. */
export type ViewTable = "view" | "viewLane" | "viewItem" | "viewLog" | "viewTrie" | "viewAgain" | "viewQuarantine" | "viewChanged";

export function viewKey(view: number): Uint8Array<ArrayBuffer> {
  return numberedKey(tables.view, view);
}

/** `id`: of the view, which says what of the subject it is. */
export function viewNumberKey(subject: SubjectId, id: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(1 + 2 * idBytes);
  key[0] = tables.viewNumber;
  key.set(subject, 1);
  key.set(id, 1 + idBytes);
  return key;
}

export function viewNumbersOf(subject: SubjectId): Range {
  const from = tableKey(tables.viewNumber, subject);
  return { from, to: prefixEnd(from) };
}

export function viewLaneKey(view: number, lane: number): Uint8Array<ArrayBuffer> {
  const key = viewPartKey(tables.viewLane, view, 4);
  putU32(key, 5, lane);
  return key;
}

/** Keys of items are strings of one character a byte. */
export function viewItemKey(view: number, key: string): Uint8Array<ArrayBuffer> {
  return putItemKey(viewPartKey(tables.viewItem, view, key.length), 5, key);
}

/** Items of a view whose keys begin so, in the order of their bytes. */
export function viewItemsRange(view: number, prefix = ""): Range {
  const from = viewItemKey(view, prefix);
  return { from, to: prefixEnd(from) };
}

/** Of an item's key in the store, or of its mark's. */
export function itemKeyOf(storeKey: Uint8Array): string {
  return stringOf(storeKey.subarray(5));
}

/** What was asked under a key of the view, in pieces. */
export function viewLogKey(view: number, key: string, chunk: number): Uint8Array<ArrayBuffer> {
  const storeKey = putItemKey(viewPartKey(tables.viewLog, view, 2 + key.length + 4), 7, key);
  storeKey[5] = key.length >>> 8;
  storeKey[6] = key.length;
  putU32(storeKey, 7 + key.length, chunk);
  return storeKey;
}

export function viewLogRange(view: number, key: string): Range {
  const from = viewLogKey(view, key, 0).subarray(0, -4);
  return { from, to: prefixEnd(from) };
}

export function viewTrieKey(view: number, triePath: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = viewPartKey(tables.viewTrie, view, triePath.length);
  key.set(triePath, 5);
  return key;
}

export function viewAgainKey(view: number, event: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = viewPartKey(tables.viewAgain, view, idBytes);
  key.set(event, 5);
  return key;
}

export function viewQuarantineKey(view: number, lane: number, seq: number): Uint8Array<ArrayBuffer> {
  const key = viewPartKey(tables.viewQuarantine, view, 12);
  putU32(key, 5, lane);
  putU32(key, 9, Math.floor(seq / HIGH));
  putU32(key, 13, seq >>> 0);
  return key;
}

/** A key of a table that its trie does not have as it is. */
export function viewChangedKey(view: number, key: string): Uint8Array<ArrayBuffer> {
  return putItemKey(viewPartKey(tables.viewChanged, view, key.length), 5, key);
}

export function viewQuarantineRange(view: number): Range {
  return viewRange("viewQuarantine", view);
}

/** In the order in which they are removed: what says that there is a view goes last. */
export const viewParts: readonly ViewTable[] = [
  "viewLane",
  "viewItem",
  "viewLog",
  "viewTrie",
  "viewAgain",
  "viewQuarantine",
  "viewChanged",
  "view",
];

/** All that a table holds of one view. */
export function viewRange(table: ViewTable, view: number): Range {
  const from = numberedKey(tables[table], view);
  return { from, to: prefixEnd(from) };
}

export type ViewStoreKey =
  | { readonly table: "view"; readonly view: number }
  | { readonly table: "viewNumber"; readonly subject: SubjectId; readonly id: Uint8Array }
  | { readonly table: "viewLane"; readonly view: number; readonly lane: number }
  | { readonly table: "viewItem"; readonly view: number; readonly key: string }
  | { readonly table: "viewLog"; readonly view: number; readonly key: string; readonly chunk: number }
  | { readonly table: "viewTrie"; readonly view: number; readonly path: Uint8Array }
  | { readonly table: "viewAgain"; readonly view: number; readonly event: Uint8Array }
  | { readonly table: "viewQuarantine"; readonly view: number; readonly lane: number; readonly seq: number }
  | { readonly table: "viewChanged"; readonly view: number; readonly key: string };

/** All that is here of any view. */
export const viewTables: Range = { from: Uint8Array.of(tables.view), to: Uint8Array.of(tables.viewChanged + 1) };

export function isViewTable(table: number): boolean {
  return table >= tables.view && table <= tables.viewChanged;
}

/** What follows the table in a key of a view. */
export function decodeViewKey(reader: Reader, table: number): Decoded<ViewStoreKey> {
  if (table === tables.viewNumber) {
    const [subject, id] = [reader.take(idBytes), reader.take(idBytes)];
    return reader.finish(() => ({ table: "viewNumber", subject: asId<SubjectId>(subject), id }));
  }
  const view = reader.u32();
  switch (table) {
    case tables.view:
      return reader.finish(() => ({ table: "view", view }));
    case tables.viewLane: {
      const lane = reader.u32();
      return reader.finish(() => ({ table: "viewLane", view, lane }));
    }
    case tables.viewItem:
    case tables.viewChanged: {
      const key = takeItemKey(reader, reader.left);
      return reader.finish(() => ({ table: table === tables.viewItem ? "viewItem" : "viewChanged", view, key }));
    }
    case tables.viewLog: {
      const key = takeItemKey(reader, reader.u16());
      const chunk = reader.u32();
      return reader.finish(() => ({ table: "viewLog", view, key, chunk }));
    }
    case tables.viewTrie: {
      const path = reader.take(reader.left);
      return reader.finish(() => ({ table: "viewTrie", view, path }));
    }
    case tables.viewAgain: {
      const event = reader.take(idBytes);
      return reader.finish(() => ({ table: "viewAgain", view, event }));
    }
    default: {
      const [lane, seq] = [reader.u32(), reader.u64()];
      if (seq === 0) reader.fail("event 0 in quarantine");
      return reader.finish(() => ({ table: "viewQuarantine", view, lane, seq }));
    }
  }
}

function takeItemKey(reader: Reader, length: number): string {
  if (length > itemKeyBytesMax) reader.fail(`a key of ${length} bytes; ${itemKeyBytesMax} are allowed`);
  return stringOf(reader.take(length));
}

/** The beginning of a key of a view, with room for so many bytes more. */
function viewPartKey(table: number, view: number, more: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(5 + more);
  key[0] = table;
  putU32(key, 1, view);
  return key;
}

function putItemKey(target: Uint8Array<ArrayBuffer>, at: number, key: string): Uint8Array<ArrayBuffer> {
  if (key.length > itemKeyBytesMax) throw new RangeError(`a key has at most ${itemKeyBytesMax} bytes, not ${key.length}`);
  for (let index = 0; index < key.length; index++) target[at + index] = key.charCodeAt(index);
  return target;
}

function stringOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}
