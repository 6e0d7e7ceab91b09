import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import { type MmrProof, verifyConsistency } from "../../proof/mmr-proof.js";
import type { VerifiedCheckpoint } from "../seal/checkpoint.js";
import type { VerifiedFork } from "../seal/fork-proof.js";
import type { SearchStep } from "../seal/fork-search.js";

// What is done with a lane of ours on a link, decided before anything of it is published there. A disk that was put back to an
// earlier state holds less of the lane than others do, and may have gone on otherwise: to publish that would be a fork, signed by
// nobody's intention. So the two are compared first. Data in, decision out: whoever runs a link carries questions and answers.

/** The lane as it lies here. */
export interface MyLane {
  readonly size: number;
  /** Of its first `size` events, 1 or more and no more than there are. */
  rootAt(size: number): Uint8Array;
  /** 0: not frozen. */
  readonly freezeAt: number;
  /** `given up`: others hold it otherwise, and theirs has not come in its place yet. */
  readonly standing: "good" | "given up";
}

/** What the other end shows that it holds of it. Only what is signed counts: a claim would stop us from publishing. */
export type TheirLane =
  | { readonly kind: "nothing" }
  /** `proof`: the consistency of all that is here with it, where they were asked for that. */
  | { readonly kind: "sealed"; readonly checkpoint: VerifiedCheckpoint; readonly proof?: MmrProof }
  | { readonly kind: "forked"; readonly fork: VerifiedFork };

export type PublishDecision =
  /** Theirs is how mine begins: they get the rest, from `from` on. */
  | { readonly kind: "publish"; readonly from: number }
  | { readonly kind: "same" }
  /** Nothing of it is shown, not even its seal: what they may take is theirs, which others have. */
  | { readonly kind: "wait" }
  /** Mine is how theirs begins. They know what this disk has forgotten: the lane is given up (the command `giveUp`, from `from` on,
   * which gives up no event), and the rest is taken from them. */
  | { readonly kind: "adopt"; readonly from: number }
  /** They part at event `from`: mine is given up from there on, which appends it again in a new epoch; then theirs is taken in its
   * place. What was never published is no fork. */
  | { readonly kind: "parted"; readonly from: number }
  /** A fork is proven: what lies from `from` on counts nowhere, and is appended again in a new epoch. */
  | { readonly kind: "frozen"; readonly from: number }
  /** It takes a search (fork-search.ts) to know: run it, and ask `afterSearch`. */
  | { readonly kind: "search" };

export function comparePublish(hasher: Hasher, mine: MyLane, theirs: TheirLane): PublishDecision {
  const freezeAt = theirs.kind === "forked" ? lowest(mine.freezeAt, theirs.fork.forkedAt) : mine.freezeAt;
  if (freezeAt > 0) return { kind: "frozen", from: freezeAt };
  if (theirs.kind !== "sealed") return shown(mine, 1);
  const { size, checkpoint } = theirs.checkpoint;
  if (size > mine.size) return isBeginning(hasher, mine, theirs) ? { kind: "adopt", from: mine.size + 1 } : { kind: "search" };
  if (!equalBytes(mine.rootAt(size), checkpoint.mmrRoot)) return { kind: "search" };
  return shown(mine, size + 1);
}

function shown({ size, standing }: MyLane, from: number): PublishDecision {
  if (from > size) return { kind: "same" };
  return standing === "good" ? { kind: "publish", from } : { kind: "wait" };
}

/** `found` is where a search over all that their checkpoint covers ended. */
export function afterSearch(mine: Pick<MyLane, "size">, found: Exclude<SearchStep, { readonly kind: "ask" }>): PublishDecision {
  if (found.kind === "one history") return { kind: "adopt", from: mine.size + 1 };
  return { kind: "parted", from: found.parting.mine.at + 1 };
}

function isBeginning(hasher: Hasher, mine: MyLane, { checkpoint, proof }: TheirLane & { readonly kind: "sealed" }): boolean {
  if (mine.size === 0) return true;
  if (proof === undefined) return false;
  const newRoot = checkpoint.checkpoint.mmrRoot;
  return verifyConsistency(hasher, { oldSize: mine.size, oldRoot: mine.rootAt(mine.size), newSize: checkpoint.size, newRoot, proof });
}

function lowest(mine: number, theirs: number): number {
  return mine === 0 ? theirs : Math.min(mine, theirs);
}
