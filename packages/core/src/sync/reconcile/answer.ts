import { sketchSymbolsMax, syncItemsMax, syncPlacesMax, syncRowsMax, trieChildrenMax } from "../../bytes/limits.js";
import { idBytes } from "../../identity/ids.js";
import type { TriePart } from "../../proof/trie.js";
import { DamagedTrie } from "../../proof/trie-node.js";
import type { Ask, Item, Row, Tell, TrieChildHash, TriePlace } from "../messages.js";
import { rowOf } from "../rows.js";
import { ScopeTrie } from "../scope-trie.js";
import { childHashBytes } from "../trie-codec.js";
import { bucketBits, bucketDigests, lanesInBuckets } from "./buckets.js";
import type { Sides } from "./reconciler.js";

// The side that is asked. It keeps nothing, and tells nothing that is not in the scope, whatever it is asked.

const CANNOT: Tell = { kind: "cannot" };

export function answer(sides: Sides, ask: Ask): Tell {
  const { source, scope } = sides;
  switch (ask.kind) {
    case "rows":
      return pageOf(sides, source.index.lanesFrom(source.view, scope, firstBehind(ask.after)));
    case "buckets": {
      const bits = bucketBits(ask.count);
      return bits === undefined ? CANNOT : { kind: "buckets", digests: bucketDigests(sides, bits) };
    }
    case "bucket rows": {
      const bits = bucketBits(ask.count);
      if (bits === undefined) return CANNOT;
      return pageOf(sides, lanesInBuckets(sides, { bits, buckets: ask.buckets, first: firstBehind(ask.after) }));
    }
    case "symbols": {
      const { from, count } = ask;
      if (from + count > sketchSymbolsMax) return CANNOT;
      const symbols = source.index.symbols(source.view, scope, from, count).symbols();
      return { kind: "symbols", from, rows: source.index.rowsIn(source.view, scope), symbols };
    }
    case "items":
      return { kind: "rows", rows: rowsOf(sides, lanesOf(sides, ask.items)), next: undefined };
    case "leaves":
      return { kind: "rows", rows: rowsOf(sides, lanesAt(sides, ask.keys)), next: undefined };
    case "branches":
      return branches(sides, ask.places);
  }
}

/** A page ends with the number of its last lane. */
function firstBehind(after: Uint8Array): number {
  return after.length === 4 ? new DataView(after.buffer, after.byteOffset, 4).getUint32(0) + 1 : 0;
}

function pageOf({ source }: Sides, lanes: Iterable<number>): Tell {
  const rows: Row[] = [];
  let last = 0;
  for (const lane of lanes) {
    if (rows.length === syncRowsMax) {
      const next = new Uint8Array(4);
      new DataView(next.buffer).setUint32(0, last);
      return { kind: "rows", rows, next };
    }
    const row = rowOf(source.view, source.hasher, lane);
    if (row !== undefined) rows.push(row);
    last = lane;
  }
  return { kind: "rows", rows, next: undefined };
}

function rowsOf({ source }: Sides, lanes: Iterable<number>): Row[] {
  const rows: Row[] = [];
  for (const lane of lanes) {
    if (rows.length === syncRowsMax) break;
    const row = rowOf(source.view, source.hasher, lane);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

function* lanesOf({ source, scope }: Sides, items: readonly Item[]): Generator<number, void, undefined> {
  const isIn = source.index.members(source.view, scope);
  for (const item of items.slice(0, syncItemsMax)) yield* source.index.lanesOf(item).filter(isIn);
}

function* lanesAt({ source, scope }: Sides, keys: readonly Uint8Array[]): Generator<number, void, undefined> {
  const isIn = source.index.members(source.view, scope);
  for (const key of keys.slice(0, syncRowsMax)) {
    const lane = source.index.laneOfId(source.view, key.subarray(2 * idBytes));
    if (lane !== undefined && isIn(lane)) yield lane;
  }
}

function branches({ source, scope }: Sides, places: readonly TriePlace[]): Tell {
  const trie = new ScopeTrie(source.view, source.hasher, scope);
  try {
    // What is on top of a scope goes into as many lists as it takes.
    if (places.length === 1 && places[0]?.digits === 0) return tops(trie);
    const below = places.slice(0, syncPlacesMax).map(({ digits, prefix }) => {
      const part = trie.under({ digits, key: prefix });
      if (part === undefined) return [];
      return childHashes(part.digits === digits ? trie.below(part) : [part]);
    });
    return { kind: "branches", below };
  } catch (error) {
    if (!(error instanceof DamagedTrie)) throw error;
    return CANNOT;
  }
}

function tops(trie: ScopeTrie): Tell {
  const parts = trie.tops();
  const [first] = parts;
  const all = childHashes(first?.digits === 0 ? trie.below(first) : parts);
  const below: TrieChildHash[][] = [];
  for (let from = 0; from < all.length; from += trieChildrenMax) below.push(all.slice(from, from + trieChildrenMax));
  return below.length > syncPlacesMax ? CANNOT : { kind: "branches", below };
}

function childHashes(parts: readonly TriePart[]): TrieChildHash[] {
  return parts.map(({ digits, key, hash }) => ({ digits, key, hash: hash.subarray(0, childHashBytes) }));
}
