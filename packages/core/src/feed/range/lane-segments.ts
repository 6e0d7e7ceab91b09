import { rangeSliceBytes } from "../../bytes/limits.js";
import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import type { HeadRecord } from "../../store/records.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import { LaneReader } from "../lane/lane-reader.js";
import { blockUpTo } from "../lane/range-blocks.js";
import type { LanePlace } from "../seal/checkpoint.js";
import { checkpointOf, consistencyAt } from "./offered-range.js";
import { SegmentBuilder, segmentId } from "./segment.js";
import type { IndexedLane, IndexedSegment } from "./segment-index.js";

// A lane as segments. Where one ends follows from the lane's blocks alone, which follow from its events: a lane that has
// grown has the same segments as before but for the last.

/** A lane as it was at one moment: it may have grown since. One of this store's own may also have been given other events. */
export interface LaneAtHead {
  readonly number: number;
  readonly place: LanePlace;
  readonly head: HeadRecord;
  /** Of a lane of this store's own, from where on it was given up. */
  readonly givenUpFrom: number | undefined;
}

export function laneAtHead(view: FeedView, number: number, place: LanePlace, head: HeadRecord): LaneAtHead {
  return { number, place, head, givenUpFrom: view.givenUp(number)?.from };
}

/** Whether the events that counted then are still what the lane begins with, and none of them was given up since. What is behind a
 * fork did not count: it may be any. */
export function isAsItWas(view: FeedView, hasher: Hasher, { number, head: then, givenUpFrom }: LaneAtHead): boolean {
  const now = view.head(number);
  const end = countedSize(then);
  if (now === undefined || now.size < end || view.givenUp(number)?.from !== givenUpFrom) return false;
  if (end < then.size) return true;
  const reader = new LaneReader(view, hasher, number);
  const last = now.size === end ? now.headId : reader.nodes(reader.laneId()).leaves(end - 1, 1);
  return last !== undefined && equalBytes(last, then.headId);
}

export interface MadeSegment extends IndexedSegment {
  readonly bytes: Uint8Array;
  /** How many are in it. */
  readonly events: number;
}

/** The segments of a lane's events that count, in order, and in the end what the index says of it. In steps, each of about a slice of bytes: those that
 * answer `undefined` are there only so that others have a turn. */
export function* laneSegments(
  view: FeedView,
  hasher: Hasher,
  lane: LaneAtHead,
): Generator<MadeSegment | undefined, IndexedLane, undefined> {
  const { number, place, head } = lane;
  const end = countedSize(head);
  const reader = new LaneReader(view, hasher, number);
  const segments: IndexedSegment[] = [];
  const made = (builder: SegmentBuilder): MadeSegment => {
    const { bytes, firstSeq, lastSeq } = builder.finish();
    const proof = consistencyAt(hasher, head, reader, lastSeq);
    if (proof === undefined) throw new DamagedStore(`lane ${number}`, `what shows that event ${lastSeq} is in it is missing`);
    const id = segmentId(hasher, bytes);
    segments.push({ id, lastSeq, proof });
    return { id, lastSeq, proof, bytes, events: lastSeq - firstSeq + 1 };
  };
  let builder = new SegmentBuilder(place);
  let slice = 0;
  for (const stored of reader.blocks(1, end)) {
    const block = blockUpTo(stored, end);
    slice += block.length;
    if (!builder.fits(block)) {
      const full = builder;
      builder = new SegmentBuilder(place);
      builder.add(block);
      yield made(full);
    } else builder.add(block);
    if (slice < rangeSliceBytes) continue;
    slice = 0;
    yield undefined;
  }
  if (builder.lastSeq !== end) throw new DamagedStore(`lane ${number}`, `its events behind ${builder.lastSeq} are missing`);
  yield made(builder);
  const hybrid = view.hybrid(number);
  const sealed = hybrid !== undefined && hybrid.seal.size <= end ? { hybrid } : {};
  return { keys: view.keysOf(place.author), checkpoint: checkpointOf(hasher, place, head), ...sealed, segments };
}
