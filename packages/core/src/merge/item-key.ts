import { itemKeyBytesMax } from "../bytes/limits.js";

// Keys of items: bytes, as a string of one character a byte, which a Map compares fastest and whose order is the order of the bytes.

export function keyOfBytes(bytes: Uint8Array): string {
  if (bytes.length > itemKeyBytesMax) throw new RangeError(`a key has at most ${itemKeyBytesMax} bytes, not ${bytes.length}`);
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

export function bytesOfKey(key: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return bytes;
}
