import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { sealHeadsMax } from "../bytes/limits.js";
import { hashBytes } from "../identity/crypto.js";
import { idAt, someIds } from "./mmr-oracle.suite.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";
import { sealRoot, sealTree } from "./seal-tree.js";

const hasher = rememberingHasher();

function leavesOf(count: number): Uint8Array[] {
  const ids = someIds(3, count);
  return Array.from({ length: count }, (_, index) => idAt(ids, index));
}

function naiveRoot(level: readonly Uint8Array[]): Uint8Array {
  if (level.length === 1) return level[0];
  const above: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const right = level[at + 1];
    above.push(right === undefined ? level[at] : hasher.hash("sinter 1 seal parent", new Uint8Array([...level[at], ...right])));
  }
  return naiveRoot(above);
}

test("the root is that of the definition, and every leaf's path leads to it, at every count to 130", () => {
  for (let count = 1; count <= 130; count++) {
    const leaves = leavesOf(count);
    const tree = sealTree(hasher, leaves);
    expect(toHex(tree.root)).toBe(toHex(naiveRoot(leaves)));
    leaves.forEach((leaf, index) => {
      const root = sealRoot(hasher, { leaf, index, count, path: tree.path(index) });
      if (root === undefined || toHex(root) !== toHex(tree.root)) expect.fail(`leaf ${index} of ${count}`);
    });
  }
});

test("a path leads elsewhere, or nowhere, from another index, count, leaf or with another bit or hash", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), (count, which, at, bit) => {
      const leaves = leavesOf(count);
      const index = which % count;
      const leaf = leaves[index];
      const tree = sealTree(hasher, leaves);
      const path = tree.path(index);
      const arrives = (claim: { leaf?: Uint8Array; index?: number; path?: readonly Uint8Array[] }) => {
        const root = sealRoot(hasher, { leaf, index, count, path, ...claim });
        return root !== undefined && toHex(root) === toHex(tree.root);
      };
      expect(arrives({})).toBe(true);
      expect(arrives({ index: index + 1 })).toBe(false);
      expect(arrives({ index: index - 1 })).toBe(false);
      expect(arrives({ leaf: leaf.with(bit >> 3, leaf[bit >> 3] ^ (1 << (bit & 7))) })).toBe(false);
      expect(arrives({ path: [...path, leaf] })).toBe(false);
      if (path.length === 0) return;
      const hash = path[at % path.length];
      const changed = hash.with(bit >> 3, hash[bit >> 3] ^ (1 << (bit & 7)));
      expect(arrives({ path: path.with(at % path.length, changed) })).toBe(false);
      expect(arrives({ path: path.slice(1) })).toBe(false);
      expect(arrives({ path: path.with(at % path.length, hash.subarray(1)) })).toBe(false);
    }),
  );
});

test("garbage leads nowhere and never throws", () => {
  const anyNumber = fc.oneof(fc.constantFrom(-1, 0.5, Number.NaN, Infinity, 0, 1, 65_536, 65_537, 2 ** 32, 2 ** 53), fc.nat({ max: 9 }));
  const anyHash = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(hashBytes)));
  fc.assert(
    fc.property(anyNumber, anyNumber, anyHash, fc.array(anyHash, { maxLength: 20 }), (index, count, leaf, path) => {
      const root = sealRoot(hasher, { leaf, index, count, path });
      if (root !== undefined) expect(root.length).toBe(hashBytes);
    }),
    { numRuns: 2_000 },
  );
});

test("a seal is over one head at least, and no more than it may", () => {
  expect(() => sealTree(hasher, [])).toThrow(RangeError);
  expect(() => sealTree(hasher, new Array<Uint8Array>(sealHeadsMax + 1).fill(new Uint8Array(hashBytes)))).toThrow(RangeError);
  expect(() => sealTree(hasher, leavesOf(3)).path(3)).toThrow(RangeError);
});

test("a Buffer handed in stays as it was", () => {
  const [first, second] = leavesOf(2);
  const leaf = Buffer.from(first);
  const tree = sealTree(hasher, [leaf, second]);
  expect(sealRoot(hasher, { leaf, index: 0, count: 2, path: tree.path(0) })).toEqual(new Uint8Array(tree.root));
  expect(toHex(leaf)).toBe(toHex(first));
});
