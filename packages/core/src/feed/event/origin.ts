import { compareStamps } from "../../clock/stamp.js";
import type { Epoch } from "../../identity/ids.js";
import { blockCount, blockHeaderBytes, eventOffsets, isWhole } from "./block.js";
import { eventFlags, flagsAt, kindAt, originAt, sizeAt, stampAt, systemKinds } from "./event.js";

// Where an event that was appended again says it first stood. An author's claim, and nobody can check that the lane it names
// had such an event: that may never have left a disk which is lost. What no honest store writes is malformed, so that a claim
// can move an event only back, and only out of a later epoch into an earlier one.

/** Whether an event was appended again. */
export function hasOrigin(bytes: Uint8Array, offset: number): boolean {
  return (flagsAt(bytes, offset) & eventFlags.origin) !== 0;
}

/** Whether any event of a block was: of most lanes none. */
export function hasOrigins(block: Uint8Array): boolean {
  if (!isWhole(block)) return [...eventOffsets(block)].some((offset) => hasOrigin(block, offset));
  const count = blockCount(block);
  for (let index = 0, at = blockHeaderBytes; index < count; index++, at += sizeAt(block, at)) if (hasOrigin(block, at)) return true;
  return false;
}

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
