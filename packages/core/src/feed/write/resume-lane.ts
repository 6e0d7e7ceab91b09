import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, compareEpochs } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import type { HeadRecord } from "../../store/records.js";
import { BlockBuilder, type BlockView } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { stampAt } from "../event/event.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { verifySeal } from "../seal/seal.js";
import type { KnownLanes } from "./known-lanes.js";
import { OpenLane, type OwnLane } from "./open-lane.js";

// The next seal covers all that a lane ever held. A head or a tail that lost a bit on the disk would make us sign a
// history that never was, which others must take for a fork: so neither is believed before its own seal is checked.

export interface ResumeParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly author: AuthorId;
  /** The greatest stamp given out so far. */
  readonly stamped: Stamp;
}

/** A lane of ours as the store has it, ready to be written on. Throws DamagedStore where the store contradicts itself. */
export function resumeLane(place: OwnLane, known: KnownLanes, parts: ResumeParts): OpenLane {
  const { view, stamped } = parts;
  const damaged = (detail: string) => new DamagedStore(`lane ${place.number} (${place.path})`, detail);
  const record = view.lane(place.number);
  const isIts = record !== undefined && equalBytes(record.subject, place.subject) && equalBytes(record.author, parts.author);
  if (!isIts || compareEpochs(record.epoch, place.epoch) !== 0) throw damaged("its number is another lane's, or no lane's");
  const head = view.head(place.number);
  if (head === undefined) throw damaged("its head is missing");
  const tail = view.block(place.number, head.lastBlockSeq);
  if (tail === undefined) throw damaged("its last block is missing");
  const fault = tailFault(place, head, { tail, hasher: parts.hasher }) ?? sealFault(place, head, parts);
  if (fault !== undefined) throw damaged(fault);
  if (compareStamps(head.stamp, stamped) > 0) throw new DamagedStore("the clock", `lane ${place.number} has a stamp beyond it`);
  const state = { mmr: { size: head.size, peaks: head.peaks }, head: head.headId, stamp: head.stamp };
  const lane = new OpenLane(place, known, state, BlockBuilder.resume(tail));
  lane.freezeAt = head.freezeAt;
  return lane;
}

function tailFault(
  place: OwnLane,
  head: HeadRecord,
  { tail, hasher }: { readonly tail: BlockView; readonly hasher: Hasher },
): string | undefined {
  if (tail.firstSeq !== head.lastBlockSeq || tail.firstSeq + tail.count - 1 !== head.size)
    return "its last block is not the one its head tells of";
  const ids = idsOfBlock(hasher, place.id, tail);
  if (!equalBytes(ids.subarray(-hashBytes), head.headId)) return "the last event is not the one its head names";
  const stamp = stampAt(tail.bytes, tail.spans[(tail.count - 1) * 3] as number);
  return compareStamps(stamp, head.stamp) === 0 ? undefined : "the stamp in its head is not that of its last event";
}

function sealFault(
  place: OwnLane,
  { size, headId, peaks, seal }: HeadRecord,
  { view, hasher, verifier, author }: ResumeParts,
): string | undefined {
  const head = { lane: place.id, size, mmrRoot: mmrRoot(hasher, { size, peaks }), headId };
  const sealed = verifySeal(hasher, verifier, { author, keys: view.keysOf(author), head, seal });
  return sealed === "holds" ? undefined : sealed.reason;
}
