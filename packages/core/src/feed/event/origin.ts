import { compareStamps } from "../../clock/stamp.js";
import type { Epoch } from "../../identity/ids.js";
import { kindAt, originAt, stampAt, systemKinds } from "./event.js";

// Where an event that was appended again says it first stood. An author's claim, and nobody can check that the lane it names
// had such an event: that may never have left a disk which is lost. What no honest store writes is malformed, so that a claim
// can move an event only back, and only out of a later epoch into an earlier one.

/** What is wrong with the origin of the event at `offset`, which lies in a lane of that epoch. */
export function originFault(bytes: Uint8Array, offset: number, epoch: Epoch): string | undefined {
  const origin = originAt(bytes, offset);
  if (origin === undefined) return undefined;
  if (origin.epoch.index >= epoch.index) return `an origin in epoch ${origin.epoch.index} of an event in epoch ${epoch.index}`;
  if (compareStamps(origin.stamp, stampAt(bytes, offset)) > 0) return "an origin later than the event itself";
  return isBoundToItsLane(kindAt(bytes, offset)) ? "an origin of an event that is never appended again" : undefined;
}

/** What an event of the system's says of its own lane alone is not said again in another. */
export function isBoundToItsLane(kind: number): boolean {
  return kind === systemKinds.frontier || kind === systemKinds.epochOpened;
}
