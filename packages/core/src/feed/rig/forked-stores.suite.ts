import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { authorOfKey } from "../../identity/ids.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { countedHead } from "../lane/freeze.js";
import { forkFromParting, forkShown, heldBranch } from "../range/fork-parting.js";
import type { RangeOffer } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import { type ForkProof, VerifiedFork } from "../seal/fork-proof.js";
import type { FeedNotice } from "../write/feed-vocabulary.js";
import { hasher, parts, Rig, type RigOptions, standInSigner } from "./feed-rig.suite.js";
import { outcome, rangeTools, take } from "./offered-lane.suite.js";

// Stores of one author that write the same lane on from one state: what a copy that kept its nonce, or a snapshot that was put
// back, comes to. And replicas that meet what they wrote.

/** Whoever writes them. */
export const writer = authorOfKey(standInSigner(1).publicKey);

export interface Branch {
  /** How many events of the first branch it begins with. */
  readonly from: number;
  readonly more: number;
}

/** The first store writes `size` events; each branch goes on from where the first was at that moment. */
export function branches(size: number, ...others: readonly Branch[]): Rig[] {
  return branchesOf({}, size, ...others);
}

export function branchesOf(who: Pick<RigOptions, "author" | "instance" | "signatures">, size: number, ...others: readonly Branch[]): Rig[] {
  const rig = new Rig(who);
  const states = [new MemoryKeys()];
  for (let at = 1; at <= size; at++) {
    rig.append("s", parts(`common ${at}`));
    const state = new MemoryKeys();
    state.restore(rig.keys.snapshot());
    states.push(state);
  }
  return [rig, ...others.map((branch, index) => goneOn({ ...who, keys: states[branch.from] as MemoryKeys }, branch, index))];
}

function goneOn(who: RigOptions & { readonly keys: MemoryKeys }, { from, more }: Branch, index: number): Rig {
  const keys = new MemoryKeys();
  keys.restore(who.keys.snapshot());
  const rig = new Rig({ ...who, keys });
  rig.wallMs += 1_000 * (index + 1);
  for (let at = 1; at <= more; at++) rig.append("s", parts(`branch ${index} ${from + at}`));
  return rig;
}

export function replica(number = 2): Rig {
  return new Rig({ author: number, instance: number });
}

export function placeOf(rig: Rig, path = "s"): LanePlace {
  const record = rig.view.lane(rig.laneNumber(path));
  if (record === undefined) throw new Error(`no lane of ${path}`);
  return record;
}

/** The proof that two stores make of where they part. */
export function proofBetween(one: Rig, other: Rig, forkedAt: number): ForkProof {
  const [mine, theirs] = [one, other].map((rig) => heldBranch(rig.view, hasher, rig.laneNumber("s"), forkedAt - 1));
  if (mine === undefined || theirs === undefined) throw new Error("two stores expected");
  return forkFromParting(placeOf(one), mine, theirs);
}

export function forkBetween(one: Rig, other: Rig, forkedAt: number): VerifiedFork {
  const fork = VerifiedFork.verify(rangeTools, proofBetween(one, other, forkedAt), one.view.keysOf(one.author));
  if (fork instanceof Malformed) throw new Error(fork.reason);
  return fork;
}

/** A turn in which nothing else happens, committed. */
export function freeze(rig: Rig, fork: VerifiedFork): FeedNotice {
  const turn = rig.feed({ kind: "freeze", token: 1, fork });
  turn.commit();
  return turn.notices[0] as FeedNotice;
}

/** What a replica does with an offer, and with the fork that it may show. */
export function meet(rig: Rig, offer: RangeOffer): string {
  const answer = outcome(rig, offer);
  if (answer instanceof Malformed) return answer.reason;
  if (answer.kind === "verified") return take(rig, answer.range).kind;
  if (answer.kind !== "differs") return answer.kind;
  const { subject, author, epoch } = offer.checkpoint.place;
  const shown = forkShown(rig.view, rangeTools, rig.view.laneNumber(subject, author, epoch) as number, answer);
  if (shown instanceof Malformed) return shown.reason;
  return shown === "elsewhere" ? shown : freeze(rig, shown).kind;
}

/** What stands of the lane in the frontier, and the root over all. */
export function rowOf(rig: Rig): readonly unknown[] {
  const { size, headId, freezeAt } = countedHead(rig.view, hasher, rig.laneNumber("s", writer));
  return [size, toHex(headId), freezeAt, toHex(rig.settle().root)];
}
