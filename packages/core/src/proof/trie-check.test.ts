import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";
import { checkRecord } from "./trie-check.js";
import { branchPath } from "./trie-digits.js";
import { MemoryNodes } from "./trie-oracle.suite.js";
import { updateTrie } from "./trie-update.js";

const hasher = rememberingHasher();
const bytesOf = (text: string) => fromHex(text, text.length / 2) as Uint8Array<ArrayBuffer>;

/** Keys that part at all kinds of depth. */
const anyKeys = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom("0", "1", "8", "80", "808", "f0"), fc.constantFrom("", "a", "88"), fc.integer({ min: 0, max: 15 }))
    .map(([space, middle, last]) => space.padEnd(64, "0") + middle.padEnd(127, "8") + last.toString(16)),
  { minLength: 1, maxLength: 30 },
);

function trieOf(keys: readonly string[]): MemoryNodes {
  const nodes = new MemoryNodes();
  updateTrie(
    hasher,
    nodes,
    keys.map((key) => ({ key: bytesOf(key), row: new Uint8Array(32).fill(7) })),
  );
  return nodes;
}

function checked(nodes: MemoryNodes): { readonly leaves: number; readonly faults: readonly string[] } {
  const checks = [...nodes.kept.keys()].map((path) => checkRecord(hasher, nodes, bytesOf(path)));
  return { leaves: checks.reduce((sum, check) => sum + (check?.leaves ?? 0), 0), faults: checks.flatMap((check) => check?.faults ?? []) };
}

test("every record of a trie holds, and together they have all its leaves", () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      expect(checked(trieOf(keys))).toEqual({ leaves: keys.length, faults: [] });
    }),
  );
});

test("a record that is gone is missed where it is told of, and what lay below it is led to by none", () => {
  fc.assert(
    fc.property(anyKeys, fc.nat(), (keys, which) => {
      const nodes = trieOf(keys);
      const paths = [...nodes.kept.keys()];
      nodes.kept.delete(paths[which % paths.length]);
      const { faults } = checked(nodes);
      if (nodes.kept.size > 0) expect(faults.length).toBeGreaterThan(0);
      expect(checkRecord(hasher, nodes, bytesOf(paths[which % paths.length]))).toBeUndefined();
    }),
  );
});

test("a bit of a branch's hash, of its place or of its children's cannot change unseen", () => {
  const top = branchPath(new Uint8Array(1), 0);
  const nodes = trieOf(["0", "01", "018", "8", "88"].map((begin) => begin.padEnd(192, "4")));
  for (const [path, record] of [...nodes.kept]) {
    for (let bit = 0; bit < record.length * 8; bit++) {
      const bent = record.slice();
      bent[bit >> 3] ^= 1 << (bit & 7);
      nodes.kept.set(path, bent);
      const { leaves, faults } = checked(nodes);
      // The hashes and digits of leaves are for who knows the rows: here they only change what is hashed above them.
      const shows = faults.length > 0 || leaves !== 5 || path === toHex(top) || isLeafDigits(path, record, bit);
      expect([path, bit, shows]).toEqual([path, bit, true]);
    }
    nodes.kept.set(path, record);
  }
});

/** Whether the bit is one of a leaf's digits: they are in no hash but the leaf's own. */
function isLeafDigits(path: string, record: Uint8Array, bit: number): boolean {
  const from = path.endsWith("80") ? path.length / 2 - 1 : Math.floor((path.length - 1) / 2);
  for (let at = 2; at < record.length; ) {
    const digits = Math.ceil(record[at] / 2) - from;
    const begins = at + 33;
    if (record[at] === 192 && bit >= begins * 8 && bit < (begins + digits) * 8) return true;
    at = begins + digits;
  }
  return false;
}

test("records that no branch leads to, under any path, are told of", () => {
  const nodes = trieOf(["1", "2"].map((begin) => begin.padEnd(192, "4")));
  const [record] = nodes.kept.values();
  for (const path of ["", "81", "79", "1480", "14", "24".repeat(97), "08".repeat(97), `${"44".repeat(96)}80`, "1448", "3380"]) {
    nodes.kept.set(path, record);
    expect([path, checkRecord(hasher, nodes, bytesOf(path))?.faults.length]).toEqual([path, 1]);
    nodes.kept.delete(path);
  }
  expect(checked(nodes)).toEqual({ leaves: 2, faults: [] });
});

test("what lies under a record that cannot be read says that it could not be reached", () => {
  const nodes = trieOf(["11", "12", "21", "22"].map((begin) => begin.padEnd(192, "4")));
  nodes.kept.set("80", Uint8Array.of(1));
  expect(checkRecord(hasher, nodes, Uint8Array.of(0x18))?.faults).toEqual([expect.stringMatching(/damaged at depth 0/)]);
});
