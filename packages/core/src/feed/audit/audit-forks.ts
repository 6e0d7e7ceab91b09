import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { AuthorKeys } from "../../identity/author-keys.js";
import type { AuthorId, LaneId } from "../../identity/ids.js";
import type { FeedView } from "../lane/feed-view.js";
import { laneOf } from "../seal/checkpoint.js";
import { decodeForkProof, VerifiedFork } from "../seal/fork-proof.js";
import { type AuditParts, Findings } from "./findings.js";

// The proofs by which lanes are frozen, held against what they say. That heads are frozen where their proofs are is the
// audit of each lane, which reads both at once.

/** What is wrong with a stored proof of a fork of this lane. */
export function forkFault(view: FeedView, parts: AuditParts, lane: LaneId, value: Uint8Array): string | undefined {
  const fork = storedFork(parts, lane, value, (author) => new Findings().attempt(() => view.keysOf(author)));
  return fork instanceof Malformed ? fork.reason : undefined;
}

/** The fork that a record proves, with the keys that are said to be its author's. */
export function storedFork(
  parts: AuditParts,
  lane: LaneId,
  value: Uint8Array,
  keysOf: (author: AuthorId) => AuthorKeys | undefined,
): Decoded<VerifiedFork> {
  const proof = decodeForkProof(value);
  if (proof instanceof Malformed) return proof;
  if (!equalBytes(laneOf(parts.hasher, proof.place), lane)) return new Malformed("a proof of a fork of another lane");
  const keys = keysOf(proof.place.author);
  return keys === undefined ? new Malformed("an author without a record") : VerifiedFork.verify(parts, proof, keys);
}
