import { networkNameBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { falconPublicKeyBytes, type Hasher, hashBytes, publicKeyBytes } from "./crypto.js";
import { bytesOfText, holdsControl, type SubjectPath, spacePath } from "./subject-path.js";
import type { Tag } from "./tags.js";

// Ids are raw bytes with a brand: what is hashed, stored and compared needs no conversion, and one kind cannot be
// passed for another. As a key of a Map, take toHex of it.

export type NetworkId = Uint8Array & { readonly names: "network" };
export type SpaceId = Uint8Array & { readonly names: "space" };
export type SubjectId = Uint8Array & { readonly names: "subject" };
export type AuthorId = Uint8Array & { readonly names: "author" };
export type FeedId = Uint8Array & { readonly names: "feed" };
export type LaneId = Uint8Array & { readonly names: "lane" };
export type AnyId = NetworkId | SpaceId | SubjectId | AuthorId | FeedId | LaneId;

export const idBytes = hashBytes;
export const epochNonceBytes = 16;

/** The nonce is that of the store instance that writes the epoch: two copies of one store never share a lane. */
export interface Epoch {
  readonly index: number;
  readonly nonce: Uint8Array;
}

/** Vouches that these bytes are an id of that kind. They are referenced, not copied. */
export function asId<Id extends AnyId>(bytes: Uint8Array): Id {
  if (bytes.length !== idBytes) throw new RangeError(`an id has ${idBytes} bytes, not ${bytes.length}`);
  return bytes as Id;
}

export function parseNetworkName(text: string): Decoded<string> {
  if (/\p{Surrogate}/u.test(text)) return new Malformed("a network name must be text: this one holds half of a character");
  const length = text.length > networkNameBytesMax ? text.length : bytesOfText(text).length;
  if (length === 0) return new Malformed("a network name must not be empty");
  if (length > networkNameBytesMax) return new Malformed(`a network name has at most ${networkNameBytesMax} bytes in UTF-8`);
  if (holdsControl(text)) return new Malformed("a network name must not hold control characters");
  return text;
}

export function networkId(hasher: Hasher, name: string): NetworkId {
  return asId(hasher.hash("sinter 1 network", bytesOfText(name)));
}

export function spaceId(hasher: Hasher, network: NetworkId, path: SubjectPath): SpaceId {
  return asId(hashOfTwo(hasher, "sinter 1 space", network, bytesOfText(spacePath(path))));
}

export function subjectId(hasher: Hasher, network: NetworkId, path: SubjectPath): SubjectId {
  return asId(hashOfTwo(hasher, "sinter 1 subject", network, bytesOfText(path)));
}

/** Suite 1, classical: the key is the id. */
export function authorOfKey(publicKey: Uint8Array): AuthorId {
  return asId(publicKey);
}

/** Suite 2, hybrid: both keys are bound into the id, so that neither can be had without the other. */
export function hybridAuthor(hasher: Hasher, ed25519Key: Uint8Array, falconKey: Uint8Array): AuthorId {
  if (ed25519Key.length !== publicKeyBytes) throw new RangeError(`an Ed25519 key has ${publicKeyBytes} bytes, not ${ed25519Key.length}`);
  if (falconKey.length !== falconPublicKeyBytes)
    throw new RangeError(`a Falcon-512 key has ${falconPublicKeyBytes} bytes, not ${falconKey.length}`);
  return asId(hashOfTwo(hasher, "sinter 1 author", Uint8Array.of(2, ...ed25519Key), falconKey));
}

export function feedId(hasher: Hasher, author: AuthorId, subject: SubjectId): FeedId {
  return asId(hashOfTwo(hasher, "sinter 1 feed", author, subject));
}

export function laneId(hasher: Hasher, feed: FeedId, epoch: Epoch): LaneId {
  const place = new Uint8Array(4 + epochNonceBytes);
  new DataView(place.buffer).setUint32(0, epoch.index);
  place.set(epoch.nonce, 4);
  return asId(hashOfTwo(hasher, "sinter 1 lane", feed, place));
}

export function compareEpochs(left: Epoch, right: Epoch): number {
  return left.index - right.index || compareBytes(left.nonce, right.nonce);
}

function hashOfTwo(hasher: Hasher, tag: Tag, first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return hasher.hash(tag, joined);
}
