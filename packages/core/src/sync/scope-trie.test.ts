import fc from "fast-check";
import { expect, test } from "vitest";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import type { TriePart } from "../proof/trie.js";
import { anyRows, everything, some, spacePart, subjectPart, twoStores } from "./held-rows.suite.js";
import { beginsWith, leafDigits, ScopeTrie, scopeRoot } from "./scope-trie.js";

const unknown = { hidden: new Uint8Array(16), space: undefined, subject: undefined };
const scopes = [everything, some(), some(spacePart("a/b"), unknown), some(subjectPart("a/b/1"), spacePart("a/b"), subjectPart("d"))];

test("from the tops of a scope down to the leaves are its rows, each once", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [store] = twoStores(rows);
      for (const scope of scopes) {
        const trie = new ScopeTrie(store.view, hasher, scope);
        const leaves: TriePart[] = [];
        const open = trie.tops();
        for (let part = open.pop(); part !== undefined; part = open.pop()) {
          expect(trie.covers(part)).toBe(true);
          expect(trie.under(part)).toEqual(part);
          if (part.digits === leafDigits) leaves.push(part);
          for (const below of trie.below(part)) {
            expect(beginsWith(below, part)).toBe(true);
            expect(beginsWith(part, below)).toBe(false);
            open.push(below);
          }
        }
        const lanes = leaves.map(({ key }) => store.index.laneOfId(store.view, key.subarray(64)));
        expect(lanes.sort()).toEqual([...store.index.lanes(store.view, scope)].sort());
      }
    }),
    { numRuns: 15 },
  );
});

test("what is outside the scope is not there", () => {
  const [store] = twoStores([
    { name: { path: "a/b/1", author: 1, epoch: 0 }, here: { size: 1, branch: 0, hybridSize: 0, frozen: "no" }, there: undefined },
  ]);
  const [top] = new ScopeTrie(store.view, hasher, everything).tops() as [TriePart];
  for (const scope of [some(spacePart("a/c")), some(subjectPart("a/b/2")), some()]) {
    const trie = new ScopeTrie(store.view, hasher, scope);
    expect([trie.under(top), trie.covers(top), trie.tops()]).toEqual([undefined, false, []]);
  }
  // Above a part of the scope is more than that part.
  expect(new ScopeTrie(store.view, hasher, some(spacePart("a/b"))).under({ digits: 63, key: top.key.slice(0, 32) })).toBeUndefined();
});

test("two roots of a scope are equal just where the rows in it are", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [mine, theirs] = twoStores(
        rows.map(({ name, here, there }) => ({
          name,
          here: here && { ...here, hybridSize: 0 },
          there: there && { ...there, hybridSize: 0 },
        })),
      );
      for (const scope of scopes) {
        const roots = [mine, theirs].map((store) => Buffer.from(scopeRoot(store.view, hasher, scope)).toString("hex"));
        const sums = [mine, theirs].map((store) => store.index.sum(store.view, scope).join());
        expect(roots[0]).toHaveLength(32);
        expect(roots[0] === roots[1]).toBe(sums[0] === sums[1]);
      }
    }),
    { numRuns: 20 },
  );
});

test("one prefix begins with another, to the half byte", () => {
  const at = (digits: number, ...key: number[]) => ({ digits, key: Uint8Array.from(key) });
  expect(beginsWith(at(3, 0x12, 0x30), at(3, 0x12, 0x30))).toBe(true);
  expect(beginsWith(at(4, 0x12, 0x34), at(3, 0x12, 0x30))).toBe(true);
  expect(beginsWith(at(4, 0x12, 0x44), at(3, 0x12, 0x30))).toBe(false);
  expect(beginsWith(at(2, 0x12), at(3, 0x12, 0x30))).toBe(false);
  expect(beginsWith(at(4, 0x22, 0x34), at(2, 0x12))).toBe(false);
  expect(beginsWith(at(4, 0x22, 0x34), at(0))).toBe(true);
});
