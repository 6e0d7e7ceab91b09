import { type Hasher, hashBytes } from "../identity/crypto.js";
import type { Mmr } from "./mmr-append.js";
import { storedPlace } from "./mmr-positions.js";
import type { NodeSource } from "./mmr-source.js";

// A range by its recursive definition, and leaves and records kept in memory as the store keeps them. For tests only.

/** Distinct ids that are no hashes of anything: `count` from number `first`. */
export function someIds(first: number, count: number): Uint8Array<ArrayBuffer> {
  const ids = new Uint8Array(count * hashBytes);
  const view = new DataView(ids.buffer);
  for (let index = 0; index < count; index++) {
    for (let word = 0; word < 8; word++) view.setUint32(index * hashBytes + word * 4, Math.imul(first + index + 1, 0x9e37_79b1 + 2 * word));
  }
  return ids;
}

export function idAt(ids: Uint8Array, index: number): Uint8Array {
  return ids.subarray(index * hashBytes, (index + 1) * hashBytes);
}

/** The node over all of `ids`, a power of two of them. */
export function nodeOver(hasher: Hasher, ids: Uint8Array): Uint8Array {
  if (ids.length === hashBytes) return ids;
  const pair = new Uint8Array(2 * hashBytes);
  pair.set(nodeOver(hasher, ids.subarray(0, ids.length / 2)));
  pair.set(nodeOver(hasher, ids.subarray(ids.length / 2)), hashBytes);
  return hasher.hash("sinter 1 mmr parent", pair);
}

export function mmrOver(hasher: Hasher, ids: Uint8Array): Mmr {
  const peaks: Uint8Array[] = [];
  let rest = ids;
  while (rest.length > 0) {
    let leaves = 1;
    while (2 * leaves * hashBytes <= rest.length) leaves *= 2;
    peaks.push(nodeOver(hasher, rest.subarray(0, leaves * hashBytes)));
    rest = rest.subarray(leaves * hashBytes);
  }
  return { size: ids.length / hashBytes, peaks };
}

export function sourceOf(ids: Uint8Array, records: ReadonlyMap<number, Uint8Array>): NodeSource {
  return {
    node(height, index) {
      const { group, position } = storedPlace(height, index);
      const record = records.get(group);
      return record && idAt(record, position);
    },
    leaves: (from, count) => ids.subarray(from * hashBytes, (from + count) * hashBytes),
  };
}
