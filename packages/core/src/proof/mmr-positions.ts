import { mmrStoredHeightMin } from "../bytes/limits.js";

// Where nodes of a Merkle Mountain Range stand. A node is (height, index): the index-th, from 0, of those that cover
// 2^height leaves each. Sizes reach 2^53 - 1, so everything here is arithmetic on doubles, never on 32-bit integers.

export interface NodePlace {
  readonly height: number;
  readonly index: number;
}

export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Index of the node at that height over this leaf. */
export function indexOver(leafIndex: number, height: number): number {
  return Math.floor(leafIndex / 2 ** height);
}

export function siblingOf(index: number): number {
  return index % 2 === 0 ? index + 1 : index - 1;
}

/** The peaks of a range of this size, from the highest: one a bit of the size. */
export function peakPlaces(size: number): NodePlace[] {
  const places: NodePlace[] = [];
  for (let height = 0, nodes = size; nodes > 0; height++, nodes = Math.floor(nodes / 2)) {
    if (nodes % 2 === 1) places.push({ height, index: nodes - 1 });
  }
  return places.reverse();
}

export function peakCount(size: number): number {
  let count = 0;
  for (let nodes = size; nodes > 0; nodes = Math.floor(nodes / 2)) count += nodes % 2;
  return count;
}

/** Which of `places`, the peaks of a range that holds the leaf, stands over it. */
export function peakOver(places: readonly NodePlace[], leafIndex: number): number {
  return places.findIndex(({ height, index }) => indexOver(leafIndex, height) === index);
}

/** The fewest whole nodes that cover the leaves from `oldSize` up to `newSize`, from left to right. */
export function fillPlaces(oldSize: number, newSize: number): NodePlace[] {
  const places: NodePlace[] = [];
  for (let at = oldSize; at < newSize; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= newSize) height++;
    places.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return places;
}

/** Leaves a stored group stands for: 64. */
export const groupLeaves = 2 ** mmrStoredHeightMin;

export interface StoredPlace {
  /** Number of the record in table 09. */
  readonly group: number;
  /** Which of the record's hashes, from 0. */
  readonly position: number;
}

/** Where a node of height `mmrStoredHeightMin` or more is kept: with the last leaf it covers. */
export function storedPlace(height: number, index: number): StoredPlace {
  const position = height - mmrStoredHeightMin;
  return { group: (index + 1) * 2 ** position - 1, position };
}

/** Number of hashes in a group's record. */
export function storedNodes(group: number): number {
  let count = 1;
  for (let groups = group + 1; groups % 2 === 0; groups /= 2) count++;
  return count;
}
