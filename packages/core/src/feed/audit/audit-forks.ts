import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { LaneId } from "../../identity/ids.js";
import type { FeedView } from "../lane/feed-view.js";
import { laneOf } from "../seal/checkpoint.js";
import { decodeForkProof, type ForkProof, VerifiedFork } from "../seal/fork-proof.js";
import { type AuditParts, Findings } from "./findings.js";

// The proofs by which lanes are frozen, held against what they say. That heads are frozen where their proofs are is the
// audit of each lane, which reads both at once.

/** What is wrong with a stored proof of a fork of this lane. */
export function forkFault(view: FeedView, parts: AuditParts, lane: LaneId, value: Uint8Array): string | undefined {
  const proof = storedProof(parts, lane, value);
  if (proof instanceof Malformed) return proof.reason;
  const keys = new Findings().attempt(() => view.keysOf(proof.place.author));
  if (keys === undefined) return "its author's keys are missing: it can be neither checked nor shown";
  const fork = VerifiedFork.verify(parts, proof, keys);
  return fork instanceof Malformed ? fork.reason : undefined;
}

/** The proof that a record holds, if it is one of a fork of this lane. Whether it holds is not asked. */
export function storedProof({ hasher }: AuditParts, lane: LaneId, value: Uint8Array): Decoded<ForkProof> {
  const proof = decodeForkProof(value);
  if (proof instanceof Malformed) return proof;
  return equalBytes(laneOf(hasher, proof.place), lane) ? proof : new Malformed("a proof of a fork of another lane");
}
