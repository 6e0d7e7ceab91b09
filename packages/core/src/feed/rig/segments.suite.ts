import { Malformed } from "../../bytes/malformed.js";
import type { FalconJob } from "../../identity/crypto.js";
import { type LaneAtHead, laneAtHead, laneSegments, type MadeSegment } from "../range/lane-segments.js";
import { type IndexedLane, type SegmentIndex, segmentFileName, segmentOffer } from "../range/segment-index.js";
import type { RangeOffer } from "../range/verified-range.js";
import { hasher, networkName, parts, pathOf, Rig, type RigOptions } from "./feed-rig.suite.js";
import { computeStandIn, standInFalconKey } from "./stand-in-falcon.suite.js";

// A subject as an export leaves it, without the files.

export interface Archived {
  readonly index: SegmentIndex;
  /** By name. */
  readonly files: Map<string, Uint8Array>;
}

/** A hybrid author whose events in the subject are sealed by both keys, but for a last one. */
export function sealedByBoth(path: string, options: RigOptions = {}): Rig {
  const rig = new Rig({ ...options, signatures: "hybrid" });
  rig.append(path, parts("one"), parts("two"));
  const turn = rig.hybrid({ kind: "expired", timer: "seal" });
  turn.commit();
  const job = turn.effects.find(({ kind }) => kind === "compute") as { readonly job: FalconJob };
  const result = computeStandIn(standInFalconKey(options.author ?? 1), job.job);
  rig.hybrid({ kind: "computed", job: job.job, outcome: { kind: "done", result } }).commit();
  rig.append(path, parts("three"));
  return rig;
}

/** A lane as it is now. */
export function atHead(rig: Rig, number: number): LaneAtHead {
  const [place, head] = [rig.view.lane(number), rig.view.head(number)];
  if (place === undefined || head === undefined) throw new Error(`no lane ${number}`);
  return laneAtHead(rig.view, number, place, head);
}

/** A lane's segments, and what the index says of it. `between` runs where others have a turn. */
export function segmented(
  rig: Rig,
  lane: LaneAtHead,
  between: () => void = () => {},
): { readonly made: readonly MadeSegment[]; readonly lane: IndexedLane } {
  const made: MadeSegment[] = [];
  const steps = laneSegments(rig.view, hasher, lane);
  for (;;) {
    const step = steps.next();
    if (step.done) return { made, lane: step.value };
    if (step.value !== undefined) made.push(step.value);
    between();
  }
}

export function archived(rig: Rig, path: string): Archived {
  const files = new Map<string, Uint8Array>();
  const lanes: IndexedLane[] = [];
  const subject = rig.view.subjectId(pathOf(path));
  for (const { number } of subject === undefined ? [] : rig.view.lanes(subject)) {
    const { made, lane } = segmented(rig, atHead(rig, number));
    for (const { id, bytes } of made) files.set(segmentFileName(id), bytes);
    lanes.push(lane);
  }
  return { index: { networkName, path: pathOf(path), lanes }, files };
}

/** What the segments of a lane offer, in order; throws where one is none. */
export function offersOf({ index, files }: Archived, lane: IndexedLane): RangeOffer[] {
  return lane.segments.map(({ id }, at) => {
    const offer = segmentOffer(hasher, index.path, { lane, at }, files.get(segmentFileName(id)) ?? new Uint8Array(0));
    if (offer instanceof Malformed) throw new Error(offer.reason);
    return offer;
  });
}

export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const spoilt = bytes.slice();
  spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7));
  return spoilt;
}
