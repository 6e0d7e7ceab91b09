import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { mmrProofHashesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { hashBytes } from "../identity/crypto.js";
import { appendLeaves, emptyMmr, mmrRoot } from "./mmr-append.js";
import { idAt, mmrOver, someIds, sourceOf } from "./mmr-oracle.suite.js";
import {
  type ConsistencyClaim,
  decodeMmrProof,
  encodeMmrProof,
  type InclusionClaim,
  type MmrProof,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from "./mmr-proof.js";
import { mmrFrom, type NodeSource } from "./mmr-source.js";
import { rememberingHasher } from "./remembering-hasher.suite.js";

const hasher = rememberingHasher();
const leaves = 1500;
const ids = someIds(0, leaves);
const records = new Map<number, Uint8Array>();
appendLeaves(hasher, emptyMmr, ids, leaves, (group, nodes) => records.set(group, nodes));
const source = sourceOf(ids, records);

const rootsKnown = new Map<number, Uint8Array>();
function rootAt(size: number): Uint8Array {
  const root = rootsKnown.get(size) ?? mmrRoot(hasher, mmrOver(hasher, ids.subarray(0, size * hashBytes)));
  rootsKnown.set(size, root);
  return root;
}

function inclusion(size: number, leafIndex: number): InclusionClaim {
  const proof = proveInclusion(hasher, source, size, leafIndex) as MmrProof;
  return { leaf: idAt(ids, leafIndex), leafIndex, size, root: rootAt(size), proof };
}

function consistency(oldSize: number, newSize: number): ConsistencyClaim {
  const proof = proveConsistency(hasher, source, oldSize, newSize) as MmrProof;
  return { oldSize, oldRoot: rootAt(oldSize), newSize, newRoot: rootAt(newSize), proof };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

const anySize = fc.integer({ min: 1, max: leaves });
const anyBit = fc.integer({ min: 0, max: 255 });

test("every leaf of every size to 200 is proven and verified", () => {
  for (let size = 1; size <= 200; size++) {
    for (let leafIndex = 0; leafIndex < size; leafIndex++) {
      if (!verifyInclusion(hasher, inclusion(size, leafIndex))) expect.fail(`leaf ${leafIndex} of ${size} refused`);
    }
  }
}, 60_000);

test("T17 an inclusion proof stands under no other leaf, index or size", () => {
  for (let size = 1; size <= 70; size++) {
    for (let leafIndex = 0; leafIndex < size; leafIndex += 1 + (size % 3)) {
      const claim = inclusion(size, leafIndex);
      for (const step of [-1, 1, 2, 64]) {
        expect(verifyInclusion(hasher, { ...claim, leafIndex: leafIndex + step })).toBe(false);
        expect(verifyInclusion(hasher, { ...claim, size: size + step })).toBe(false);
        expect(verifyInclusion(hasher, { ...claim, leaf: idAt(ids, leafIndex === 0 ? size : leafIndex - 1) })).toBe(false);
        if (size > 1) expect(verifyInclusion(hasher, { ...claim, root: rootAt(size - 1) })).toBe(false);
      }
    }
  }
});

test("an inclusion proof with any bit changed, or a hash more, less or elsewhere, is refused", () => {
  fc.assert(
    fc.property(anySize, fc.nat(), fc.nat(), anyBit, (size, leaf, which, bit) => {
      const claim = inclusion(size, leaf % size);
      expect(verifyInclusion(hasher, claim)).toBe(true);
      expect(verifyInclusion(hasher, { ...claim, leaf: flipped(claim.leaf, bit) })).toBe(false);
      expect(verifyInclusion(hasher, { ...claim, root: flipped(claim.root, bit) })).toBe(false);
      for (const proof of spoilt(claim.proof, which, bit)) expect(verifyInclusion(hasher, { ...claim, proof })).toBe(false);
    }),
  );
});

function spoilt(proof: MmrProof, which: number, bit: number): MmrProof[] {
  const surplus = proof[0] ?? new Uint8Array(hashBytes);
  const bad: MmrProof[] = [
    [...proof, surplus],
    [surplus, ...proof],
  ];
  if (proof.length === 0) return bad;
  const at = which % proof.length;
  const hash = proof[at];
  bad.push(proof.with(at, flipped(hash, bit)), proof.toSpliced(at, 1), proof.with(at, hash.subarray(1)));
  bad.push(proof.with(at, new Uint8Array([...hash, 0])));
  if (proof.length > 1) bad.push([...proof.slice(1), proof[0]]);
  return bad;
}

test("every size to 130 is proven a beginning of every later one", () => {
  for (let newSize = 0; newSize <= 130; newSize++) {
    for (let oldSize = 0; oldSize <= newSize; oldSize++) {
      if (!verifyConsistency(hasher, consistency(oldSize, newSize))) expect.fail(`${oldSize} in ${newSize} refused`);
    }
  }
}, 60_000);

test("a consistency proof stands under no other sizes or roots", () => {
  for (let newSize = 1; newSize <= 66; newSize += 5) {
    for (let oldSize = 0; oldSize <= newSize; oldSize++) {
      const claim = consistency(oldSize, newSize);
      for (const step of [-1, 1, 64]) {
        expect(verifyConsistency(hasher, { ...claim, oldSize: oldSize + step })).toBe(false);
        expect(verifyConsistency(hasher, { ...claim, newSize: newSize + step })).toBe(false);
      }
      expect(verifyConsistency(hasher, { ...claim, newRoot: rootAt(newSize + 1) })).toBe(false);
      expect(verifyConsistency(hasher, { ...claim, oldRoot: rootAt(oldSize + 1) })).toBe(false);
    }
  }
});

test("a consistency proof with any bit changed, or a hash more, less or elsewhere, is refused", () => {
  fc.assert(
    fc.property(anySize, anySize, fc.nat(), anyBit, (one, other, which, bit) => {
      const claim = consistency(Math.min(one, other), Math.max(one, other));
      expect(verifyConsistency(hasher, claim)).toBe(true);
      expect(verifyConsistency(hasher, { ...claim, oldRoot: flipped(claim.oldRoot, bit) })).toBe(false);
      expect(verifyConsistency(hasher, { ...claim, newRoot: flipped(claim.newRoot, bit) })).toBe(false);
      for (const proof of spoilt(claim.proof, which, bit)) expect(verifyConsistency(hasher, { ...claim, proof })).toBe(false);
    }),
  );
});

test("a range whose history was changed is no continuation", () => {
  for (const oldSize of [1, 2, 63, 64, 65, 100, 128, 129]) {
    const changed = ids.slice(0, 300 * hashBytes);
    changed[(oldSize - 1) * hashBytes] ^= 1;
    const kept = new Map<number, Uint8Array>();
    const forked = appendLeaves(hasher, emptyMmr, changed, 300, (group, nodes) => kept.set(group, nodes));
    const proof = proveConsistency(hasher, sourceOf(changed, kept), oldSize, 300) as MmrProof;
    const claim = { oldSize, oldRoot: rootAt(oldSize), newSize: 300, newRoot: mmrRoot(hasher, forked), proof };
    expect(verifyConsistency(hasher, claim)).toBe(false);
  }
});

test("nothing is proven beyond the range, or of a source that lacks a node", () => {
  expect(proveInclusion(hasher, source, 10, 10)).toBeUndefined();
  expect(proveInclusion(hasher, source, 10, -1)).toBeUndefined();
  expect(proveInclusion(hasher, source, 0, 0)).toBeUndefined();
  expect(proveConsistency(hasher, source, 11, 10)).toBeUndefined();
  expect(proveInclusion(hasher, sourceOf(ids, new Map()), 1000, 3)).toBeUndefined();
  const noLeaves: NodeSource = { node: source.node, leaves: () => undefined };
  expect(proveInclusion(hasher, noLeaves, 1000, 3)).toBeUndefined();
  const fewLeaves: NodeSource = { node: source.node, leaves: (from, count) => source.leaves(from, count - 1) };
  expect(proveConsistency(hasher, fewLeaves, 3, 1000)).toBeUndefined();
});

test("a range is made again from what is kept, at any size", () => {
  for (let size = 0; size <= leaves; size += 37) {
    expect(mmrFrom(hasher, source, size)).toEqual(mmrOver(hasher, ids.subarray(0, size * hashBytes)));
  }
  expect(mmrFrom(hasher, sourceOf(ids, new Map()), 64)).toBeUndefined();
});

test("a proof asks for at most two groups of leaves", () => {
  for (const [size, leafIndex] of [
    [1500, 0],
    [1500, 1499],
    [1024, 700],
  ]) {
    let asked = 0;
    const counting: NodeSource = {
      node: source.node,
      leaves(from, count) {
        asked++;
        return source.leaves(from, count);
      },
    };
    proveInclusion(hasher, counting, size, leafIndex);
    proveConsistency(hasher, counting, leafIndex, size);
    expect(asked).toBeLessThanOrEqual(4);
  }
});

test("proofs are the same after their bytes", () => {
  fc.assert(
    fc.property(anySize, fc.nat(), (size, leaf) => {
      const { proof } = inclusion(size, leaf % size);
      expect(decodeMmrProof(encodeMmrProof(proof))).toEqual(proof);
    }),
    { numRuns: 50 },
  );
  expect(() => encodeMmrProof(new Array(mmrProofHashesMax + 1).fill(ids.subarray(0, hashBytes)))).toThrow(RangeError);
});

test("any bytes are a proof with just these bytes, or malformed", () => {
  const counted = fc
    .integer({ min: 0, max: 255 })
    .chain((count) =>
      fc.uint8Array({ minLength: 0, maxLength: 40 }).map((tail) => new Uint8Array([count, ...new Uint8Array(count * hashBytes), ...tail])),
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), counted), (bytes) => {
      const proof = decodeMmrProof(bytes);
      if (!isMalformed(proof)) expect(toHex(encodeMmrProof(proof))).toBe(toHex(bytes));
      else expect(proof.reason).not.toBe("");
    }),
    { numRuns: 3_000 },
  );
  expect(isMalformed(decodeMmrProof(new Uint8Array(1 + 107 * hashBytes).fill(107, 0, 1)))).toBe(true);
  expect(isMalformed(decodeMmrProof(new Uint8Array(1 + 106 * hashBytes).fill(106, 0, 1)))).toBe(false);
});

