import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { AuthorKeys } from "../../identity/author-keys.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { appendLeaves, mmrRoot } from "../../proof/mmr-append.js";
import { type CoveredRange, splitCovered } from "../../proof/mmr-cover.js";
import { storedPlace } from "../../proof/mmr-positions.js";
import type { MmrProof } from "../../proof/mmr-proof.js";
import { mmrFrom, type NodeSource } from "../../proof/mmr-source.js";
import { type MmrSplit, rootOfSplit } from "../../proof/mmr-split.js";
import type { HeadRecord, Seal } from "../../store/records.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import type { LanePlace, SealTools, VerifiedCheckpoint } from "../seal/checkpoint.js";
import { type ForkBranch, type ForkProof, forkProof, VerifiedFork } from "../seal/fork-proof.js";
import { partingFromCover } from "./cover-parting.js";

// The proof of a fork, once it is known where two signed histories of a lane part. Where a range that is offered begins no later
// than they part, its own bytes show where: what is here and what came with it make the proof. Where it begins later, it
// takes a search (fork-search.ts), and the same proof is made of what that finds.

/** One history, split where the other parts from it. */
export interface SplitBranch {
  readonly split: MmrSplit;
  readonly headId: Uint8Array;
  /** Its size is that of the split. */
  readonly seal: Seal;
}

/** Both are split at one place, and have the same before it. */
export function forkFromParting(place: LanePlace, mine: SplitBranch, theirs: SplitBranch): ForkProof {
  const { at, before } = mine.split;
  return forkProof(place, at + 1, { before, branches: [branchOf(mine), branchOf(theirs)] });
}

function branchOf({ split: { leaf, rest }, headId, seal }: SplitBranch): ForkBranch {
  return { leaf, rest, headId, seal };
}

/** A lane as it is held here, split at a leaf that is held or that its cover names, up to all that its seal is over. */
export function heldBranch(view: FeedView, hasher: Hasher, lane: number, at: number): SplitBranch {
  const head = view.head(lane);
  if (head === undefined) throw new DamagedStore(`head of lane ${lane}`, "it is missing");
  const { size, headId, seal, cover } = head;
  const reader = new LaneReader(view, hasher, lane);
  const range = { source: reader.nodes(reader.laneId()), held: size, size: seal.size, proof: cover?.proof ?? [] };
  const split = splitCovered(hasher, range, at);
  const root = split && rootOfSplit(hasher, split);
  // Nobody is accused of what our own disk has lost.
  if (split === undefined || root === undefined || !equalBytes(root, cover?.mmrRoot ?? mmrRoot(hasher, head)))
    throw new DamagedStore(`lane ${lane}`, "its events are not those that its seal covers");
  return { split, headId: cover?.headId ?? headId, seal };
}

/** What a range that differs tells of its own history. */
export interface ToldBranch {
  readonly checkpoint: VerifiedCheckpoint;
  readonly keys: AuthorKeys;
  readonly firstSeq: number;
  /** Id of the event before the first. */
  readonly previous: Uint8Array;
  /** 32 bytes an event, chained. */
  readonly ids: Uint8Array;
  /** Consistency of the range's end with the checkpoint, as it was offered. */
  readonly proof: MmrProof;
}

/** The fork that a range shows against what is held of its lane; `elsewhere` where the two part before the range, or behind what
 * is known here. Malformed: the range does not lead to its checkpoint, and only its sender is to blame. */
export function forkShown(view: FeedView, tools: SealTools, lane: number, told: ToldBranch): Decoded<VerifiedFork | "elsewhere"> {
  const { hasher } = tools;
  const reader = new LaneReader(view, hasher, lane);
  const held: HeldNodes = { source: reader.nodes(reader.laneId()), size: reader.size };
  const forkedAt = firstDifference(held, told) ?? firstUncovered(hasher, held, told, view.head(lane));
  if (forkedAt === undefined) return "elsewhere";
  const { place, headId, seal, mmrRoot: root } = told.checkpoint.checkpoint;
  const mine = heldBranch(view, hasher, lane, forkedAt - 1);
  const range = toldRange(hasher, held, told);
  const split = range && splitCovered(hasher, range, forkedAt - 1);
  const leadsTo = split && rootOfSplit(hasher, split);
  if (split === undefined || leadsTo === undefined || !equalBytes(leadsTo, root))
    return new Malformed("its events are not those that its checkpoint begins with, or the way there is wrong");
  return VerifiedFork.verify(tools, forkFromParting(place, mine, { split, headId, seal }), told.keys);
}

interface HeldNodes {
  readonly source: NodeSource;
  readonly size: number;
}

/** Zeros for that before the first. */
function idHere({ source }: HeldNodes, seq: number): Uint8Array {
  const id = seq === 0 ? new Uint8Array(hashBytes) : source.leaves(seq - 1, 1);
  if (id === undefined) throw new DamagedStore("a lane", `event ${seq} is missing`);
  return id;
}

/** Seq of the first event that differs, if it is in the range and held. Chained ids differ from there on to the end. */
function firstDifference(held: HeldNodes, { firstSeq, previous, ids }: ToldBranch): number | undefined {
  const { size } = held;
  const isSame = (seq: number) => equalBytes(idHere(held, seq), idOf(ids, seq - firstSeq));
  let high = Math.min(size, firstSeq + ids.length / hashBytes - 1);
  if (firstSeq > size || !equalBytes(idHere(held, firstSeq - 1), previous) || isSame(high)) return undefined;
  let low = firstSeq;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isSame(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Seq of the first event that is another than the cover here has it, in a range that goes on from all that is held. */
function firstUncovered(hasher: Hasher, held: HeldNodes, told: ToldBranch, head?: HeadRecord): number | undefined {
  const { firstSeq, previous, ids } = told;
  const { size } = held;
  if (head?.cover === undefined || firstSeq > size + 1) return undefined;
  const before = firstSeq === size + 1 ? previous : idOf(ids, size - firstSeq);
  const range = equalBytes(before, idHere(held, size)) ? toldRange(hasher, held, told) : undefined;
  return range && partingFromCover(hasher, { held: size, size: head.seal.size, proof: head.cover.proof }, range);
}

/** Their range up to where it was offered: what lies before it is the same as here. */
function toldRange(hasher: Hasher, { source }: HeldNodes, { checkpoint, firstSeq, ids, proof }: ToldBranch): CoveredRange | undefined {
  const first = firstSeq - 1;
  const before = mmrFrom(hasher, source, first);
  if (before === undefined) return undefined;
  const groups = new Map<number, Uint8Array>();
  const { size: held } = appendLeaves(hasher, before, ids, ids.length / hashBytes, (group, nodes) => groups.set(group, nodes));
  const theirs: NodeSource = {
    node: (height, index) => {
      const { group, position } = storedPlace(height, index);
      const nodes = groups.get(group);
      return nodes === undefined ? source.node(height, index) : idOf(nodes, position);
    },
    leaves: (from, count) => {
      const leaves = new Uint8Array(count * hashBytes);
      const ours = Math.max(0, Math.min(count, first - from));
      const own = ours === 0 ? leaves.subarray(0, 0) : source.leaves(from, ours);
      if (own === undefined) return undefined;
      leaves.set(own);
      leaves.set(ids.subarray((from + ours - first) * hashBytes, (from + count - first) * hashBytes), ours * hashBytes);
      return leaves;
    },
  };
  return { source: theirs, held, size: checkpoint.size, proof };
}

function idOf(ids: Uint8Array, index: number): Uint8Array {
  return ids.subarray(index * hashBytes, (index + 1) * hashBytes);
}
