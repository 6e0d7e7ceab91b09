import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { falconPublicKeyBytes, type Hasher, publicKeyBytes } from "./crypto.js";
import { type AuthorId, authorOfKey, hybridAuthor } from "./ids.js";

// The public keys of an author, as they travel and are stored: suite u8, Ed25519 key 32, and of suite 2 the Falcon-512 key
// 897. Who was told an author's id checks them against it: `authorOf` gives the id that these keys have, and no other.

export interface ClassicalKeys {
  readonly suite: 1;
  readonly ed25519: Uint8Array;
}

export interface HybridKeys {
  readonly suite: 2;
  readonly ed25519: Uint8Array;
  readonly falcon: Uint8Array;
}

export type AuthorKeys = ClassicalKeys | HybridKeys;

export function encodeAuthorKeys(keys: AuthorKeys): Uint8Array<ArrayBuffer> {
  const writer = new Writer().u8(keys.suite).bytes(keys.ed25519);
  return (keys.suite === 2 ? writer.bytes(keys.falcon) : writer).finish();
}

export function decodeAuthorKeys(bytes: Uint8Array): Decoded<AuthorKeys> {
  const reader = new Reader(bytes);
  const suite = reader.u8();
  const ed25519 = reader.take(publicKeyBytes);
  if (suite === 1) return reader.finish(() => ({ suite, ed25519 }));
  if (suite !== 2) return new Malformed(`keys of suite ${suite}; this program knows 1 and 2`);
  const falcon = reader.take(falconPublicKeyBytes);
  return reader.finish(() => ({ suite, ed25519, falcon }));
}

/** Of an author of suite 1: its id is its key. */
export function classicalKeys(author: AuthorId): ClassicalKeys {
  return { suite: 1, ed25519: author };
}

export function authorOf(hasher: Hasher, keys: AuthorKeys): AuthorId {
  return keys.suite === 1 ? authorOfKey(keys.ed25519) : hybridAuthor(hasher, keys.ed25519, keys.falcon);
}
