import { type Hasher, hashBytes } from "../identity/crypto.js";
import { mmrRoot } from "./mmr-append.js";
import { fillPlaces, isSize, type NodePlace, peakCount, peakPlaces } from "./mmr-positions.js";
import { type NodeSource, NodesOf } from "./mmr-source.js";

// A range told as three parts: the peaks of all leaves before one, that leaf, and the fewest nodes that cover the rest. Two
// ranges that were split at the same leaf and have the same peaks before it are equal up to there; so one set of peaks
// serves both, and shows where they part.

export interface MmrSplit {
  /** Index, from 0, of the leaf it is split at. */
  readonly at: number;
  readonly size: number;
  /** Of the leaves before it, from the highest. */
  readonly before: readonly Uint8Array[];
  readonly leaf: Uint8Array;
  /** From left to right; see `fillPlaces`. */
  readonly rest: readonly Uint8Array[];
}

/** How many hashes stand before a leaf, and behind it in a range of that size. */
export function splitCounts(at: number, size: number): { readonly before: number; readonly rest: number } {
  return { before: peakCount(at), rest: fillPlaces(at + 1, size).length };
}

/** `undefined` where there is no such leaf or the source lacks a node it takes. */
export function splitMmr(
  hasher: Hasher,
  source: NodeSource,
  { at, size }: { readonly at: number; readonly size: number },
): MmrSplit | undefined {
  if (!isSize(size) || !isSize(at) || at >= size) return undefined;
  const nodes = new NodesOf(hasher, source, size).all(splitPlaces(at, size));
  return nodes && splitOf(nodes, at, size);
}

/** The nodes a split takes, in their order. */
export function splitPlaces(at: number, size: number): readonly NodePlace[] {
  return [...peakPlaces(at), { height: 0, index: at }, ...fillPlaces(at + 1, size)];
}

export function splitOf(nodes: readonly Uint8Array[], at: number, size: number): MmrSplit {
  const count = peakCount(at);
  return { at, size, before: nodes.slice(0, count), leaf: nodes[count] as Uint8Array, rest: nodes.slice(count + 1) };
}

/** The root of the range that is told so; `undefined` where the parts are too many or too few. */
export function rootOfSplit(hasher: Hasher, { at, size, before, leaf, rest }: MmrSplit): Uint8Array | undefined {
  if (!isSize(size) || !isSize(at) || at >= size) return undefined;
  const places = splitPlaces(at, size);
  const nodes = [...before, leaf, ...rest];
  if (before.length !== peakCount(at) || nodes.length !== places.length || nodes.some((node) => node.length !== hashBytes))
    return undefined;
  const peaks: Uint8Array[] = [];
  const heights: number[] = [];
  nodes.forEach((each, index) => {
    let node = each;
    let { height } = places[index] as NodePlace;
    for (; heights.at(-1) === height; height++) {
      heights.pop();
      node = parentOf(hasher, peaks.pop() as Uint8Array, node);
    }
    heights.push(height);
    peaks.push(node);
  });
  return mmrRoot(hasher, { size, peaks });
}

export function parentOf(hasher: Hasher, left: Uint8Array, right: Uint8Array): Uint8Array {
  const pair = new Uint8Array(2 * hashBytes);
  pair.set(left);
  pair.set(right, hashBytes);
  const parent = new Uint8Array(hashBytes);
  hasher.parents("sinter 1 mmr parent", pair, 1, parent);
  return parent;
}
