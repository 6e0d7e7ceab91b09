import { blake3 } from "@noble/hashes/blake3.js";
import { Bytes, expectThat, same } from "./bytes.suite.js";

// "Names", "Merkle Mountain Range", "Rows and the frontier" of docs/wire.md.

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

export function hash(context: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return blake3(new Bytes().raw(...parts).done(), { context: text(context) });
}

export const networkIdOf = (name: string): Uint8Array => hash("sinter 1 network", text(name));
export const spaceIdOf = (network: Uint8Array, path: string): Uint8Array =>
  hash("sinter 1 space", network, text(path.split("/").slice(0, 2).join("/")));
export const subjectIdOf = (network: Uint8Array, path: string): Uint8Array => hash("sinter 1 subject", network, text(path));

export interface Place {
  readonly author: Uint8Array;
  readonly subject: Uint8Array;
  readonly epoch: number;
  readonly nonce: Uint8Array;
}

export function laneIdOf({ author, subject, epoch, nonce }: Place): Uint8Array {
  const feed = hash("sinter 1 feed", author, subject);
  return hash("sinter 1 lane", new Bytes().raw(feed).u32(epoch).raw(nonce).done());
}

// --- Merkle Mountain Range ---

interface Node {
  readonly height: number;
  readonly hash: Uint8Array;
}

const parent = (left: Node, right: Node): Node => ({ height: left.height + 1, hash: hash("sinter 1 mmr parent", left.hash, right.hash) });

/** Joined where two of one height meet. */
function joined(nodes: readonly Node[]): Node[] {
  const peaks: Node[] = [];
  for (const node of nodes) {
    let top = node;
    for (let before = peaks.at(-1); before?.height === top.height; before = peaks.at(-1)) {
      peaks.pop();
      top = parent(before, top);
    }
    peaks.push(top);
  }
  return peaks;
}

const peaksOf = (ids: readonly Uint8Array[]): Node[] => joined(ids.map((id) => ({ height: 0, hash: id })));
const rootOfPeaks = (size: number, peaks: readonly Node[]): Uint8Array =>
  hash("sinter 1 mmr root", new Bytes().u64(size).done(), ...peaks.map((peak) => peak.hash));

export const mmrRoot = (ids: readonly Uint8Array[]): Uint8Array => rootOfPeaks(ids.length, peaksOf(ids));

/** The root of `size` leaves that the leaves `ids` begin, by the consistency of one with the other. */
export function grownRoot(ids: readonly Uint8Array[], size: number, consistency: readonly Uint8Array[]): Uint8Array {
  if (size === ids.length) {
    expectThat(consistency.length === 0, "no hashes where the range ends with the checkpoint");
    return mmrRoot(ids);
  }
  const peaks = peaksOf(ids);
  const cover = coverHeights(ids.length, size);
  expectThat(consistency.length === peaks.length + cover.length, "hashes of a consistency");
  peaks.forEach((peak, at) => {
    expectThat(same(peak.hash, consistency[at] as Uint8Array), "the old peaks of a consistency");
  });
  const more = cover.map((height, at): Node => ({ height, hash: consistency[peaks.length + at] as Uint8Array }));
  return rootOfPeaks(size, joined([...peaks, ...more]));
}

/** The fewest nodes that cover the leaves from one on, up to another: their heights, from left to right. */
function coverHeights(from: number, to: number): number[] {
  const heights: number[] = [];
  for (let at = from; at < to; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height++;
    heights.push(height);
    at += 2 ** height;
  }
  return heights;
}

// --- rows ---

export interface Leaf {
  readonly key: Uint8Array;
  /** The hash of its leaf of the trie. */
  readonly hash: Uint8Array;
}

export function leafOf(key: Uint8Array, row: { readonly lane: Uint8Array; readonly size: number; readonly headId: Uint8Array }): Leaf {
  const rowHash = hash("sinter 1 row", new Bytes().raw(row.lane).u64(row.size).raw(row.headId).u64(0).done());
  return { key, hash: hash("sinter 1 trie leaf", key, rowHash) };
}

const digit = (key: Uint8Array, at: number): number => {
  const byte = key[at >> 1] as number;
  return at % 2 === 0 ? byte >> 4 : byte & 15;
};

export function trieRoot(leaves: readonly Leaf[], from = 0): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return new Uint8Array(32);
  if (leaves.length === 1) return first.hash;
  let depth = from;
  while (leaves.every(({ key }) => digit(key, depth) === digit(first.key, depth))) depth++;
  let bitmap = 0;
  const children: Uint8Array[] = [];
  for (let each = 0; each < 16; each++) {
    const below = leaves.filter(({ key }) => digit(key, depth) === each);
    if (below.length === 0) continue;
    bitmap += 2 ** each;
    children.push(trieRoot(below, depth + 1));
  }
  return hash("sinter 1 trie branch", new Bytes().u8(depth).u16(bitmap).done(), ...children);
}
