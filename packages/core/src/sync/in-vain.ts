import { lanesInVainMax } from "../bytes/limits.js";
import type { PeerId } from "../protocol/protocol.js";

/** Lanes that a peer told of, was asked for, and brought nothing of: until it does, or its link is another. Of each peer the last ones. */
export class InVain {
  readonly #lanes = new Map<PeerId, Set<string>>();

  add(peer: PeerId, key: string): void {
    const lanes = this.#lanes.get(peer) ?? new Set();
    this.#lanes.set(peer, lanes);
    lanes.delete(key);
    lanes.add(key);
    if (lanes.size > lanesInVainMax) lanes.delete(lanes.values().next().value as string);
  }

  done(peer: PeerId, key: string): void {
    this.#lanes.get(peer)?.delete(key);
  }

  has(peer: PeerId, key: string): boolean {
    return this.#lanes.get(peer)?.has(key) === true;
  }

  left(peer: PeerId): void {
    this.#lanes.delete(peer);
  }
}
