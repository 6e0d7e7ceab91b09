import { mmrStoredHeightMin } from "../bytes/limits.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { hashAt, type Mmr } from "./mmr-append.js";
import { groupLeaves, type NodePlace, peakPlaces } from "./mmr-positions.js";

/** What is kept of a range: its leaves, and its nodes from height `mmrStoredHeightMin` up. Both may answer with bytes that
 * their next call overwrites. */
export interface NodeSource {
  /** `height` is at least `mmrStoredHeightMin`; see `storedPlace`. */
  node(height: number, index: number): Uint8Array | undefined;
  /** The ids of `count` leaves from the one at index `from`, one behind the other. Asked for at most one group of 64,
   * from its first. */
  leaves(from: number, count: number): Uint8Array | undefined;
}

/** Nodes of one range while one proof is made of it: a group's low nodes are made once, whatever number of them it takes. */
export class NodesOf {
  readonly #hasher: Hasher;
  readonly #source: NodeSource;
  readonly #size: number;
  /** Nodes of a group by height, from its leaves up. */
  readonly #groups = new Map<number, readonly Uint8Array[]>();

  constructor(hasher: Hasher, source: NodeSource, size: number) {
    this.#hasher = hasher;
    this.#source = source;
    this.#size = size;
  }

  /** Copies, or `undefined` if one of them is missing. */
  all(places: readonly NodePlace[]): Uint8Array[] | undefined {
    const nodes: Uint8Array[] = [];
    for (const place of places) {
      const node = this.#at(place);
      if (node === undefined) return undefined;
      nodes.push(node);
    }
    return nodes;
  }

  #at({ height, index }: NodePlace): Uint8Array | undefined {
    if (height >= mmrStoredHeightMin) {
      const stored = this.#source.node(height, index);
      return stored?.length === hashBytes ? new Uint8Array(stored) : undefined;
    }
    const inGroup = groupLeaves / 2 ** height;
    const group = Math.floor(index / inGroup);
    const level = this.#group(group)?.[height];
    return level && hashAt(level, index % inGroup);
  }

  #group(group: number): readonly Uint8Array[] | undefined {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const from = group * groupLeaves;
    const count = Math.min(groupLeaves, this.#size - from);
    const ids = this.#source.leaves(from, count);
    if (ids === undefined || ids.length < count * hashBytes) return undefined;
    const levels: Uint8Array[] = [new Uint8Array(ids.subarray(0, count * hashBytes))];
    for (let height = 1, nodes = count >> 1; nodes > 0 && height < mmrStoredHeightMin; height++, nodes >>= 1) {
      const level = new Uint8Array(nodes * hashBytes);
      this.#hasher.parents("sinter 1 mmr parent", levels[height - 1] as Uint8Array, nodes, level);
      levels.push(level);
    }
    this.#groups.set(group, levels);
    return levels;
  }
}

/** The range as it stood at `size`, made again from what is kept; `undefined` if a node it takes is missing. */
export function mmrFrom(hasher: Hasher, source: NodeSource, size: number): Mmr | undefined {
  const peaks = new NodesOf(hasher, source, size).all(peakPlaces(size));
  return peaks && { size, peaks };
}
