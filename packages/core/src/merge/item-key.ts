import { itemKeyBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { decodeUtf8, encodeUtf8, isUtf8, isWhole } from "../bytes/utf8.js";

// Keys of items: bytes, as a string of one character a byte, which a Map compares fastest and whose order is the order of the bytes.

export function keyOfBytes(bytes: Uint8Array): string {
  const key = decodeKey(bytes, 0, bytes.length);
  if (key instanceof Malformed) throw new RangeError(key.reason);
  return key;
}

/** Of bytes that came from others, between these places. */
export function decodeKey(bytes: Uint8Array, from: number, to: number): Decoded<string> {
  const length = to - from;
  if (length > itemKeyBytesMax) return new Malformed(`a key has at most ${itemKeyBytesMax} bytes, not ${length}`);
  if (length > REMEMBERED_BYTES) return madeOf(bytes.subarray(from, to));
  let hash = length;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), HASH_PRIME);
  const slot = (hash ^ (hash >>> 16)) & (REMEMBERED_KEYS - 1);
  const known = remembered[slot];
  if (known !== undefined && known.length === length && isKeyAt(known, bytes, from)) return known;
  const key = madeOf(bytes.subarray(from, to));
  remembered[slot] = key;
  return key;
}

// The same keys come again and again: one string for all of them costs nothing to make, and a Map knows its hash.
const REMEMBERED_BYTES = 64;
const REMEMBERED_KEYS = 4096;
/** Of FNV-1a. */
const HASH_PRIME = 0x0100_0193;
const remembered: (string | undefined)[] = new Array<string | undefined>(REMEMBERED_KEYS).fill(undefined);

function isKeyAt(key: string, bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < key.length; at++) if (key.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}

function madeOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

export function bytesOfKey(key: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return bytes;
}

// Keys of maps are text, in UTF-8.

export function keyOfText(text: string): string {
  if (text.length <= itemKeyBytesMax && isAscii(text)) return text;
  if (!isWhole(text)) throw new RangeError("a key that holds half of a character");
  return keyOfBytes(encodeUtf8(text));
}

/** What is wrong with a key that should be text. */
export function textKeyFault(key: string): Malformed | undefined {
  return isAscii(key) || isUtf8(bytesOfKey(key)) ? undefined : new Malformed("a key that is not UTF-8");
}

/** Then it is the same as text and as a key. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

export function decodeTextKey(bytes: Uint8Array): Decoded<string> {
  const key = decodeKey(bytes, 0, bytes.length);
  return key instanceof Malformed ? key : (textKeyFault(key) ?? key);
}

export function textOfKey(key: string): string {
  const text = isAscii(key) ? key : decodeUtf8(bytesOfKey(key));
  if (text === undefined) throw new RangeError("a state that holds a key which is no text");
  return text;
}
