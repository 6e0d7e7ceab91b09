import type { Hasher } from "../identity/crypto.js";
import { fillPlaces, isSize, type NodePlace, peakCount, peakPlaces } from "./mmr-positions.js";
import { inclusionPlaces, type MmrProof } from "./mmr-proof.js";
import { type NodeSource, NodesOf } from "./mmr-source.js";
import { type MmrSplit, parentOf, splitOf, splitPlaces } from "./mmr-split.js";

// A range of which only the beginning is kept, with the proof that it is the beginning, proves of what is kept all that the
// whole would. Every node of such a proof lies in what is kept, or came with the proof, or is over both.

export interface CoveredRange {
  /** Of what is kept. */
  readonly source: NodeSource;
  readonly held: number;
  readonly size: number;
  /** Consistency of `held` with `size`. */
  readonly proof: MmrProof;
}

/** Consistency of a size that is kept with the whole. `undefined` where a node is missing. */
export function proveCovered(hasher: Hasher, range: CoveredRange, oldSize: number): MmrProof | undefined {
  if (!isSize(oldSize) || oldSize > range.held || range.held > range.size) return undefined;
  return nodesOf(hasher, range, [...peakPlaces(oldSize), ...fillPlaces(oldSize, range.size)]);
}

/** Inclusion of a leaf that is kept in the whole. `undefined` where a node is missing. */
export function proveCoveredInclusion(hasher: Hasher, range: CoveredRange, leafIndex: number): MmrProof | undefined {
  if (!isSize(leafIndex) || leafIndex >= range.held || range.held > range.size) return undefined;
  return nodesOf(hasher, range, inclusionPlaces(range.size, leafIndex));
}

/** The fewest nodes that cover what lies behind a size that is kept. `undefined` where one is missing. */
export function fillCovered(hasher: Hasher, range: CoveredRange, oldSize: number): readonly Uint8Array[] | undefined {
  if (!isSize(oldSize) || oldSize > range.held || range.held > range.size) return undefined;
  return nodesOf(hasher, range, fillPlaces(oldSize, range.size));
}

/** The whole, split at a leaf that is kept or that came with the proof. `undefined` where a node is missing. */
export function splitCovered(hasher: Hasher, range: CoveredRange, at: number): MmrSplit | undefined {
  if (!isSize(at) || at >= range.size || range.held > range.size) return undefined;
  const nodes = nodesOf(hasher, range, splitPlaces(at, range.size));
  return nodes && splitOf(nodes, at, range.size);
}

/** A node of the whole; `undefined` where it is neither kept nor came with the proof, nor is over such alone. */
export function nodeCovered(hasher: Hasher, range: CoveredRange, place: NodePlace): Uint8Array | undefined {
  if (range.held > range.size || (place.index + 1) * 2 ** place.height > range.size) return undefined;
  return nodesOf(hasher, range, [place])?.[0];
}

function nodesOf(
  hasher: Hasher,
  { source, held, size, proof }: CoveredRange,
  places: readonly NodePlace[],
): readonly Uint8Array[] | undefined {
  const kept = new NodesOf(hasher, source, held);
  const beyond = new Map(fillPlaces(held, size).map((place, index) => [nameOf(place), proof[peakCount(held) + index]]));
  const nodeAt = (place: NodePlace): Uint8Array | undefined => {
    const { height, index } = place;
    if ((index + 1) * 2 ** height <= held) return kept.all([place])?.[0];
    const known = beyond.get(nameOf(place));
    if (known !== undefined || index * 2 ** height >= held) return known;
    const left = nodeAt({ height: height - 1, index: 2 * index });
    const right = nodeAt({ height: height - 1, index: 2 * index + 1 });
    return left && right && parentOf(hasher, left, right);
  };
  const nodes: Uint8Array[] = [];
  for (const place of places) {
    const node = nodeAt(place);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function nameOf({ height, index }: NodePlace): string {
  return `${height}/${index}`;
}
