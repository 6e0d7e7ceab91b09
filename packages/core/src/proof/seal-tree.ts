import { sealHeadsMax } from "../bytes/limits.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";

// The tree under a seal. Its shape follows from the number of leaves, which the signature covers: parents level by
// level, a last odd node rising unchanged.

export interface SealTree {
  readonly root: Uint8Array;
  /** Siblings from the bottom. None at a level where the node rises. */
  path(index: number): readonly Uint8Array[];
}

/** `leaves` in ascending order of their lanes, at least one. */
export function sealTree(hasher: Hasher, leaves: readonly Uint8Array[]): SealTree {
  if (leaves.length < 1 || leaves.length > sealHeadsMax) throw new RangeError(`a seal over ${leaves.length} heads`);
  const bottom = new Uint8Array(leaves.length * hashBytes);
  leaves.forEach((leaf, index) => {
    bottom.set(leaf, index * hashBytes);
  });
  const levels = [bottom];
  for (let below = bottom; below.length > hashBytes; ) {
    const pairs = Math.floor(below.length / (2 * hashBytes));
    const level = new Uint8Array(Math.ceil(below.length / (2 * hashBytes)) * hashBytes);
    hasher.parents("sinter 1 seal parent", below, pairs, level);
    level.set(below.subarray(2 * pairs * hashBytes), pairs * hashBytes);
    levels.push(level);
    below = level;
  }
  return { root: (levels.at(-1) as Uint8Array).slice(), path: (index) => pathIn(levels, leaves.length, index) };
}

function pathIn(levels: readonly Uint8Array[], count: number, index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= count) throw new RangeError(`no leaf ${index} of ${count}`);
  const path: Uint8Array[] = [];
  let at = index;
  for (const level of levels) {
    const sibling = (at ^ 1) * hashBytes;
    if (sibling < level.length) path.push(level.slice(sibling, sibling + hashBytes));
    at >>>= 1;
  }
  return path;
}

export interface SealedLeaf {
  readonly leaf: Uint8Array;
  /** From 0. */
  readonly index: number;
  /** Number of leaves under the seal. */
  readonly count: number;
  readonly path: readonly Uint8Array[];
}

/** The root this leaf and path lead to; `undefined` where they cannot be of a tree of `count` leaves. */
export function sealRoot(hasher: Hasher, { leaf, index, count, path }: SealedLeaf): Uint8Array | undefined {
  if (!Number.isInteger(count) || count < 1 || count > sealHeadsMax) return undefined;
  if (!Number.isInteger(index) || index < 0 || index >= count || leaf.length !== hashBytes) return undefined;
  const pair = new Uint8Array(2 * hashBytes);
  const node = new Uint8Array(leaf);
  let taken = 0;
  for (let at = index, nodes = count; nodes > 1; at >>>= 1, nodes = Math.ceil(nodes / 2)) {
    if ((at ^ 1) >= nodes) continue;
    const sibling = path[taken++];
    if (sibling?.length !== hashBytes) return undefined;
    pair.set(at % 2 === 0 ? node : sibling);
    pair.set(at % 2 === 0 ? sibling : node, hashBytes);
    hasher.parents("sinter 1 seal parent", pair, 1, node);
  }
  return taken === path.length ? node : undefined;
}
