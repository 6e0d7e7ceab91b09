import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { feedId, type LaneId, laneId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import type { LanePlace, SealTools } from "../seal/checkpoint.js";
import { verifyHeldHead } from "../seal/held-head.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import type { HeldLane } from "./held-lane.js";

// Whether what is held of a lane can be built on: what a disk lost must be no stranger's fault, and not be handed on as ours.

/** Throws where what the store says of a lane is not what its seal covers, or its last event not the one its head names. */
export function vouchForHeld(view: FeedView, tools: SealTools, held: HeldLane, { author, subject, epoch }: LanePlace): void {
  const number = view.laneNumber(subject, author, epoch);
  const record = number === undefined ? undefined : view.head(number);
  if (record === undefined || record.size !== held.size || held.tail === undefined) return;
  const lane = laneId(tools.hasher, feedId(tools.hasher, author, subject), epoch);
  const head = { lane, size: record.size, mmrRoot: mmrRoot(tools.hasher, record), headId: record.headId };
  const holds = verifyHeldHead(tools, { author, keys: view.keysOf(author), head, record });
  if (holds !== "holds") throw new DamagedStore(`head of lane ${number}`, holds.reason);
  soundTail({ hasher: tools.hasher, lane }, held, held.tail);
}

/** The last block, whose last event must be the one that the head names. */
export function soundTail(
  { hasher, lane }: { readonly hasher: Hasher; readonly lane: LaneId },
  held: HeldLane,
  tail: Uint8Array,
): BlockView {
  const view = checkBlock(tail);
  if (view instanceof Malformed) throw new DamagedStore("the last block of a lane", view.reason);
  const ids = idsOfBlock(hasher, lane, view);
  if (equalBytes(ids.subarray(-hashBytes), held.headId)) return view;
  throw new DamagedStore("the last block of a lane", "its last event is not the one its head names");
}
