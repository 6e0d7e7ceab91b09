import { type Decoded, Malformed } from "../bytes/malformed.js";
import type { Writer } from "../bytes/writer.js";
import { type Encoded, writeEncoded } from "./element-codec.js";
import { decodeKey } from "./item-key.js";
import type { EncodedOperation } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// An operation on what lies under a key, or in a field: the key behind its length, the kind of the operation, and its payload.

export interface AtKey {
  readonly key: string;
  readonly kind: number;
  /** Where the operation's own payload begins. */
  readonly from: number;
}

/** Lengths below take one byte, and those up to the bound two. */
const SHORT = 0x80;

export function encodeAt(key: string, { kind, payload }: EncodedOperation): EncodedOperation {
  const { length } = key;
  let at = length < SHORT ? 1 : 2;
  const bytes = new Uint8Array(at + length + 1 + payload.length);
  bytes[0] = length < SHORT ? length : (length & 0x7f) | 0x80;
  if (at === 2) bytes[1] = length >>> 7;
  for (let each = 0; each < length; each++) bytes[at++] = key.charCodeAt(each);
  bytes[at++] = kind;
  bytes.set(payload, at);
  return { kind: operationKinds.at, payload: bytes };
}

/** The same behind its length, without an array of its own. */
export function writeAt(writer: Writer, key: string, { kind, payload }: { readonly kind: number; readonly payload: Encoded }): void {
  const { length } = key;
  writer.varint((length < SHORT ? 1 : 2) + length + 1 + payload.length);
  writer.varint(length).characters(key).u8(kind);
  writeEncoded(writer, payload);
}

export function decodeAt(bytes: Uint8Array): Decoded<AtKey> {
  const first = bytes[0] ?? 0;
  const second = first < SHORT ? 0 : (bytes[1] ?? 0);
  if (first >= SHORT && second === 0) return new Malformed("the length of a key longer than it needs to be");
  const length = first < SHORT ? first : (first & 0x7f) + second * SHORT;
  if (second >= SHORT) return new Malformed("a key that is longer than any");
  const from = first < SHORT ? 1 : 2;
  const kind = bytes[from + length];
  if (kind === undefined) return new Malformed("an operation under a key that ends before its kind");
  const key = decodeKey(bytes, from, from + length);
  return key instanceof Malformed ? key : { key, kind, from: from + length + 1 };
}
