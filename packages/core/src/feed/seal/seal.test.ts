import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { compareBytes } from "../../bytes/order.js";
import type { Verifier } from "../../identity/crypto.js";
import { asId, authorOfKey, type LaneId, type SpaceId, type SubjectId } from "../../identity/ids.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { sealTree } from "../../proof/seal-tree.js";
import { type LaneHead, rowHash, rowKey, type SealClaim, sealLeaf, sealMessage, verifySeal } from "./seal.js";

const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const keys = generateKeyPairSync("ed25519");
const author = authorOfKey(new Uint8Array(keys.publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)));
const verifier: Verifier = {
  verify: (publicKey, message, signature) =>
    verify(null, message, { key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" }, signature),
};
const stamp = { wallMs: 0x0102_0304_0506, counter: 0x0708 };

function claims(count: number): SealClaim[] {
  const heads: LaneHead[] = Array.from({ length: count }, (_, index) => ({
    lane: asId<LaneId>(new Uint8Array(32).fill(index * 3 + 1)),
    size: index + 1,
    mmrRoot: new Uint8Array(32).fill(index + 100),
    headId: new Uint8Array(32).fill(index + 200),
  })).sort((left, right) => compareBytes(left.lane, right.lane));
  const tree = sealTree(
    referenceHasher,
    heads.map((head) => sealLeaf(referenceHasher, head)),
  );
  const signature = new Uint8Array(sign(null, sealMessage({ author, stamp, leaves: count, root: tree.root }), keys.privateKey));
  return heads.map((head, index) => ({
    author,
    keys: { suite: 1, ed25519: author },
    head,
    seal: { size: head.size, stamp, leaves: count, index, path: tree.path(index), signature },
  }));
}

const check = (claim: SealClaim) => verifySeal(referenceHasher, verifier, claim);

test("property: every head under a seal can be checked from its own bytes alone", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), (count) => {
      for (const claim of claims(count)) expect(check(claim)).toBe("holds");
    }),
    { numRuns: 12 },
  );
});

test("what is signed, byte by byte", () => {
  const message = sealMessage({ author, stamp, leaves: 5, root: new Uint8Array(32).fill(9) });
  expect(toHex(message)).toBe(
    `${Buffer.from("sinter/1/seal\n").toString("hex")}${toHex(author)}010203040506070800000005${"09".repeat(32)}`,
  );
});

test("a leaf and a row are the hashes the format names", () => {
  const fill = (value: number) => new Uint8Array(32).fill(value);
  const lane = asId<LaneId>(fill(1));
  const size = Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2);
  const leaf = sealLeaf(referenceHasher, { lane, size: 258, mmrRoot: fill(2), headId: fill(3) });
  expect(leaf).toEqual(referenceHasher.hash("sinter 1 head", Buffer.concat([fill(1), size, fill(2), fill(3)])));
  const row = rowHash(referenceHasher, { lane, size: 258, headId: fill(3), freezeAt: 258 });
  expect(row).toEqual(referenceHasher.hash("sinter 1 row", Buffer.concat([fill(1), size, fill(3), size])));
  const key = rowKey(asId<SpaceId>(fill(5)), asId<SubjectId>(fill(6)), lane);
  expect([...key]).toEqual([...fill(5), ...fill(6), ...fill(1)]);
});

const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte));

test.each<[string, (claim: SealClaim) => SealClaim]>([
  ["another lane", (claim) => ({ ...claim, head: { ...claim.head, lane: asId<LaneId>(flipped(claim.head.lane)) } })],
  ["another root", (claim) => ({ ...claim, head: { ...claim.head, mmrRoot: flipped(claim.head.mmrRoot) } })],
  ["another head", (claim) => ({ ...claim, head: { ...claim.head, headId: flipped(claim.head.headId) } })],
  ["another size", (claim) => ({ ...claim, head: { ...claim.head, size: 99 } })],
  ["another size, in the seal too", (claim) => ({ ...claim, head: { ...claim.head, size: 99 }, seal: { ...claim.seal, size: 99 } })],
  ["another stamp", (claim) => ({ ...claim, seal: { ...claim.seal, stamp: { ...stamp, counter: 1 } } })],
  ["another author", (claim) => ({ ...claim, author: authorOfKey(flipped(author)) })],
  ["another index", (claim) => ({ ...claim, seal: { ...claim.seal, index: claim.seal.index ^ 1 } })],
  ["an index behind the last", (claim) => ({ ...claim, seal: { ...claim.seal, index: 5 } })],
  ["another number of heads", (claim) => ({ ...claim, seal: { ...claim.seal, leaves: 6 } })],
  ["a path cut short", (claim) => ({ ...claim, seal: { ...claim.seal, path: claim.seal.path.slice(1) } })],
  ["a path too long", (claim) => ({ ...claim, seal: { ...claim.seal, path: [...claim.seal.path, new Uint8Array(32)] } })],
  ["another signature", (claim) => ({ ...claim, seal: { ...claim.seal, signature: flipped(claim.seal.signature) } })],
])("a seal with %s does not hold", (_name, change) => {
  for (const claim of claims(5)) {
    const result = check(change(claim));
    expect(isMalformed(result), result instanceof Malformed ? result.reason : result).toBe(true);
  }
});
