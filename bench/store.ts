import type { Peer } from "@sinter/core";
import { open } from "sinter";
import { payloadsFrom } from "./raw-lmdb.js";

const BATCH_EVENTS = 1000;

/** Appends `count` events of 200 random bytes, batch by batch. */
export async function fill(peer: Peer, subject: string, count: number): Promise<void> {
  const inFlight: Promise<unknown>[] = [];
  for (let first = 0; first < count; first += BATCH_EVENTS) {
    const events = payloadsFrom(first, Math.min(BATCH_EVENTS, count - first)).map((payload) => ({ payload }));
    inFlight.push(peer.append(subject, events));
    if (inFlight.length >= 8) await inFlight.shift();
  }
  await Promise.all(inFlight);
}

/** The number of the one lane a subject has here. */
export function onlyLane(peer: Peer, subject: string): number {
  const id = peer.view.subjectId(subject as never);
  const lanes = id === undefined ? [] : [...peer.view.lanes(id)];
  if (lanes.length !== 1) throw new Error(`${subject} has ${lanes.length} lanes`);
  return (lanes[0] as { number: number }).number;
}

export async function withPeer<T>(dir: string, work: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await open({ dir, control: "none" });
  try {
    return await work(peer);
  } finally {
    await peer.close();
  }
}
