import { Writer } from "../../bytes/writer.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";

/** All that an event's id is the hash of. */
export interface IdentifiedEvent {
  readonly lane: LaneId;
  /** Id of the event before it; zeros at seq 1. */
  readonly previous: Uint8Array;
  readonly seq: number;
  /** Header and extension, as stored. */
  readonly head: Uint8Array;
  readonly payloadHash: Uint8Array;
}

export function payloadHashOf(hasher: Hasher, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return hasher.hash("sinter 1 payload", payload);
}

/** The id of one event, also of one whose payload is not at hand. For runs of whole events Hasher.eventIds is many times faster. */
export function eventIdOf(hasher: Hasher, { lane, previous, seq, head, payloadHash }: IdentifiedEvent): Uint8Array<ArrayBuffer> {
  const writer = new Writer(3 * hashBytes + 8 + head.length).bytes(lane).bytes(previous).u64(seq);
  return hasher.hash("sinter 1 event", writer.bytes(payloadHash).bytes(head).finish());
}