test("verifying garbage answers false and never throws", () => {
  const anyBytes = fc.uint8Array({ maxLength: 40 });
  const anyProof = fc.array(fc.oneof(anyBytes, fc.constant(new Uint8Array(hashBytes))), { maxLength: 120 });
  const edges = fc.constantFrom(-1, 1.5, Number.NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 - 1, 2 ** 53 - 2, 0, 1, 2);
  const anyNumber = fc.oneof(edges, fc.nat({ max: 100 }), fc.double(), fc.maxSafeNat());
  fc.assert(
    fc.property(anyNumber, anyNumber, anyBytes, anyBytes, anyProof, (one, other, first, second, proof) => {
      expect(verifyInclusion(hasher, { leaf: first, leafIndex: one, size: other, root: second, proof })).toBe(false);
      expect(verifyConsistency(hasher, { oldSize: one, oldRoot: first, newSize: other, newRoot: second, proof })).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});

test("what is handed in is neither changed nor kept, Buffers too", () => {
  const lent = Buffer.from(ids.subarray(0, 201 * hashBytes));
  const before = lent.toString("hex");
  const kept = new Map<number, Uint8Array>();
  const mmr = appendLeaves(hasher, emptyMmr, lent, 201, (group, nodes) => kept.set(group, nodes));
  const lending = sourceOf(lent, kept);
  const proof = proveInclusion(hasher, lending, 201, 200) as MmrProof;
  const low = proveInclusion(hasher, lending, 201, 7) as MmrProof;
  const claim = { leaf: idAt(lent, 7), leafIndex: 7, size: 201, root: rootAt(201), proof: low.map((hash) => Buffer.from(hash)) };
  expect(verifyInclusion(hasher, claim)).toBe(true);
  expect(verifyInclusion(hasher, claim)).toBe(true);
  expect(lent.toString("hex")).toBe(before);
  lent.fill(0);
  for (const record of kept.values()) record.fill(0);
  expect(mmr).toEqual(mmrOver(hasher, ids.subarray(0, 201 * hashBytes)));
  expect(proof).toEqual(proveInclusion(hasher, source, 201, 200));
  expect(low).toEqual(proveInclusion(hasher, source, 201, 7));
});
