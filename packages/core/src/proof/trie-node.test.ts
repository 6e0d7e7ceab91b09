import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { frontierKeyBytes } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { hashBytes } from "../identity/crypto.js";
import { childOf, decodeNode, encodeNode, hashOf, noChildren, type TrieChild } from "./trie-node.js";

const keyBytes = frontierKeyBytes;
const prefix = new Uint8Array(keyBytes).fill(0x5a);
const decoded = (depth: number, record: Uint8Array) => decodeNode({ keyBytes, depth, prefix }, record);

const anyChild = (depth: number, digit: number) =>
  fc
    .tuple(fc.integer({ min: depth + 1, max: 192 }), fc.uint8Array({ minLength: hashBytes, maxLength: hashBytes }), fc.boolean())
    .map(([below, hash, cut]) => {
      const key = prefix.slice();
      key[depth >> 1] = depth % 2 === 0 ? (digit << 4) | 0x0a : 0x50 | digit;
      const keyFrom = cut ? depth >> 1 : 0;
      return { ...childOf(below, hash, key), keyAt: keyFrom, keyFrom };
    });

const anyNode = fc
  .tuple(fc.nat({ max: 191 }), fc.uniqueArray(fc.nat({ max: 15 }), { minLength: 2, maxLength: 16 }))
  .chain(([depth, digits]) =>
    fc.tuple(...digits.map((digit) => anyChild(depth, digit))).map((found) => {
      const children = noChildren();
      digits.forEach((digit, at) => {
        children[digit] = found[at];
      });
      return { depth, children };
    }),
  );

test("a record says each child's depth, hash and digits again", () => {
  fc.assert(
    fc.property(anyNode, ({ depth, children }) => {
      const record = encodeNode(depth, children);
      const found = decoded(depth, record);
      if (isMalformed(found)) expect.fail(found.reason);
      expect(toHex(encodeNode(depth, found))).toBe(toHex(record));
      found.forEach((child, digit) => {
        expect(child?.depth).toBe(children[digit]?.depth);
        if (child !== undefined) expect(toHex(hashOf(child))).toBe(toHex(hashOf(children[digit]!)));
      });
    }),
    { numRuns: 300 },
  );
});

test("a record of which some children change, come and go is that of the children it then has", () => {
  const twice = anyNode.chain((before) =>
    fc.tuple(fc.constant(before), fc.tuple(...before.children.map((_, digit) => fc.option(anyChild(before.depth, digit), { freq: 1 })))),
  );
  fc.assert(
    fc.property(twice, fc.nat({ max: 0xffff }), ([{ depth, children }, others], changing) => {
      const stored = decoded(depth, encodeNode(depth, children));
      if (isMalformed(stored)) expect.fail(stored.reason);
      const mixed = (kept: readonly (TrieChild | undefined)[]) =>
        kept.map((child, digit) => ((changing >> digit) & 1 ? (others[digit] ?? undefined) : child));
      expect(toHex(encodeNode(depth, mixed(stored)))).toBe(toHex(encodeNode(depth, mixed(children))));
    }),
    { numRuns: 500 },
  );
});

test("any bytes, and any record with a byte changed, are a record with just these bytes or malformed", () => {
  const spoilt = fc.tuple(anyNode, fc.nat(), fc.nat({ max: 255 })).map(([{ depth, children }, at, value]) => {
    const record = encodeNode(depth, children);
    return [depth, record.with(at % Math.min(record.length, 40), value)] as const;
  });
  const garbage = fc.tuple(fc.nat({ max: 191 }), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(fc.oneof(spoilt, garbage), ([depth, bytes]) => {
      const children = decoded(depth, bytes);
      if (!isMalformed(children)) expect(toHex(encodeNode(depth, children))).toBe(toHex(bytes));
    }),
    { numRuns: 3_000 },
  );
});

test("a branch of one child is malformed but at the top", () => {
  const only = (depth: number) => {
    const children = noChildren();
    children[depth % 2 === 0 ? 5 : 10] = childOf(192, new Uint8Array(hashBytes), prefix);
    return decoded(depth, encodeNode(depth, children));
  };
  expect(isMalformed(only(0))).toBe(false);
  expect(isMalformed(only(1))).toBe(true);
  expect(isMalformed(only(64))).toBe(true);
  expect(isMalformed(decoded(0, new Uint8Array(2)))).toBe(true);
});
