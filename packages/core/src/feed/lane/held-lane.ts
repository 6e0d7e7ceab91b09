import type { Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { emptyMmr, mmrRoot } from "../../proof/mmr-append.js";
import type { MmrProof } from "../../proof/mmr-proof.js";
import { type LanePlace, laneOf } from "../seal/checkpoint.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { countedEnd } from "./freeze.js";
import { LaneReader } from "./lane-reader.js";

/** What this replica has of a lane, as far as it takes to verify what follows. Data alone: it may go to another thread. */
export interface HeldLane {
  /** 0: nothing of it. */
  readonly size: number;
  readonly headId: Uint8Array;
  readonly peaks: readonly Uint8Array[];
  /** Of the last event. */
  readonly stamp: Stamp;
  /** 0: not frozen. */
  readonly freezeAt: number;
  /** The last block. */
  readonly tail: Uint8Array | undefined;
  /** What its seal is over, which may be more than is held; and then the consistency of what is held with that. */
  readonly sealed: { readonly size: number; readonly mmrRoot: Uint8Array; readonly proof: MmrProof } | undefined;
  /** An event before the last, where what is offered, or what counts of it, ends with that. */
  readonly earlier?: { readonly seq: number; readonly id: Uint8Array } | undefined;
}

export const nothingHeld: HeldLane = {
  ...emptyMmr,
  headId: new Uint8Array(hashBytes),
  stamp: { wallMs: -1, counter: 0 },
  freezeAt: 0,
  tail: undefined,
  sealed: undefined,
};

/** As the store shows it; `end` is the last seq of what is offered. */
export function heldLane(view: FeedView, hasher: Hasher, place: LanePlace, end: number): HeldLane {
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  if (number === undefined) return { ...nothingHeld, freezeAt: view.freezeAt(laneOf(hasher, place)) };
  const head = view.head(number);
  const tail = head && view.block(number, head.lastBlockSeq);
  if (head === undefined || tail === undefined) throw new DamagedStore(`lane ${number}`, "its head or its last block is missing");
  const { size, headId, peaks, stamp, freezeAt, seal, cover } = head;
  const sealed = { size: seal.size, mmrRoot: cover?.mmrRoot ?? mmrRoot(hasher, head), proof: cover?.proof ?? [] };
  const held = { size, headId, peaks, stamp, freezeAt, tail: tail.bytes, sealed };
  const seq = Math.min(end, countedEnd(freezeAt));
  if (seq < 1 || seq >= size) return held;
  const reader = new LaneReader(view, hasher, number);
  const id = reader.nodes(reader.laneId()).leaves(seq - 1, 1);
  if (id === undefined) throw new DamagedStore(`lane ${number}`, `event ${seq} is missing`);
  return { ...held, earlier: { seq, id } };
}
