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
  /** Of its first `size` events, 1 or more: as far as they are here, or its own seal is over them (`sealedRoot`). */
  rootAt(size: number): Uint8Array | undefined;
  /** 0: not frozen. */
  readonly freezeAt: number;
  /** `given up`: others hold it otherwise, and theirs has not come in its place yet. */
  readonly standing: "good" | "given up";
}

/** What the other end shows that it holds of it. Only what is signed counts: a claim would stop us from publishing. */
export type TheirLane =
  | { readonly kind: "nothing" }
  /** `size`: of what they hold, by their word; what the checkpoint covers may be more. `proof`: the consistency of what both have,
   * all of mine or all of theirs, with the checkpoint, where they were asked for that. */
  | { readonly kind: "sealed"; readonly size: number; readonly checkpoint: VerifiedCheckpoint; readonly proof?: MmrProof }
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
  /** They part at event `from`, or may: mine is given up from there on, which appends it again in a new epoch; then theirs is taken
   * in its place. What was never published is no fork. */
  | { readonly kind: "parted"; readonly from: number }
  /** A fork is proven: what lies from `from` on counts nowhere, and is appended again in a new epoch. */
  | { readonly kind: "frozen"; readonly from: number }
  /** It takes a search (fork-search.ts) to know: run it, and ask `afterSearch`. */
  | { readonly kind: "search" };

export function comparePublish(hasher: Hasher, mine: MyLane, theirs: TheirLane): PublishDecision {
  const freezeAt = theirs.kind === "forked" ? lowest(mine.freezeAt, theirs.fork.forkedAt) : mine.freezeAt;
  if (freezeAt > 0) return { kind: "frozen", from: freezeAt };
  if (theirs.kind !== "sealed") return shown(mine, 1);
  const { size: covered, checkpoint } = theirs.checkpoint;
  const root = mine.rootAt(covered);
  if (root !== undefined && equalBytes(root, checkpoint.mmrRoot)) return shown(mine, Math.min(theirs.size, covered) + 1);
  return isShared(hasher, mine, theirs) ? sharing(mine, theirs) : { kind: "search" };
}

function shown({ size, standing }: MyLane, from: number): PublishDecision {
  if (from > size) return { kind: "same" };
  return standing === "good" ? { kind: "publish", from } : { kind: "wait" };
}

/** `found` is where a search over all that they hold ended. */
export function afterSearch(
  mine: Pick<MyLane, "size">,
  theirs: { readonly size: number },
  found: Exclude<SearchStep, { readonly kind: "ask" }>,
): PublishDecision {
  if (found.kind === "one history") return sharing(mine, theirs);
  return { kind: "parted", from: found.parting.mine.at + 1 };
}

/** All that both have is the same, and their seal is over what is not here. Where they hold no more of it than its beginning, nobody
 * can say whether it parts from mine behind that: to publish what lies there might be a fork. */
function sharing(mine: Pick<MyLane, "size">, theirs: { readonly size: number }): PublishDecision {
  if (theirs.size < mine.size) return { kind: "parted", from: theirs.size + 1 };
  return { kind: "adopt", from: mine.size + 1 };
}

/** Whether they show that what both have is the same. */
function isShared(hasher: Hasher, mine: MyLane, { size, checkpoint, proof }: TheirLane & { readonly kind: "sealed" }): boolean {
  const oldSize = Math.min(mine.size, size);
  if (oldSize === 0) return true;
  const oldRoot = mine.rootAt(oldSize);
  if (proof === undefined || oldRoot === undefined || oldSize >= checkpoint.size) return false;
  return verifyConsistency(hasher, { oldSize, oldRoot, newSize: checkpoint.size, newRoot: checkpoint.checkpoint.mmrRoot, proof });
}

function lowest(mine: number, theirs: number): number {
  return mine === 0 ? theirs : Math.min(mine, theirs);
}
