import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { Writer } from "../../bytes/writer.js";
import type { Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, authorOf } from "../../identity/author-keys.js";
import { type Hasher, hashBytes, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, idBytes, type LaneId, type SpaceId, type SubjectId } from "../../identity/ids.js";
import { signatureTags } from "../../identity/tags.js";
import { sealRoot } from "../../proof/seal-tree.js";
import type { Seal } from "../../store/records.js";

// What an author signs once a turn: the heads of all lanes the turn touched, as the leaves of a tree. Also the row, by
// which replicas compare what they hold of a lane.

export interface LaneHead {
  readonly lane: LaneId;
  readonly size: number;
  readonly mmrRoot: Uint8Array;
  readonly headId: Uint8Array;
}

/** The leaf of one lane. Leaves stand in ascending order of their LaneIds. */
export function sealLeaf(hasher: Hasher, head: LaneHead): Uint8Array<ArrayBuffer> {
  const writer = new Writer(3 * hashBytes + 8).bytes(head.lane).u64(head.size).bytes(head.mmrRoot).bytes(head.headId);
  return hasher.hash("sinter 1 head", writer.finish());
}

export interface SealStatement {
  readonly author: AuthorId;
  /** The greatest stamp of the events sealed. */
  readonly stamp: Stamp;
  readonly leaves: number;
  readonly root: Uint8Array;
}

const PREFIXES = {
  seal: new TextEncoder().encode(signatureTags.seal),
  hybridSeal: new TextEncoder().encode(signatureTags.hybridSeal),
} as const;

/** What the signature is over: Ed25519's of a seal, Falcon-512's of a hybrid one. */
export function sealMessage(statement: SealStatement, purpose: keyof typeof PREFIXES = "seal"): Uint8Array<ArrayBuffer> {
  const prefix = PREFIXES[purpose];
  const writer = new Writer(prefix.length + idBytes + 12 + hashBytes).bytes(prefix).bytes(statement.author);
  return writer.u48(statement.stamp.wallMs).u16(statement.stamp.counter).u32(statement.leaves).bytes(statement.root).finish();
}

export interface SealClaim {
  readonly author: AuthorId;
  /** From whomever: they are the author's only if they make its id. */
  readonly keys: AuthorKeys;
  /** The head as it was when sealed: its size is that of the seal. */
  readonly head: LaneHead;
  readonly seal: Seal;
}

/** Whether this author signed this head: from these bytes alone. */
export function verifySeal(hasher: Hasher, verifier: Verifier, claim: SealClaim): Decoded<"holds"> {
  const { author, keys, seal } = claim;
  const root = rootOfClaim(hasher, claim);
  if (root instanceof Malformed) return root;
  const message = sealMessage({ author, stamp: seal.stamp, leaves: seal.leaves, root });
  return verifier.verify(keys.ed25519, message, seal.signature) ? "holds" : new Malformed("a seal that its author did not sign");
}

/** The root that the signature is to be over, if the keys are the author's. */
export function rootOfClaim(hasher: Hasher, { author, keys, head, seal }: SealClaim): Decoded<Uint8Array> {
  if (!equalBytes(authorOf(hasher, keys), author)) return new Malformed("keys that are another author's");
  if (seal.size !== head.size) return new Malformed(`a seal of size ${seal.size} for a head of size ${head.size}`);
  const root = sealRoot(hasher, { leaf: sealLeaf(hasher, head), index: seal.index, count: seal.leaves, path: seal.path });
  return root ?? new Malformed("a seal whose path does not fit its number of heads");
}

/** Where a lane's row stands in the frontier trie. */
export function rowKey(space: SpaceId, subject: SubjectId, lane: LaneId): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(3 * idBytes);
  key.set(space);
  key.set(subject, idBytes);
  key.set(lane, 2 * idBytes);
  return key;
}

export interface RowState {
  readonly lane: LaneId;
  readonly size: number;
  readonly headId: Uint8Array;
  /** 0: not frozen. */
  readonly freezeAt: number;
}

/** The classical part of a row. */
export function rowHash(hasher: Hasher, row: RowState): Uint8Array<ArrayBuffer> {
  const writer = new Writer(2 * hashBytes + 16).bytes(row.lane).u64(row.size).bytes(row.headId).u64(row.freezeAt);
  return hasher.hash("sinter 1 row", writer.finish());
}
