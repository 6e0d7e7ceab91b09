import type { Hasher } from "../identity/crypto.js";
import { digitAt } from "./trie-digits.js";
import {
  branchHash,
  DamagedTrie,
  emptyRoot,
  hasHash,
  hashOf,
  readNode,
  readTop,
  sharedDigits,
  type TrieChild,
  type TrieChildren,
  type TrieNodes,
  writeDigits,
} from "./trie-node.js";

// Reading the trie of rows: its root, the root of a part of it, and its leaves in order of their keys.

export function trieRoot(hasher: Hasher, nodes: TrieNodes): Uint8Array {
  return rootOf(readTop(hasher, nodes));
}

/** The root of a trie of just the rows whose keys begin with `prefix` (a space, or a space and a subject). */
export function subtreeRoot(hasher: Hasher, nodes: TrieNodes, prefix: Uint8Array): Uint8Array {
  return rootOf(find(hasher, nodes, prefix, new Uint8Array(nodes.keyBytes)));
}

function rootOf(place: TrieChild | undefined): Uint8Array {
  return place === undefined ? emptyRoot.slice() : hashOf(place);
}

export interface TrieLeaf {
  readonly key: Uint8Array;
  /** The leaf's hash, over its key and its row. */
  readonly hash: Uint8Array;
}

/** The leaves whose keys begin with `prefix`, ascending. Nodes are read as the iteration comes to them, so the trie must not
 * change meanwhile. */
export function* leavesUnder(hasher: Hasher, nodes: TrieNodes, prefix: Uint8Array): Generator<TrieLeaf, void, undefined> {
  // The digits of the place the iteration is at. A place's digits never lie before its parent's own, so those of the places
  // above it stay good while it goes from one child to the next.
  const key = new Uint8Array(nodes.keyBytes);
  const top = find(hasher, nodes, prefix, key);
  const waiting: TrieChild[] = top === undefined ? [] : [top];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    writeDigits(place, key);
    if (place.depth === 2 * nodes.keyBytes) {
      yield { key: key.slice(), hash: hashOf(place) };
      continue;
    }
    const children = childrenOf(hasher, nodes, place, key);
    for (let digit = children.length - 1; digit >= 0; digit--) {
      const child = children[digit];
      if (child !== undefined) waiting.push(child);
    }
  }
}

/** The topmost leaf or branch all of whose keys begin with `prefix`; writes the digits above it to `key`. */
function find(hasher: Hasher, nodes: TrieNodes, prefix: Uint8Array, key: Uint8Array): TrieChild | undefined {
  if (prefix.length > nodes.keyBytes) throw new RangeError(`a prefix of ${prefix.length} bytes`);
  const wanted = 2 * prefix.length;
  let place = readTop(hasher, nodes);
  while (place !== undefined) {
    const most = Math.min(place.depth, wanted);
    if (sharedDigits(prefix, place, most) < most) return undefined;
    if (place.depth >= wanted) return place;
    writeDigits(place, key);
    const children: TrieChildren = childrenOf(hasher, nodes, place, key);
    place = children[digitAt(prefix, place.depth)];
  }
  return undefined;
}

/** A branch's record is held against the hash its parent has of it: what lies below is told on, and must not be made up. */
function childrenOf(hasher: Hasher, nodes: TrieNodes, place: TrieChild, key: Uint8Array): TrieChildren {
  if (place.children !== undefined) return place.children;
  const children = readNode(nodes, key, place.depth);
  if (!hasHash(place, branchHash(hasher, place.depth, children)))
    throw new DamagedTrie(place.depth, "it is not the branch its parent names");
  return children;
}
