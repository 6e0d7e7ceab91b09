import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { isMalformed } from "../../bytes/malformed.js";
import { createHasher } from "../../identity/blake3-hasher.js";
import { asId, authorOfKey, type LaneId } from "../../identity/ids.js";
import { instantiate } from "../../identity/web-assembly.suite.js";
import { sealTree } from "../../proof/seal-tree.js";
import { rowHash, sealLeaf, sealMessage, verifySeal } from "./seal.js";

interface SealVector {
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly heads: readonly {
    readonly index: number;
    readonly lane: string;
    readonly size: number;
    readonly mmrRoot: string;
    readonly headId: string;
    readonly leaf: string;
    readonly path: readonly string[];
  }[];
  readonly root: string;
  readonly message: string;
  readonly signature: string;
}
interface RowVector {
  readonly lane: string;
  readonly size: number;
  readonly headId: string;
  readonly freezeAt: number;
  readonly row: string;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../../../vectors/${name}`, import.meta.url), "utf8"));
const vectors = read("seal.json") as { readonly seed: string; readonly author: string; readonly seals: readonly SealVector[] };
const { rows } = read("trie.json") as { readonly rows: readonly RowVector[] };
const hasher = createHasher(instantiate);
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const author = authorOfKey(bytesOf(vectors.author));
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), author]);
const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
const verifier = { verify: (_key: Uint8Array, message: Uint8Array, signature: Uint8Array) => verify(null, message, publicKey, signature) };

const headOf = ({ lane, size, mmrRoot, headId }: SealVector["heads"][number]) => ({
  lane: asId<LaneId>(bytesOf(lane)),
  size,
  mmrRoot: bytesOf(mmrRoot),
  headId: bytesOf(headId),
});

test("seals are made as in seal.json, byte by byte", () => {
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${vectors.seed}`, "hex");
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  for (const { stamp, heads, root, message, signature } of vectors.seals) {
    const leaves = heads.map((head) => sealLeaf(hasher, headOf(head)));
    const tree = sealTree(hasher, leaves);
    expect(leaves.map(toHex)).toEqual(heads.map(({ leaf }) => leaf));
    expect(toHex(tree.root)).toBe(root);
    expect(heads.map(({ index }) => tree.path(index).map(toHex))).toEqual(heads.map(({ path }) => path));
    const [wallMs, counter] = stamp;
    const statement = { author, stamp: { wallMs, counter }, leaves: heads.length, root: tree.root };
    expect(toHex(sealMessage(statement))).toBe(message);
    expect(toHex(new Uint8Array(sign(null, sealMessage(statement), privateKey)))).toBe(signature);
  }
});

test("every head of seal.json is checked from its own bytes, and no other size is", () => {
  for (const { stamp, heads, signature } of vectors.seals) {
    for (const head of heads) {
      const [wallMs, counter] = stamp;
      const path = head.path.map(bytesOf);
      const seal = {
        size: head.size,
        stamp: { wallMs, counter },
        leaves: heads.length,
        index: head.index,
        path,
        signature: bytesOf(signature),
      };
      const claim = { author, keys: { suite: 1 as const, ed25519: author }, head: headOf(head), seal };
      expect(verifySeal(hasher, verifier, claim)).toBe("holds");
      const other = { ...claim, head: { ...claim.head, size: head.size + 1 }, seal: { ...seal, size: head.size + 1 } };
      expect(isMalformed(verifySeal(hasher, verifier, other))).toBe(true);
    }
  }
});

test("rows hash as in trie.json", () => {
  for (const { lane, size, headId, freezeAt, row } of rows) {
    expect(toHex(rowHash(hasher, { lane: asId<LaneId>(bytesOf(lane)), size, headId: bytesOf(headId), freezeAt }))).toBe(row);
  }
  expect(rows.length).toBe(2);
});
