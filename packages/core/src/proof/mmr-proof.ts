import { mmrProofHashesMax } from "../bytes/limits.js";
import type { Decoded } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { mmrRoot } from "./mmr-append.js";
import { fillPlaces, indexOver, isSize, type NodePlace, peakCount, peakOver, peakPlaces, siblingOf } from "./mmr-positions.js";
import { type NodeSource, NodesOf } from "./mmr-source.js";
import { parentOf } from "./mmr-split.js";

// What a proof holds, and in which order, follows from the sizes and the index it is about; so its bytes are only the
// hashes, and one with a hash too many or too few proves nothing.
//
// Inclusion: the siblings of the leaf's path from the bottom up to its peak, then the other peaks from the highest.
// Consistency: the peaks of the old range from the highest, then the nodes that cover what was appended, left to right.

export type MmrProof = readonly Uint8Array[];

export function encodeMmrProof(proof: MmrProof): Uint8Array<ArrayBuffer> {
  if (proof.length > mmrProofHashesMax) throw new RangeError(`a proof of ${proof.length} hashes`);
  const bytes = new Writer(1 + proof.length * hashBytes).u8(proof.length);
  for (const hash of proof) bytes.bytes(hash);
  return bytes.finish();
}

export function decodeMmrProof(bytes: Uint8Array): Decoded<MmrProof> {
  const reader = new Reader(bytes);
  const proof = readMmrProof(reader);
  return reader.finish(() => proof);
}

/** One that stands among other bytes: whoever reads them asks in the end whether all of it was there. */
export function readMmrProof(reader: Reader): MmrProof {
  const count = reader.u8();
  if (count > mmrProofHashesMax) reader.fail(`a proof of ${count} hashes where at most ${mmrProofHashesMax} are allowed`);
  const proof: Uint8Array[] = [];
  while (proof.length < count && !reader.failed) proof.push(reader.take(hashBytes));
  return proof;
}

/** `undefined` where there is no such leaf or the source lacks a node it takes. */
export function proveInclusion(hasher: Hasher, source: NodeSource, size: number, leafIndex: number): MmrProof | undefined {
  if (!isSize(size) || !isSize(leafIndex) || leafIndex >= size) return undefined;
  return new NodesOf(hasher, source, size).all(inclusionPlaces(size, leafIndex));
}

/** Of the hashes of an inclusion, in their order. */
export function inclusionPlaces(size: number, leafIndex: number): NodePlace[] {
  const peaks = peakPlaces(size);
  const own = peaks[peakOver(peaks, leafIndex)] as NodePlace;
  const places: NodePlace[] = [];
  for (let height = 0; height < own.height; height++) places.push({ height, index: siblingOf(indexOver(leafIndex, height)) });
  for (const peak of peaks) if (peak !== own) places.push(peak);
  return places;
}

export interface InclusionClaim {
  /** The leaf: an event's id. */
  readonly leaf: Uint8Array;
  /** From 0: an event's seq less one. */
  readonly leafIndex: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: MmrProof;
}

export function verifyInclusion(hasher: Hasher, claim: InclusionClaim): boolean {
  const { leaf, leafIndex, size, root, proof } = claim;
  if (!isSize(size) || !isSize(leafIndex) || leafIndex >= size) return false;
  if (leaf.length !== hashBytes || !allHashes(proof)) return false;
  const places = peakPlaces(size);
  const own = peakOver(places, leafIndex);
  const { height } = places[own] as NodePlace;
  if (proof.length !== height + places.length - 1) return false;

  const pair = new Uint8Array(2 * hashBytes);
  const node = new Uint8Array(leaf);
  for (let at = 0, index = leafIndex; at < height; at++, index = Math.floor(index / 2)) {
    pair.set(node, index % 2 === 0 ? 0 : hashBytes);
    pair.set(proof[at] as Uint8Array, index % 2 === 0 ? hashBytes : 0);
    hasher.parents("sinter 1 mmr parent", pair, 1, node);
  }
  const peaks = proof.slice(height);
  peaks.splice(own, 0, node);
  return equalBytes(mmrRoot(hasher, { size, peaks }), root);
}

/** `undefined` where the sizes are none, or in the wrong order, or the source lacks a node it takes. */
export function proveConsistency(hasher: Hasher, source: NodeSource, oldSize: number, newSize: number): MmrProof | undefined {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return undefined;
  return new NodesOf(hasher, source, newSize).all([...peakPlaces(oldSize), ...fillPlaces(oldSize, newSize)]);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: MmrProof;
}

/** Whether the new range begins with all leaves of the old one. */
export function verifyConsistency(hasher: Hasher, claim: ConsistencyClaim): boolean {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize || !allHashes(proof)) return false;
  const oldPeaks = peakCount(oldSize);
  const fills = fillPlaces(oldSize, newSize);
  if (proof.length !== oldPeaks + fills.length) return false;
  const peaks = proof.slice(0, oldPeaks);
  if (!equalBytes(mmrRoot(hasher, { size: oldSize, peaks }), oldRoot)) return false;

  const heights = peakPlaces(oldSize).map(({ height }) => height);
  fills.forEach((fill, at) => {
    let node = proof[oldPeaks + at] as Uint8Array;
    let height = fill.height;
    for (; heights.at(-1) === height; height++) {
      heights.pop();
      node = parentOf(hasher, peaks.pop() as Uint8Array, node);
    }
    heights.push(height);
    peaks.push(node);
  });
  return equalBytes(mmrRoot(hasher, { size: newSize, peaks }), newRoot);
}

function allHashes(proof: MmrProof): boolean {
  return proof.length <= mmrProofHashesMax && proof.every((hash) => hash.length === hashBytes);
}
