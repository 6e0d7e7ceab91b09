import type { Hasher } from "../identity/crypto.js";
import { digitAt } from "./trie-digits.js";
import {
  branchHash,
  childOf,
  DamagedTrie,
  emptyRoot,
  hasHash,
  hashOf,
  type ReadableTrieNodes,
  readNode,
  readTop,
  sharedDigits,
  type TrieChild,
  type TrieChildren,
  writeDigits,
} from "./trie-node.js";

// Reading the trie of rows: its root, the root of a part of it, and its leaves in order of their keys.

export function trieRoot(hasher: Hasher, nodes: ReadableTrieNodes): Uint8Array {
  return rootOf(readTop(hasher, nodes));
}

/** The root of a trie of just the rows whose keys begin with `prefix` (a space, or a space and a subject). */
export function subtreeRoot(hasher: Hasher, nodes: ReadableTrieNodes, prefix: Uint8Array): Uint8Array {
  return rootOf(find(hasher, nodes, whole(prefix), new Uint8Array(nodes.keyBytes)));
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
export function* leavesUnder(hasher: Hasher, nodes: ReadableTrieNodes, prefix: Uint8Array): Generator<TrieLeaf, void, undefined> {
  // The digits of the place the iteration is at. A place's digits never lie before its parent's own, so those of the places
  // above it stay good while it goes from one child to the next.
  const key = new Uint8Array(nodes.keyBytes);
  const top = find(hasher, nodes, whole(prefix), key);
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

/** The first digits of keys, in as many bytes as they need; half a byte behind them is zero. */
export interface TriePrefix {
  readonly digits: number;
  readonly key: Uint8Array;
}

function whole(prefix: Uint8Array): TriePrefix {
  return { digits: 2 * prefix.length, key: prefix };
}

/** A leaf or a branch: with the digits of all keys that it holds. */
export interface TriePart extends TriePrefix {
  readonly hash: Uint8Array;
}

/** The topmost part that holds all keys which begin so. */
export function partUnder(hasher: Hasher, nodes: ReadableTrieNodes, prefix: TriePrefix): TriePart | undefined {
  const key = new Uint8Array(nodes.keyBytes);
  const place = find(hasher, nodes, prefix, key);
  return place && partAt(place, key);
}

/** The children of a branch, ascending. */
export function partsOf(hasher: Hasher, nodes: ReadableTrieNodes, { digits, key, hash }: TriePart): TriePart[] {
  const prefix = new Uint8Array(nodes.keyBytes);
  prefix.set(key);
  const children = childrenOf(hasher, nodes, childOf(digits, hash, key), prefix);
  return children.flatMap((child) => (child === undefined ? [] : [partAt(child, prefix)]));
}

function partAt(place: TrieChild, above: Uint8Array): TriePart {
  const key = above.slice(0, Math.ceil(place.depth / 2));
  writeDigits(place, key);
  return { digits: place.depth, key, hash: hashOf(place) };
}

/** The topmost leaf or branch all of whose keys begin with `prefix`; writes the digits above it to `key`. */
function find(hasher: Hasher, nodes: ReadableTrieNodes, prefix: TriePrefix, key: Uint8Array): TrieChild | undefined {
  const { digits } = prefix;
  if (digits > 2 * nodes.keyBytes) throw new RangeError(`a prefix of ${digits} digits`);
  let place = readTop(hasher, nodes);
  while (place !== undefined) {
    const most = Math.min(place.depth, digits);
    if (sharedDigits(prefix.key, place, most) < most) return undefined;
    if (place.depth >= digits) return place;
    writeDigits(place, key);
    const children: TrieChildren = childrenOf(hasher, nodes, place, key);
    place = children[digitAt(prefix.key, place.depth)];
  }
  return undefined;
}

/** A branch's record is held against the hash its parent has of it: what lies below is told on, and must not be made up. */
function childrenOf(hasher: Hasher, nodes: ReadableTrieNodes, place: TrieChild, key: Uint8Array): TrieChildren {
  if (place.children !== undefined) return place.children;
  const children = readNode(nodes, key, place.depth);
  if (!hasHash(place, branchHash(hasher, place.depth, children)))
    throw new DamagedTrie(place.depth, "it is not the branch its parent names");
  return children;
}
