import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { appendLeaves, emptyMmr, type Mmr, type OnNodes } from "../../proof/mmr-append.js";
import { fillCovered } from "../../proof/mmr-cover.js";
import type { MmrProof } from "../../proof/mmr-proof.js";
import type { NodeSource } from "../../proof/mmr-source.js";

// A range that was verified, of which only the beginning is kept: where its lane is frozen, what lies before the fork. The
// seal over it stays what it is over, and the way from what is kept to there is made of the range itself.

export interface LongRange {
  /** What is held before it. */
  readonly held: Mmr;
  /** 32 bytes an event, from the one behind `held` on. */
  readonly ids: Uint8Array;
  /** Of what its checkpoint is over. */
  readonly size: number;
  /** Consistency of the range's end with that. */
  readonly proof: MmrProof;
}

/** The lane up to event `end`, and the consistency of that with the checkpoint. */
export function shortened(
  hasher: Hasher,
  { held, ids, size, proof }: LongRange,
  end: number,
  onNodes: OnNodes,
): { readonly mmr: Mmr; readonly proof: MmrProof } {
  const mmr = appendLeaves(hasher, held, ids, end - held.size, onNodes);
  const range = { source: sourceBehind(hasher, held.size, ids), held: held.size + ids.length / hashBytes, size, proof };
  const rest = fillCovered(hasher, range, end);
  if (rest === undefined) throw new RangeError(`a verified range that does not lead from event ${end} to its checkpoint`);
  return { mmr, proof: [...mmr.peaks, ...rest] };
}

/** Of leaves from `first` on. Those before stand as zeros: nodes over them are not asked for. */
export function sourceBehind(hasher: Hasher, first: number, ids: Uint8Array): NodeSource {
  const between = (from: number, to: number) => ids.subarray((from - first) * hashBytes, (to - first) * hashBytes);
  return {
    node: (height, index) => {
      const count = 2 ** height;
      return appendLeaves(hasher, emptyMmr, between(index * count, (index + 1) * count), count).peaks[0];
    },
    leaves: (from, count) => {
      const leaves = new Uint8Array(count * hashBytes);
      const known = Math.max(from, first);
      leaves.set(between(known, from + count), (known - from) * hashBytes);
      return leaves;
    },
  };
}
