import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { Reader } from "../../bytes/reader.js";
import type { HybridKeys } from "../../identity/author-keys.js";
import { type FalconJob, falconSignatureBytes, type Hasher } from "../../identity/crypto.js";
import { feedId, laneId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { mmrFrom, type NodeSource } from "../../proof/mmr-source.js";
import type { SealedHead } from "../../store/records.js";
import { type Checkpoint, readCheckpoint } from "./checkpoint.js";
import { rootOfClaim, sealMessage } from "./seal.js";

// The second signature of a hybrid author: Falcon-512 over the heads of lanes, made apart from the turns and seldom. It
// reaches as far as it says, and what lies behind is sealed by Ed25519 alone. It travels as a hybrid checkpoint.

/** One lane's part of a hybrid seal, in the form in which it is handed on: a checkpoint whose signature is Falcon's. */
export type HybridCheckpoint = Checkpoint;

export function decodeHybridCheckpoint(bytes: Uint8Array): Decoded<HybridCheckpoint> {
  const reader = new Reader(bytes);
  const checkpoint = readCheckpoint(reader, falconSignatureBytes);
  return reader.finish(() => checkpoint);
}

/** What is left to compute to know whether the author signed it. Malformed: no signature could make it hold. */
export function hybridVerifyJob(
  hasher: Hasher,
  keys: HybridKeys,
  { place, mmrRoot: root, headId, seal }: HybridCheckpoint,
): Decoded<Extract<FalconJob, { readonly kind: "falcon verify" }>> {
  const { author } = place;
  const lane = laneId(hasher, feedId(hasher, author, place.subject), place.epoch);
  const sealed = rootOfClaim(hasher, { author, keys, head: { lane, size: seal.size, mmrRoot: root, headId }, seal });
  if (sealed instanceof Malformed) return sealed;
  const message = sealMessage({ author, stamp: seal.stamp, leaves: seal.leaves, root: sealed }, "hybridSeal");
  // Jobs go to another thread with their whole buffers.
  return { kind: "falcon verify", publicKey: keys.falcon.slice(), message, signature: seal.signature.slice() };
}

export interface SealedLane {
  readonly hasher: Hasher;
  readonly source: NodeSource;
  readonly size: number;
}

/** Whether it is over the events held here; `ahead`, where it is over more of them than are. */
export function hybridFits(
  { hasher, source, size }: SealedLane,
  { mmrRoot: root, headId, seal }: SealedHead,
): "fits" | "ahead" | "another" {
  if (seal.size > size) return "ahead";
  const then = mmrFrom(hasher, source, seal.size);
  const last = source.leaves(seal.size - 1, 1);
  if (then === undefined || last === undefined) return "another";
  return equalBytes(last, headId) && equalBytes(mmrRoot(hasher, then), root) ? "fits" : "another";
}
