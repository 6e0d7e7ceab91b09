import { expect } from "vitest";
import { feedId, laneId } from "../../identity/ids.js";
import { CausalDecoder, type CausalLane } from "../event/causal-delta.js";
import { hasher, type Rig } from "./feed-rig.suite.js";
import { naiveLane } from "./naive-lane.suite.js";

function causalLaneOf(rig: Rig, number: number): CausalLane {
  const record = rig.view.lane(number);
  if (record === undefined) throw new Error(`no lane ${number}`);
  return { feed: feedId(hasher, record.author, record.subject), epoch: record.epoch };
}

/** What each event of a lane says its author knew of others, by their numbers; those it says nothing of are 0. */
export function clocksOf(rig: Rig, lane: number, others: readonly number[]): number[][] {
  const own = causalLaneOf(rig, lane);
  const decoder = new CausalDecoder(own);
  return naiveLane(rig.keys, lane, laneId(hasher, own.feed, own.epoch)).map(({ causal }) => {
    expect(decoder.apply(causal)).toBeUndefined();
    return others.map((other) => decoder.sizeOf(causalLaneOf(rig, other)));
  });
}

/** What each of a store's own events in the subject says it knew of another author's. */
export function knownSizes(rig: Rig, of: Rig): number[] {
  return clocksOf(rig, rig.laneNumber("s"), [rig.laneNumber("s", of.author)]).map(([size]) => size as number);
}
