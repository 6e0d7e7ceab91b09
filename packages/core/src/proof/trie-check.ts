import { Malformed } from "../bytes/malformed.js";
import type { Hasher } from "../identity/crypto.js";
import { branchPath, digitAt } from "./trie-digits.js";
import {
  branchHash,
  decodeNode,
  hasHash,
  readNode,
  readTop,
  sharedDigits,
  type TrieChild,
  type TrieChildren,
  type TrieNodes,
  writeDigits,
} from "./trie-node.js";

// One record of the trie against those beside it. A trie may change between two checks, never within one; where each of
// its records holds, and its root is what its owner remembers, the whole does.

export interface RecordCheck {
  /** Children that are leaves. */
  readonly leaves: number;
  /** What is wrong, in words. */
  readonly faults: readonly string[];
}

/**
 * The record kept under `path`: whole, in its place in the tree, and each branch it tells of there and hashed as it says.
 * Nothing, where it is no more. Its own hash is its parent's affair, or, of the topmost, `trieRoot`'s.
 */
export function checkRecord(hasher: Hasher, nodes: TrieNodes, path: Uint8Array): RecordCheck | undefined {
  const record = nodes.get(path);
  if (record === undefined) return undefined;
  const depth = depthOf(path, nodes);
  if (depth === undefined) return { leaves: 0, faults: ["a path of no branch"] };
  const children = decodeNode({ keyBytes: nodes.keyBytes, depth, prefix: path }, record);
  if (children instanceof Malformed) return { leaves: 0, faults: [children.reason] };
  const faults = reachFault(hasher, nodes, path, depth) ?? [];
  let leaves = 0;
  const key = new Uint8Array(nodes.keyBytes);
  key.set(path.subarray(0, (depth + 1) >> 1));
  for (const child of children) {
    if (child === undefined) continue;
    if (child.depth === 2 * nodes.keyBytes) leaves++;
    else faults.push(...branchFault(hasher, nodes, child, key));
  }
  return { leaves, faults };
}

/** Digits above the branch that is kept under this path. */
function depthOf(path: Uint8Array, { keyBytes }: TrieNodes): number | undefined {
  const last = path[path.length - 1];
  if (last === undefined || path.length > keyBytes + 1) return undefined;
  const depth = 2 * (path.length - 1) + (last === 0x80 ? 0 : 1);
  return (last === 0x80 || (last & 0x0f) === 0x08) && depth < 2 * keyBytes ? depth : undefined;
}

/** Whether the way from the top leads to it. */
function reachFault(hasher: Hasher, nodes: TrieNodes, path: Uint8Array, depth: number): string[] | undefined {
  if (depth === 0) return undefined;
  const key = new Uint8Array(nodes.keyBytes);
  try {
    let place = readTop(hasher, nodes);
    while (place !== undefined && place.depth <= depth && sharedDigits(path, place, place.depth) === place.depth) {
      if (place.depth === depth) return undefined;
      writeDigits(place, key);
      const children: TrieChildren = place.children ?? readNode(nodes, key, place.depth);
      place = children[digitAt(path, place.depth)];
    }
    return ["a record that no branch leads to"];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function branchFault(hasher: Hasher, nodes: TrieNodes, child: TrieChild, key: Uint8Array): string[] {
  writeDigits(child, key);
  const record = nodes.get(branchPath(key, child.depth));
  const children =
    record === undefined ? new Malformed("missing") : decodeNode({ keyBytes: nodes.keyBytes, depth: child.depth, prefix: key }, record);
  if (children instanceof Malformed) return [`the branch at depth ${child.depth} below it is damaged: ${children.reason}`];
  return hasHash(child, branchHash(hasher, child.depth, children))
    ? []
    : [`the branch at depth ${child.depth} below it has another hash than it says`];
}
