import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { Malformed } from "../bytes/malformed.js";
import { createHasher } from "../identity/blake3-hasher.js";
import { hashBytes } from "../identity/crypto.js";
import { instantiate } from "../identity/web-assembly.suite.js";
import { appendLeaves, emptyMmr, mmrRoot } from "./mmr-append.js";
import { idAt, sourceOf } from "./mmr-oracle.suite.js";
import {
  decodeMmrProof,
  encodeMmrProof,
  type MmrProof,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from "./mmr-proof.js";

interface Vectors {
  readonly roots: readonly { readonly size: number; readonly root: string }[];
  readonly inclusion: readonly { readonly size: number; readonly leafIndex: number; readonly leaf: string; readonly proof: string }[];
  readonly consistency: readonly { readonly oldSize: number; readonly newSize: number; readonly proof: string }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/mmr.json", import.meta.url), "utf8")) as Vectors;
const hasher = createHasher(instantiate);
const SIZE = 200;

function leaves(): Uint8Array {
  const ids = new Uint8Array(SIZE * hashBytes);
  for (let index = 0; index < SIZE; index++) {
    const number = new Uint8Array(8);
    number[7] = index;
    ids.set(hasher.hash("sinter 1 event", number), index * hashBytes);
  }
  return ids;
}

const ids = leaves();
const records = new Map<number, Uint8Array>();
appendLeaves(hasher, emptyMmr, ids, SIZE, (group, nodes) => records.set(group, nodes));
const source = sourceOf(ids, records);
const rootAt = (size: number) => mmrRoot(hasher, appendLeaves(hasher, emptyMmr, ids, size));
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

function decoded(hex: string): MmrProof {
  const proof = decodeMmrProof(bytesOf(hex));
  if (proof instanceof Malformed) throw new Error(proof.reason);
  return proof;
}

function spoilt(proof: MmrProof): MmrProof {
  return proof.map((hash, at) => (at === 0 ? hash.map((byte) => byte ^ 1) : hash));
}

test("ranges have the roots of mmr.json", () => {
  expect(vectors.roots.map(({ size }) => ({ size, root: toHex(rootAt(size)) }))).toEqual(vectors.roots);
});

test("inclusion is proved as in mmr.json, byte by byte", () => {
  for (const { size, leafIndex, leaf, proof } of vectors.inclusion) {
    expect(toHex(idAt(ids, leafIndex))).toBe(leaf);
    expect(toHex(encodeMmrProof(proveInclusion(hasher, source, size, leafIndex) ?? []))).toBe(proof);
    const claim = { leaf: bytesOf(leaf), leafIndex, size, root: rootAt(size), proof: decoded(proof) };
    expect(verifyInclusion(hasher, claim)).toBe(true);
    if (claim.proof.length > 0) expect(verifyInclusion(hasher, { ...claim, proof: spoilt(claim.proof) })).toBe(false);
  }
});

test("consistency is proved as in mmr.json, byte by byte", () => {
  for (const { oldSize, newSize, proof } of vectors.consistency) {
    expect(toHex(encodeMmrProof(proveConsistency(hasher, source, oldSize, newSize) ?? []))).toBe(proof);
    const claim = { oldSize, oldRoot: rootAt(oldSize), newSize, newRoot: rootAt(newSize), proof: decoded(proof) };
    expect(verifyConsistency(hasher, claim)).toBe(true);
    expect(verifyConsistency(hasher, { ...claim, proof: spoilt(claim.proof) })).toBe(false);
  }
});
