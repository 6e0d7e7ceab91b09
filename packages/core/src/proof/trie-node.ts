import { type Decoded, Malformed } from "../bytes/malformed.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { branchPath, copyBytes, digitAt, digitBytes } from "./trie-digits.js";

/** Where branches are read. */
export interface ReadableTrieNodes {
  /** Of every key: a leaf has twice as many digits above it. */
  readonly keyBytes: number;
  /** The bytes must stay as they are. `path` is good for the call only, here and where branches are written. */
  get(path: Uint8Array): Uint8Array | undefined;
}

/** Where branches are kept. */
export interface TrieNodes extends ReadableTrieNodes {
  put(path: Uint8Array, node: Uint8Array): void;
  remove(path: Uint8Array): void;
}

/** A leaf or a branch, as its parent's record tells of it. It points into that record: views of the pieces would cost more
 * than all else that is done with them. */
export interface TrieChild {
  /** Digits above it: of a leaf, all of its key's. */
  readonly depth: number;
  /** Holds its hash, from `hashAt`. */
  readonly hashIn: Uint8Array;
  readonly hashAt: number;
  /** Holds its digits from byte `keyFrom` of its key, from `keyAt`. */
  readonly keyIn: Uint8Array;
  readonly keyAt: number;
  readonly keyFrom: number;
  /** Where its record has been read already. */
  readonly children?: TrieChildren;
}

/** Sixteen places, by digit. */
export type TrieChildren = (TrieChild | undefined)[];

export const emptyRoot: Uint8Array = new Uint8Array(hashBytes);
const DIGITS = 16;
const NONE = new Uint8Array(0);

export function childOf(depth: number, hash: Uint8Array, key: Uint8Array): TrieChild {
  return { depth, hashIn: hash, hashAt: 0, keyIn: key, keyAt: 0, keyFrom: 0 };
}

/** A copy. */
export function hashOf(child: TrieChild): Uint8Array<ArrayBuffer> {
  return new Uint8Array(child.hashIn.subarray(child.hashAt, child.hashAt + hashBytes));
}

export function hasHash(child: TrieChild, hash: Uint8Array): boolean {
  for (let at = 0; at < hashBytes; at++) if (child.hashIn[child.hashAt + at] !== hash[at]) return false;
  return true;
}

export function childDigit(child: TrieChild, digit: number): number {
  return digitAt(child.keyIn, digit + 2 * (child.keyAt - child.keyFrom));
}

/** Up to which digit a key goes on like the child's, at most `most`; what lies before the child's digits is taken to agree. */
export function sharedDigits(key: Uint8Array, child: TrieChild, most: number): number {
  const { keyIn, keyAt, keyFrom } = child;
  for (let byte = keyFrom; byte * 2 < most; byte++) {
    const difference = (key[byte] as number) ^ (keyIn[keyAt + byte - keyFrom] as number);
    if (difference !== 0) return Math.min(most, byte * 2 + (difference < 0x10 ? 1 : 0));
  }
  return most;
}

/** Writes the child's digits to their place in `key`. */
export function writeDigits(child: TrieChild, key: Uint8Array): void {
  copyBytes(child.keyIn, child.keyAt, digitBytes(child.keyFrom, child.depth), key, child.keyFrom);
}

export function noChildren(): TrieChildren {
  return new Array<TrieChild | undefined>(DIGITS).fill(undefined);
}

export function countChildren(children: TrieChildren): number {
  let count = 0;
  for (const child of children) if (child !== undefined) count++;
  return count;
}

export function firstChild(children: TrieChildren): TrieChild | undefined {
  return children.find((child) => child !== undefined);
}

function bitmapOf(children: TrieChildren): number {
  let bitmap = 0;
  for (let digit = 0; digit < DIGITS; digit++) if (children[digit] !== undefined) bitmap |= 1 << digit;
  return bitmap;
}

const hashScratch = new Uint8Array(3 + DIGITS * hashBytes);

export function branchHash(hasher: Hasher, depth: number, children: TrieChildren): Uint8Array<ArrayBuffer> {
  const bitmap = bitmapOf(children);
  hashScratch[0] = depth;
  hashScratch[1] = bitmap >> 8;
  hashScratch[2] = bitmap & 0xff;
  let at = 3;
  for (const child of children) {
    if (child === undefined) continue;
    copyBytes(child.hashIn, child.hashAt, hashBytes, hashScratch, at);
    at += hashBytes;
  }
  return hasher.hash("sinter 1 trie branch", hashScratch.subarray(0, at));
}

export function leafHash(hasher: Hasher, key: Uint8Array, row: Uint8Array): Uint8Array<ArrayBuffer> {
  copyBytes(key, 0, key.length, hashScratch, 0);
  copyBytes(row, 0, hashBytes, hashScratch, key.length);
  return hasher.hash("sinter 1 trie leaf", hashScratch.subarray(0, key.length + hashBytes));
}

/**
 * A branch's record: bitmap u16, then each child: depth u8, hash 32, its digits from the byte that holds the branch's own
 * next digit up to its depth (half a byte behind them is zero).
 */
