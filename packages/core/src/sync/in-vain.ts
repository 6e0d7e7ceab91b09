import { lanesInVainMax } from "../bytes/limits.js";
import type { PeerId } from "../protocol/protocol.js";

/** Lanes that a peer told of, was asked for, and brought nothing of: until it does, or its link is another. Of each peer the last ones. */
export class InVain {
  readonly #lanes = new Map<PeerId, Map<string, number>>();
  #marks = 0;

  add(peer: PeerId, key: string): void {
    const lanes = this.#lanes.get(peer) ?? new Map<string, number>();
    this.#lanes.set(peer, lanes);
    lanes.delete(key);
    lanes.set(key, ++this.#marks);
    if (lanes.size > lanesInVainMax) lanes.delete(lanes.keys().next().value as string);
  }

  done(peer: PeerId, key: string): void {
    this.#lanes.get(peer)?.delete(key);
  }

  /** Rises with each time that anybody brought nothing; 0: this one did not. */
  since(peer: PeerId, key: string): number {
    return this.#lanes.get(peer)?.get(key) ?? 0;
  }

  left(peer: PeerId): void {
    this.#lanes.delete(peer);
  }
}
