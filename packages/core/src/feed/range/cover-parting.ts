import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import { type CoveredRange, nodeCovered } from "../../proof/mmr-cover.js";
import { fillPlaces, peakCount } from "../../proof/mmr-positions.js";
import type { MmrProof } from "../../proof/mmr-proof.js";

// Of a lane that is held in part the seal is over more, and the nodes that lead there say something of events that are not
// here. A range that goes on from what is held may be another history than that: its author has signed two then.

export interface Cover {
  readonly held: number;
  /** What the seal is over. */
  readonly size: number;
  /** Consistency of the one with the other. */
  readonly proof: MmrProof;
}

/** Seq of the first event behind what is held that the cover names, and that is another in a range that goes on from there.
 * `undefined` where both are the same as far as is known here; and where they part under a node that is over several events: by
 * which of them, only who has the events can say. */
export function partingFromCover(hasher: Hasher, { held, size, proof }: Cover, theirs: CoveredRange): number | undefined {
  for (const [at, place] of fillPlaces(held, size).entries()) {
    const mine = proof[peakCount(held) + at];
    const their = nodeCovered(hasher, theirs, place);
    if (mine === undefined || their === undefined) return undefined;
    if (!equalBytes(mine, their)) return place.height === 0 ? place.index + 1 : undefined;
  }
  return undefined;
}
