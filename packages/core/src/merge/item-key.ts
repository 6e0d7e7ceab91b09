import { itemKeyBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { decodeUtf8, isUtf8 } from "../bytes/utf8.js";
import { bytesOfText } from "../identity/subject-path.js";

// Keys of items: bytes, as a string of one character a byte, which a Map compares fastest and whose order is the order of the bytes.

export function keyOfBytes(bytes: Uint8Array): string {
  if (bytes.length > itemKeyBytesMax) throw new RangeError(tooLong(bytes.length));
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

/** The same, of bytes that came from others. */
export function decodeKey(bytes: Uint8Array): Decoded<string> {
  return bytes.length > itemKeyBytesMax ? new Malformed(tooLong(bytes.length)) : keyOfBytes(bytes);
}

export function bytesOfKey(key: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return bytes;
}

// Keys of maps are text, in UTF-8.

export function keyOfText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError("a key that holds half of a character");
  return keyOfBytes(bytesOfText(text));
}

export function decodeTextKey(bytes: Uint8Array): Decoded<string> {
  return isUtf8(bytes) ? decodeKey(bytes) : new Malformed("a key that is not UTF-8");
}

export function textOfKey(key: string): string {
  const text = decodeUtf8(bytesOfKey(key));
  if (text === undefined) throw new RangeError("a state that holds a key which is no text");
  return text;
}

function tooLong(length: number): string {
  return `a key has at most ${itemKeyBytesMax} bytes, not ${length}`;
}
