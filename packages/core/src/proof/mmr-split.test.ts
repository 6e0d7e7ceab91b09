import fc from "fast-check";
import { expect, test } from "vitest";
import { referenceHasher as hasher } from "../identity/reference-hasher.suite.js";
import { mmrRoot } from "./mmr-append.js";
import { idAt, mmrOver, someIds, sourceOf } from "./mmr-oracle.suite.js";
import { type MmrSplit, rootOfSplit, splitCounts, splitMmr } from "./mmr-split.js";

const SIZE = 40;
const ids = someIds(0, SIZE);
const range = (size: number) => sourceOf(ids.subarray(0, size * 32), new Map());
const rootAt = (size: number) => mmrRoot(hasher, mmrOver(hasher, ids.subarray(0, size * 32)));

test("every leaf of every size: the parts come to the root, and are as many as is said", () => {
  for (let size = 1; size <= SIZE; size++) {
    for (let at = 0; at < size; at++) {
      const split = splitMmr(hasher, range(size), { at, size }) as MmrSplit;
      expect(split.leaf).toEqual(idAt(ids, at));
      expect({ before: split.before.length, rest: split.rest.length }).toEqual(splitCounts(at, size));
      expect(rootOfSplit(hasher, split)).toEqual(rootAt(size));
    }
  }
});

test("the peaks before a leaf are the same in every range that begins alike", () => {
  for (let at = 0; at < SIZE; at++) {
    const [short, long] = [at + 1, SIZE].map((size) => splitMmr(hasher, range(size), { at, size }) as MmrSplit);
    expect(short?.before).toEqual(long?.before);
  }
});

test("there is nothing to split where there is no such leaf", () => {
  for (const at of [SIZE, -1, 0.5, Number.NaN]) expect(splitMmr(hasher, range(SIZE), { at, size: SIZE })).toBeUndefined();
  expect(splitMmr(hasher, { node: () => undefined, leaves: () => undefined }, { at: 3, size: SIZE })).toBeUndefined();
});

test("property: no other part, leaf or size comes to the same root", () => {
  const spoilt = (hash: Uint8Array) => Uint8Array.from(hash, (byte, index) => (index === 0 ? byte ^ 1 : byte));
  const spoiltAt = (hashes: readonly Uint8Array[], which: number) => hashes.map((hash, index) => (index === which ? spoilt(hash) : hash));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(), (size, place, which) => {
      const split = splitMmr(hasher, range(size), { at: place % size, size }) as MmrSplit;
      const others: MmrSplit[] = [
        { ...split, leaf: spoilt(split.leaf) },
        { ...split, size: size + 1 },
        { ...split, rest: [...split.rest, split.leaf] },
      ];
      if (split.before.length > 0) others.push({ ...split, before: spoiltAt(split.before, which % split.before.length) });
      if (split.rest.length > 0) others.push({ ...split, rest: spoiltAt(split.rest, which % split.rest.length) });
      for (const other of others) expect(rootOfSplit(hasher, other)).not.toEqual(rootAt(size));
    }),
    { numRuns: 150 },
  );
});