export function encodeNode(depth: number, children: TrieChildren): Uint8Array<ArrayBuffer> {
  const from = depth >> 1;
  let length = 2;
  for (const child of children) if (child !== undefined) length += 1 + hashBytes + digitBytes(from, child.depth);
  const record = new Uint8Array(length);
  const bitmap = bitmapOf(children);
  record[0] = bitmap >> 8;
  record[1] = bitmap & 0xff;
  let at = 2;
  for (let digit = 0; digit < DIGITS; ) {
    const child = children[digit++];
    if (child === undefined) continue;
    if (!isAsStored(child, from)) {
      at = putChild(record, at, child, from);
      continue;
    }
    // Of a branch that changes most children stay as they are: those that stood one behind the other are copied as one.
    let end = storedEnd(child);
    for (; digit < DIGITS; digit++) {
      const next = children[digit];
      if (next === undefined) continue;
      if (next.hashIn !== child.hashIn || next.hashAt !== end + 1 || !isAsStored(next, from)) break;
      end = storedEnd(next);
    }
    const stored = child.hashIn.subarray(child.hashAt - 1, end);
    record.set(stored, at);
    at += stored.length;
  }
  return record;
}

function putChild(record: Uint8Array, at: number, child: TrieChild, from: number): number {
  const keyAt = at + 1 + hashBytes;
  const bytes = digitBytes(from, child.depth);
  record[at] = child.depth;
  copyBytes(child.hashIn, child.hashAt, hashBytes, record, at + 1);
  copyBytes(child.keyIn, child.keyAt + from - child.keyFrom, bytes, record, keyAt);
  if (child.depth % 2 === 1) (record[keyAt + bytes - 1] as number) &= 0xf0;
  return keyAt + bytes;
}

/** Whether it points into a record that says of it what one with digits from that byte on does. */
function isAsStored({ hashIn, hashAt, keyIn, keyAt, keyFrom }: TrieChild, from: number): boolean {
  return hashIn === keyIn && keyAt === hashAt + hashBytes && keyFrom === from;
}

function storedEnd({ keyAt, keyFrom, depth }: TrieChild): number {
  return keyAt + digitBytes(keyFrom, depth);
}

/** Of a branch: how many digits are above it, and at least those. */
export interface BranchPlace {
  readonly keyBytes: number;
  readonly depth: number;
  readonly prefix: Uint8Array;
}

/** Only the record at depth 0 may have a single child. */
export function decodeNode({ keyBytes, depth, prefix }: BranchPlace, record: Uint8Array): Decoded<TrieChildren> {
  const keyFrom = depth >> 1;
  const bitmap = ((record[0] ?? 0) << 8) | (record[1] ?? 0);
  const children = noChildren();
  let at = 2;
  for (let digit = 0; digit < DIGITS; digit++) {
    if ((bitmap & (1 << digit)) === 0) continue;
    const below = record[at] ?? 0;
    if (below <= depth || below > 2 * keyBytes) return new Malformed(`a child at depth ${below} of a branch at depth ${depth}`);
    const keyAt = at + 1 + hashBytes;
    const child: TrieChild = { depth: below, hashIn: record, hashAt: at + 1, keyIn: record, keyAt, keyFrom };
    at = keyAt + digitBytes(keyFrom, below);
    if (at > record.length) return new Malformed(`${at} bytes expected where ${record.length} are there`);
    if (childDigit(child, depth) !== digit || (depth % 2 === 1 && childDigit(child, depth - 1) !== digitAt(prefix, depth - 1))) {
      return new Malformed(`a child that does not begin with digit ${digit}`);
    }
    if (below % 2 === 1 && childDigit(child, below) !== 0) return new Malformed("half a byte behind a child's digits");
    children[digit] = child;
  }
  if (countChildren(children) < (depth === 0 ? 1 : 2)) return new Malformed("a branch of fewer than two children");
  return at === record.length ? children : new Malformed(`${record.length - at} bytes too many`);
}

/** A branch's record is missing or malformed. The trie is derived: whoever owns it makes it again. */
export class DamagedTrie extends Error {
  readonly depth: number;
  readonly reason: string;

  constructor(depth: number, reason: string) {
    super(`The trie is damaged at depth ${depth}: ${reason}. Make it again.`);
    this.name = "DamagedTrie";
    this.depth = depth;
    this.reason = reason;
  }
}

/** Throws DamagedTrie. */
export function readNode(nodes: ReadableTrieNodes, prefix: Uint8Array, depth: number): TrieChildren {
  return childrenIn(nodes.get(branchPath(prefix, depth)), { keyBytes: nodes.keyBytes, depth, prefix });
}

function childrenIn(record: Uint8Array | undefined, place: BranchPlace): TrieChildren {
  const children = record === undefined ? new Malformed("missing") : decodeNode(place, record);
  if (children instanceof Malformed) throw new DamagedTrie(place.depth, children.reason);
  return children;
}

/** The topmost leaf or branch, `undefined` if there are no rows. */
export function readTop(hasher: Hasher, nodes: ReadableTrieNodes): TrieChild | undefined {
  const top = unhashedTop(nodes);
  return top?.children === undefined ? top : { ...top, hashIn: branchHash(hasher, 0, top.children) };
}

/**
 * The same without its hash where it is the branch at depth 0, as of that there is just the record. There is one at depth 0 whenever
 * there are rows; with a single child it is no branch and only says where that child stands.
 */
export function unhashedTop(nodes: ReadableTrieNodes): TrieChild | undefined {
  const record = nodes.get(branchPath(NONE, 0));
  if (record === undefined) return undefined;
  const children = childrenIn(record, { keyBytes: nodes.keyBytes, depth: 0, prefix: NONE });
  if (countChildren(children) === 1) return firstChild(children);
  return { depth: 0, hashIn: NONE, hashAt: 0, keyIn: NONE, keyAt: 0, keyFrom: 0, children };
}
