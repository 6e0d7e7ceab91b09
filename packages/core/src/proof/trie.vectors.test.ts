import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { frontierKeyBytes } from "../bytes/limits.js";
import { createHasher } from "../identity/blake3-hasher.js";
import { instantiate } from "../identity/web-assembly.suite.js";
import { leavesUnder, subtreeRoot, trieRoot } from "./trie.js";
import { MemoryNodes } from "./trie-oracle.suite.js";
import { updateTrie } from "./trie-update.js";

interface Vector {
  readonly rows: readonly { readonly key: string; readonly row: string }[];
  readonly root: string;
  readonly records: Readonly<Record<string, string>>;
}

const { tries, tables } = JSON.parse(readFileSync(new URL("../../../../vectors/trie.json", import.meta.url), "utf8")) as {
  readonly tries: readonly Vector[];
  readonly tables: readonly Vector[];
};
const hasher = createHasher(instantiate);
const keyBytesOf = ({ rows: [first] }: Vector) => (first === undefined ? frontierKeyBytes : first.key.length / 2);
const changesOf = ({ rows }: Vector) =>
  rows.map(({ key, row }) => ({ key: fromHex(key, key.length / 2) as Uint8Array, row: fromHex(row, 32) as Uint8Array }));
const recordsOf = (nodes: MemoryNodes) => Object.fromEntries([...nodes.kept].map(([path, node]) => [path, toHex(node)]));

test("tries have the roots and the records of trie.json, taken in at once or row by row", () => {
  for (const vector of [...tries, ...tables]) {
    const [atOnce, oneByOne] = [new MemoryNodes(keyBytesOf(vector)), new MemoryNodes(keyBytesOf(vector))];
    expect(toHex(updateTrie(hasher, atOnce, changesOf(vector)).root)).toBe(vector.root);
    for (const change of changesOf(vector).reverse()) updateTrie(hasher, oneByOne, [change]);
    expect(recordsOf(atOnce)).toEqual(vector.records);
    expect(recordsOf(oneByOne)).toEqual(vector.records);
  }
  expect([tries, tables].map((all) => all.map(({ rows }) => rows.length))).toEqual([
    [0, 1, 2, 4, 24],
    [1, 40],
  ]);
});

test("tries are read from the records of trie.json alone", () => {
  for (const vector of [...tries, ...tables]) {
    const nodes = new MemoryNodes(keyBytesOf(vector));
    for (const [path, node] of Object.entries(vector.records)) nodes.kept.set(path, new Uint8Array(Buffer.from(node, "hex")));
    expect(toHex(trieRoot(hasher, nodes))).toBe(vector.root);
    const keys = [...leavesUnder(hasher, nodes, new Uint8Array(0))].map(({ key }) => toHex(key));
    expect(keys).toEqual(vector.rows.map(({ key }) => key).sort());
  }
});

test("the root of a space is the root of a trie of its rows", () => {
  const vector = tries.at(-1) as Vector;
  const nodes = new MemoryNodes();
  updateTrie(hasher, nodes, changesOf(vector));
  const space = vector.rows[0].key.slice(0, 64);
  const own = { ...vector, rows: vector.rows.filter(({ key }) => key.startsWith(space)) };
  expect(own.rows.length).toBe(8);
  const { root } = updateTrie(hasher, new MemoryNodes(), changesOf(own));
  expect(toHex(subtreeRoot(hasher, nodes, fromHex(space, 32) as Uint8Array))).toBe(toHex(root));
});
