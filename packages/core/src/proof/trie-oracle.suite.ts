import { fromHex, toHex } from "../bytes/hex.js";
import { frontierKeyBytes } from "../bytes/limits.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import type { TrieNodes } from "./trie-node.js";

// The trie by its definition, made anew from the whole set of rows, in hexadecimal text where a digit is a character.
// For tests only.

/** Rows by key, both in hexadecimal. */
export type Rows = ReadonlyMap<string, string>;

export interface NaiveTrie {
  readonly root: string;
  /** Digits above each branch. */
  readonly branches: readonly string[];
}

function bytesOf(text: string): Uint8Array {
  return fromHex(text, text.length / 2) as Uint8Array;
}

export function naiveTrie(hasher: Hasher, rows: Rows): NaiveTrie {
  const branches: string[] = [];
  const under = (keys: readonly string[]): Uint8Array => {
    const [first] = keys;
    if (keys.length === 1) return hasher.hash("sinter 1 trie leaf", bytesOf(first + rows.get(first)));
    let depth = 0;
    while (keys.every((key) => key[depth] === first[depth])) depth++;
    branches.push(first.slice(0, depth));
    let bitmap = 0;
    const hashes: number[] = [];
    for (let digit = 0; digit < 16; digit++) {
      const those = keys.filter((key) => key[depth] === digit.toString(16));
      if (those.length === 0) continue;
      bitmap |= 1 << digit;
      hashes.push(...under(those));
    }
    return hasher.hash("sinter 1 trie branch", new Uint8Array([depth, bitmap >> 8, bitmap & 0xff, ...hashes]));
  };
  const root = rows.size === 0 ? new Uint8Array(hashBytes) : under([...rows.keys()]);
  return { root: toHex(root), branches };
}

/** Nodes in memory; counts what is asked of it. */
export class MemoryNodes implements TrieNodes {
  readonly keyBytes: number;
  readonly kept = new Map<string, Uint8Array>();
  gets: string[] = [];
  puts: string[] = [];
  removes: string[] = [];

  constructor(keyBytes = frontierKeyBytes) {
    this.keyBytes = keyBytes;
  }

  get(path: Uint8Array): Uint8Array | undefined {
    const text = toHex(path);
    this.gets.push(text);
    const node = this.kept.get(text);
    return node;
  }

  put(path: Uint8Array, node: Uint8Array): void {
    this.puts.push(toHex(path));
    this.kept.set(toHex(path), node);
  }

  remove(path: Uint8Array): void {
    this.removes.push(toHex(path));
    this.kept.delete(toHex(path));
  }

  forgetCalls(): void {
    this.gets = [];
    this.puts = [];
    this.removes = [];
  }
}
