import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { verifyConsistency } from "../../proof/mmr-proof.js";
import type { HeadRecord } from "../../store/records.js";
import type { SealTools } from "./checkpoint.js";
import { type SealClaim, verifySeal } from "./seal.js";

/** A lane as a store holds it, by what its events come to. */
export interface HeldClaim extends Pick<SealClaim, "author" | "keys" | "head"> {
  readonly record: Pick<HeadRecord, "seal" | "cover">;
}

/** Whether the author signed for all that is held of the lane: just that, or, of a range that came without its end, more. */
export function verifyHeldHead({ hasher, verifier }: SealTools, claim: HeldClaim): Decoded<"holds"> {
  const { author, keys, head } = claim;
  const { seal, cover } = claim.record;
  if (cover === undefined) return verifySeal(hasher, verifier, { author, keys, head, seal });
  const { mmrRoot, headId, proof } = cover;
  const sealed = { lane: head.lane, size: seal.size, mmrRoot, headId };
  const holds = verifySeal(hasher, verifier, { author, keys, head: sealed, seal });
  if (holds instanceof Malformed) return holds;
  const isBeginning = verifyConsistency(hasher, {
    oldSize: head.size,
    oldRoot: head.mmrRoot,
    newSize: seal.size,
    newRoot: mmrRoot,
    proof,
  });
  return isBeginning ? "holds" : new Malformed(`a seal of ${seal.size} events that do not begin with these ${head.size}`);
}
