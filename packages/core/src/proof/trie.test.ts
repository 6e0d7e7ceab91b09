import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { hashBytes } from "../identity/crypto.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";
import { leavesUnder, partsOf, partUnder, subtreeRoot, type TriePart, trieRoot } from "./trie.js";
import { branchPath, digitAt } from "./trie-digits.js";
import { childOf, DamagedTrie, sharedDigits } from "./trie-node.js";
import { MemoryNodes, naiveTrie } from "./trie-oracle.suite.js";
import { updateTrie } from "./trie-update.js";

const hasher = rememberingHasher();

const anyPart = fc
  .constantFrom("00", "01", "10", "80", "88")
  .chain((start) => fc.constantFrom("00", "08", "80").map((end) => start + end.repeat(31)));
const anyKeys = fc.uniqueArray(
  fc.tuple(anyPart, anyPart, anyPart).map((parts) => parts.join("")),
  { maxLength: 40 },
);

function trieOf(keys: readonly string[]): { nodes: MemoryNodes; rows: Map<string, string> } {
  const nodes = new MemoryNodes();
  const rows = new Map(keys.map((key, index) => [key, index.toString(16).padStart(64, "0")]));
  updateTrie(
    hasher,
    nodes,
    [...rows].map(([key, row]) => ({ key: fromHex(key, 96) as Uint8Array, row: fromHex(row, hashBytes) as Uint8Array })),
  );
  return { nodes, rows };
}

test("a part of the trie has the root of a trie of just its rows, and its leaves in order", () => {
  fc.assert(
    fc.property(anyKeys, anyPart, anyPart, fc.nat({ max: 96 }), (keys, space, subject, length) => {
      const { nodes, rows } = trieOf(keys);
      const near = (keys[0] ?? space + subject + space).slice(0, 2 * length);
      for (const prefix of ["", space, space + subject, near]) {
        const part = new Map([...rows].filter(([key]) => key.startsWith(prefix)));
        const bytes = fromHex(prefix, prefix.length / 2) as Uint8Array;
        expect(toHex(subtreeRoot(hasher, nodes, bytes))).toBe(naiveTrie(hasher, part).root);
        const leaves = [...leavesUnder(hasher, nodes, bytes)];
        expect(leaves.map(({ key }) => toHex(key))).toEqual([...part.keys()].sort());
        for (const { key, hash } of leaves)
          expect(toHex(hash)).toBe(naiveTrie(hasher, new Map([[toHex(key), rows.get(toHex(key))!]])).root);
      }
    }),
    { numRuns: 100 },
  );
});

/** So many digits, and a zero where that leaves half a byte. */
function cut(text: string, digits: number): { readonly digits: number; readonly key: Uint8Array } {
  const bytes = Math.ceil(digits / 2);
  return { digits, key: fromHex(text.slice(0, digits).padEnd(2 * bytes, "0"), bytes) as Uint8Array };
}

test("a part is where the keys that begin alike part, and its children hold all of them", () => {
  fc.assert(
    fc.property(anyKeys, anyPart, fc.nat({ max: 192 }), (keys, other, digits) => {
      const { nodes, rows } = trieOf(keys);
      for (const near of [keys[0] ?? "", keys.at(-1) ?? "", other.repeat(3)]) {
        const prefix = cut(near.padEnd(192, "0"), digits);
        const those = [...rows].filter(([key]) => key.startsWith(near.padEnd(192, "0").slice(0, digits)));
        const part = partUnder(hasher, nodes, prefix);
        expect(part === undefined).toBe(those.length === 0);
        if (part === undefined) continue;
        expect(toHex(part.hash)).toBe(naiveTrie(hasher, new Map(those)).root);
        expect({ digits: part.digits, key: part.key }).toEqual(cut(those[0][0], part.digits));
        if (part.digits === 192) continue;
        const children = partsOf(hasher, nodes, part);
        expect(children.length).toBeGreaterThan(1);
        expect(children.flatMap((child) => keysUnder(those, child))).toEqual(those.map(([key]) => key).sort());
        for (const child of children) expect(partUnder(hasher, nodes, child)).toEqual(child);
      }
    }),
    { numRuns: 100 },
  );
});

function keysUnder(rows: readonly (readonly [string, string])[], { digits, key }: TriePart): string[] {
  const begin = toHex(key).slice(0, digits);
  return rows.flatMap(([each]) => (each.startsWith(begin) ? [each] : [])).sort();
}

test("a prefix of more digits than keys have is a mistake", () => {
  expect(() => partUnder(hasher, new MemoryNodes(), { digits: 193, key: new Uint8Array(97) })).toThrow(RangeError);
});

test("names of branches differ, and those under a prefix of bytes are those that begin with it and are longer", () => {
  const anyDigits = fc.array(fc.constantFrom("0", "8", "f"), { maxLength: 6 }).map((digits) => digits.join(""));
  const name = (digits: string) => toHex(branchPath(fromHex(digits.padEnd(192, "8"), 96) as Uint8Array, digits.length));
  fc.assert(
    fc.property(anyDigits, anyDigits, (one, other) => {
      expect(name(one) === name(other)).toBe(one === other);
      const prefix = other.slice(0, other.length & ~1);
      expect(name(one).startsWith(prefix) && name(one).length > prefix.length).toBe(one.startsWith(prefix));
    }),
    { numRuns: 2_000 },
  );
});

test("digits agree as their text does", () => {
  const anyText = fc.array(fc.constantFrom("0", "1", "f"), { minLength: 8, maxLength: 8 }).map((digits) => digits.join(""));
  fc.assert(
    fc.property(anyText, anyText, fc.nat({ max: 8 }), (one, other, most) => {
      const [left, right] = [fromHex(one, 4) as Uint8Array, fromHex(other, 4) as Uint8Array];
      let shared = 0;
      while (shared < most && one[shared] === other[shared]) shared++;
      expect(sharedDigits(left, childOf(192, right, right), most)).toBe(shared);
      for (let digit = 0; digit < 8; digit++) expect(digitAt(left, digit).toString(16)).toBe(one[digit]);
    }),
  );
});

test("a prefix longer than a key is refused", () => {
  expect(() => subtreeRoot(hasher, new MemoryNodes(), new Uint8Array(97))).toThrow(RangeError);
});

test("no bit of a branch changes unseen: the walk throws, or comes to another root or other leaves", () => {
  const keys = ["00", "08", "11", "88"].flatMap((space) =>
    ["10", "1f", "80"].map((lane) => space.repeat(32) + "00".repeat(32) + lane.repeat(32)),
  );
  const { nodes } = trieOf(keys);
  const walked = () =>
    [...leavesUnder(hasher, nodes, new Uint8Array(0))].map(({ key, hash }) => toHex(key) + toHex(hash)).join() +
    toHex(trieRoot(hasher, nodes));
  const before = walked();
  for (const [path, record] of [...nodes.kept]) {
    for (let bit = 0; bit < record.length * 8; bit++) {
      const flipped = record.slice();
      (flipped[bit >> 3] as number) ^= 1 << (bit & 7);
      nodes.kept.set(path, flipped);
      let after = "";
      try {
        after = walked();
      } catch (error) {
        expect(error).toBeInstanceOf(DamagedTrie);
      }
      expect(after, `bit ${bit} of ${path}`).not.toBe(before);
    }
    nodes.kept.set(path, record);
  }
});
