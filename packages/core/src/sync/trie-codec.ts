import { frontierKeyBytes, syncPlacesMax, syncRowsMax, trieChildrenMax } from "../bytes/limits.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { readList, writeExact, writeList } from "./bounded.js";
import type { TrieChildHash, TriePlace } from "./messages.js";

// Places of the trie and what is below them. Keys that stand beside one another begin alike, most with a whole space and subject:
// each says how many bytes it has in common with the one before, and no fewer than it has.

export const childHashBytes = 16;
const NONE = new Uint8Array(0);
const PLACES = { what: "places", max: syncPlacesMax };
const KEYS = { what: "keys", max: syncRowsMax };
const CHILDREN = { what: "children", max: trieChildrenMax };

export function writePlaces(writer: Writer, places: readonly TriePlace[]): void {
  writeList(writer, places, PLACES, ({ digits, prefix }, before) => writeCut(writer, digits, prefix, before?.prefix ?? NONE));
}

export function readPlaces(reader: Reader): TriePlace[] {
  return readList<TriePlace>(reader, PLACES, (before) => {
    const { digits, key } = readCut(reader, before?.prefix ?? NONE);
    return { digits, prefix: key };
  });
}

export function writeKeys(writer: Writer, keys: readonly Uint8Array[]): void {
  writeList(writer, keys, KEYS, (key, before) => {
    if (key.length !== frontierKeyBytes) throw new RangeError(`a key of ${key.length} bytes`);
    writeBehind(writer, key, before ?? NONE);
  });
}

export function readKeys(reader: Reader): Uint8Array[] {
  return readList<Uint8Array>(reader, KEYS, (before) => readBehind(reader, frontierKeyBytes, before ?? NONE));
}

export function writeBelow(writer: Writer, below: readonly (readonly TrieChildHash[])[]): void {
  let before = NONE;
  writeList(writer, below, PLACES, (children) =>
    writeList(writer, children, CHILDREN, ({ digits, key, hash }) => {
      writeCut(writer, digits, key, before);
      writeExact(writer, hash, childHashBytes);
      before = key as Uint8Array<ArrayBuffer>;
    }),
  );
}

export function readBelow(reader: Reader): TrieChildHash[][] {
  let before: Uint8Array = NONE;
  return readList<TrieChildHash[]>(reader, PLACES, () =>
    readList<TrieChildHash>(reader, CHILDREN, () => {
      const { digits, key } = readCut(reader, before);
      before = key;
      return { digits, key, hash: reader.take(childHashBytes) };
    }),
  );
}

/** So many digits of a key. */
function writeCut(writer: Writer, digits: number, key: Uint8Array, before: Uint8Array): void {
  if (key.length !== Math.ceil(digits / 2) || !isCutClean(digits, key) || key.length > frontierKeyBytes)
    throw new RangeError(`${digits} digits in ${key.length} bytes`);
  writeBehind(writer.u8(digits), key, before);
}

function readCut(reader: Reader, before: Uint8Array): { readonly digits: number; readonly key: Uint8Array } {
  const digits = reader.u8();
  if (digits > 2 * frontierKeyBytes) reader.fail(`${digits} digits of a key of ${2 * frontierKeyBytes}`);
  const key = readBehind(reader, Math.ceil(digits / 2), before);
  if (!reader.failed && !isCutClean(digits, key)) reader.fail("a digit behind the last one");
  return { digits, key };
}

function isCutClean(digits: number, key: Uint8Array): boolean {
  return digits % 2 === 0 || ((key.at(-1) ?? 0) & 0x0f) === 0;
}

function writeBehind(writer: Writer, key: Uint8Array, before: Uint8Array): void {
  const shared = sharedBytes(key, before);
  writer.u8(shared).bytes(key.subarray(shared));
}

function readBehind(reader: Reader, length: number, before: Uint8Array): Uint8Array {
  const shared = reader.u8();
  if (shared > length || shared > before.length) reader.fail(`${shared} bytes in common with a key that has fewer`);
  if (shared === 0) return checked(reader, reader.take(reader.failed ? 0 : length), before, 0);
  const rest = reader.take(reader.failed ? 0 : length - shared);
  if (reader.failed) return NONE;
  const key = new Uint8Array(length);
  key.set(before.subarray(0, shared));
  key.set(rest, shared);
  return checked(reader, key, before, shared);
}

function checked(reader: Reader, key: Uint8Array, before: Uint8Array, shared: number): Uint8Array {
  if (!reader.failed && sharedBytes(key, before) !== shared) reader.fail("a key that has more in common with the one before than it says");
  return key;
}

function sharedBytes(key: Uint8Array, before: Uint8Array): number {
  const most = Math.min(key.length, before.length);
  let at = 0;
  while (at < most && key[at] === before[at]) at++;
  return at;
}
