import { compareBytes } from "../bytes/order.js";
import { encodeForkProof, type VerifiedFork } from "./fork-proof.js";

// Where a lane freezes: at the lowest position that any proof of a fork names. A function of the set of proofs, so that
// replicas agree in whatever order they met them, and whichever branch they hold. One proof a lane is kept, the deciding one.

/** Of two forks of one lane the one that counts. Commutative, associative, idempotent. */
export function decidingFork(one: VerifiedFork, other: VerifiedFork): VerifiedFork {
  if (compareBytes(one.lane, other.lane) !== 0) throw new RangeError("forks of two lanes do not bear on each other");
  const order = one.forkedAt - other.forkedAt || compareBytes(encodeForkProof(one.proof), encodeForkProof(other.proof));
  return order <= 0 ? one : other;
}

/** What a row says of a frozen lane: the last event before the branches part, the same on both of them. */
export interface FrozenRow {
  /** Seq of the first event that does not count any more; in a row, 0 says that the lane is not frozen. */
  readonly freezeAt: number;
  /** Events that count. */
  readonly size: number;
}

export function frozenRow({ forkedAt }: VerifiedFork): FrozenRow {
  return { freezeAt: forkedAt, size: forkedAt - 1 };
}
