import { Malformed } from "../../bytes/malformed.js";
import { hashBytes, type Signer, spanWords } from "../../identity/crypto.js";
import { feedId, laneId } from "../../identity/ids.js";
import { laneRange } from "../../store/keys.js";
import { BlockBuilder, type BlockView, checkBlock } from "../event/block.js";
import { sizeAt } from "../event/event.js";
import { type HeldLane, heldLane } from "../lane/held-lane.js";
import { LaneReader } from "../lane/lane-reader.js";
import { checkpointOf, consistencyAt, offeredRange } from "../range/offered-range.js";
import {
  offeredEnd,
  type RangeOffer,
  type RangeOutcome,
  type RangeTools,
  type VerifiedRange,
  verifyRange,
} from "../range/verified-range.js";
import type { Checkpoint } from "../seal/checkpoint.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import type { FeedNotice } from "../write/feed-vocabulary.js";
import { hasher, network, type Rig, standInVerifier } from "./feed-rig.suite.js";

// Two stores: one writes, the other takes in what it is offered, whole or cut to pieces.

export const rangeTools: RangeTools = { hasher, verifier: standInVerifier, network };

/** All from `from` on, as a store offers it. */
export function offerFrom(rig: Rig, path: string, from = 1, bytes = Number.POSITIVE_INFINITY): RangeOffer {
  const offer = offeredRange(rig.view, hasher, { lane: rig.laneNumber(path), from, bytes });
  if (offer === undefined) throw new Error(`nothing of ${path} from ${from} on`);
  return offer;
}

export interface Cut {
  readonly from: number;
  readonly to: number;
  /** Events a block, where so many go into one. */
  readonly perBlock: number;
}

/** Just these events of the author's last lane there, in blocks that no store has, under the checkpoint there is now. */
export function cutOffer(rig: Rig, path: string, cut: Cut): RangeOffer {
  return cutLane(rig, rig.laneNumber(path), cut);
}

/** Of any lane, whether or not they count. */
export function cutLane(rig: Rig, lane: number, { from, to, perBlock }: Cut): RangeOffer {
  const [head, record] = [rig.view.head(lane), rig.view.lane(lane)];
  const path = record && rig.view.subject(record.subject);
  if (head === undefined || record === undefined || path === undefined) throw new Error(`nothing of lane ${lane}`);
  const reader = new LaneReader(rig.view, hasher, lane);
  const source = reader.nodes(reader.laneId());
  const idOf = (seq: number) => (seq === 0 ? new Uint8Array(hashBytes) : (source.leaves(seq - 1, 1) as Uint8Array).slice());
  const builders: BlockBuilder[] = [];
  for (let seq = from; seq <= to; seq++) {
    const [stored] = [...reader.blocks(seq, seq)].map((bytes) => checkBlock(bytes.slice()) as BlockView);
    const index = seq - stored.firstSeq;
    const size = sizeAt(stored.bytes, stored.spans[index * spanWords]);
    const last = builders.at(-1);
    if (last === undefined || last.count === perBlock || !last.fits(size)) builders.push(new BlockBuilder(seq, idOf(seq - 1)));
    builders.at(-1)?.addFrom(stored, index);
  }
  const blocks = builders.map((builder) => builder.finish());
  const { author, subject, epoch } = record;
  const checkpoint = checkpointOf(hasher, { author, subject, epoch }, head);
  return { path, keys: rig.view.keysOf(author), checkpoint, blocks, proof: consistencyAt(hasher, head, reader, to) ?? [] };
}

export function heldFor(rig: Rig, offer: RangeOffer): HeldLane {
  return heldLane(rig.view, hasher, offer.checkpoint.place, offeredEnd(offer));
}

export function outcome(rig: Rig, offer: RangeOffer): RangeOutcome | Malformed {
  return verifyRange(rangeTools, heldFor(rig, offer), offer);
}

/** Why it is not believed. */
export function malformedReason(rig: Rig, offer: RangeOffer): string {
  const answer = outcome(rig, offer);
  return answer instanceof Malformed ? answer.reason : `${answer.kind}, not malformed`;
}

export function verified(rig: Rig, offer: RangeOffer): VerifiedRange {
  const answer = outcome(rig, offer);
  if (answer instanceof Malformed) throw new Error(answer.reason);
  if (answer.kind !== "verified") throw new Error(answer.kind);
  return answer.range;
}

/** A turn in which nothing else happens, committed. */
export function take(rig: Rig, range: VerifiedRange): FeedNotice {
  const turn = rig.feed({ kind: "take", token: 1, range });
  turn.commit();
  return turn.notices[0] as FeedNotice;
}

export function takeOffer(rig: Rig, offer: RangeOffer): FeedNotice["kind"] | RangeOutcome["kind"] | string {
  const answer = outcome(rig, offer);
  if (answer instanceof Malformed) return answer.reason;
  return answer.kind === "verified" ? take(rig, answer.range).kind : answer.kind;
}

/** What a store has of a lane, by name: blocks and nodes under their seqs and groups, the head. */
export function laneBytes(rig: Rig, number: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const table of ["block", "mmr", "head"] as const) {
    for (const [key, value] of rig.keys.range(laneRange(table, number)))
      found[`${table} ${Buffer.from(key.subarray(5)).toString("hex")}`] = Buffer.from(value).toString("hex");
  }
  return found;
}

export function withCheckpoint(offer: RangeOffer, change: Partial<Checkpoint>): RangeOffer {
  return { ...offer, checkpoint: { ...offer.checkpoint, ...change } };
}

export function withBlocks(offer: RangeOffer, change: (blocks: Uint8Array[]) => readonly Uint8Array[]): RangeOffer {
  return { ...offer, blocks: change(offer.blocks.map((block) => block.slice())) };
}

/** Signed again by the author, stamped so many milliseconds later than it was. */
export function resealed(offer: RangeOffer, signer: Signer, laterMs: number): RangeOffer {
  const { place, mmrRoot, headId, seal } = offer.checkpoint;
  const stamp = { ...seal.stamp, wallMs: seal.stamp.wallMs + laterMs };
  const lane = laneId(hasher, feedId(hasher, place.author, place.subject), place.epoch);
  const root = sealLeaf(hasher, { lane, size: seal.size, mmrRoot, headId });
  const signature = signer.sign(sealMessage({ author: place.author, stamp, leaves: 1, root }));
  return withCheckpoint(offer, { seal: { ...seal, stamp, leaves: 1, index: 0, path: [], signature } });
}
