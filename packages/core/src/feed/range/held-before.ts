import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { mmrFrom } from "../../proof/mmr-source.js";
import { BlockBuilder, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { stampAt } from "../event/event.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { type HeldLane, nothingHeld } from "../lane/held-lane.js";
import { LaneReader } from "../lane/lane-reader.js";
import type { LanePlace } from "../seal/checkpoint.js";

/** A lane of ours as it was before event `seq`: what others hold from there on is verified against that, to come in its place.
 * Whether it is frozen does not count here: what was withdrawn on another branch is fetched to be appended again. */
export function heldBefore(view: FeedView, hasher: Hasher, place: LanePlace, seq: number): HeldLane {
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  const size = seq - 1;
  if (number === undefined || size < 1) return nothingHeld;
  const reader = new LaneReader(view, hasher, number);
  const lane = reader.laneId();
  const mmr = mmrFrom(hasher, reader.nodes(lane), size);
  const stored = view.blockOf(number, size);
  const block = stored === undefined ? undefined : checkBlock(stored.slice());
  if (mmr === undefined || block === undefined || !("count" in block) || size >= block.firstSeq + block.count)
    throw new DamagedStore(`lane ${number}`, `event ${size} is missing, or broken`);
  const count = size - block.firstSeq + 1;
  const builder = new BlockBuilder(block.firstSeq, block.previous);
  for (let index = 0; index < count; index++) builder.addFrom(block, index);
  const headId = idsOfBlock(hasher, lane, block, count).slice(-hashBytes);
  const stamp = stampAt(block.bytes, block.spans[(count - 1) * spanWords] as number);
  return { ...nothingHeld, ...mmr, headId, stamp, tail: builder.finish() };
}
