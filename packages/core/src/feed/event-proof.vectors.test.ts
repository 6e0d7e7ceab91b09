import { verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { Malformed } from "../bytes/malformed.js";
import { classicalKeys } from "../identity/author-keys.js";
import type { Verifier } from "../identity/crypto.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, VerifiedCheckpoint } from "./checkpoint.js";
import { decodePortableProof, encodePortableProof, type PortableProof, parseProofText, proofText, verifyProof } from "./event-proof.js";
import { hasher } from "./feed-rig.suite.js";

interface Vectors {
  readonly author: string;
  readonly proofs: readonly {
    readonly text: string;
    readonly checkpoint: string;
    readonly shows: {
      readonly network: string;
      readonly subject: string;
      readonly epoch: { readonly index: number; readonly nonce: string };
      readonly seq: number;
      readonly id: string;
      readonly stamp: readonly [wallMs: number, counter: number];
      readonly kind: number;
      readonly payload?: string;
      readonly payloadHash?: string;
      readonly size: number;
    };
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/proof.json", import.meta.url), "utf8")) as Vectors;
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const verifier: Verifier = {
  verify: (key, message, signature) => verify(null, message, { key: Buffer.concat([SPKI, key]), format: "der", type: "spki" }, signature),
};

test.each(vectors.proofs.map((proof, index) => [index + 1, proof] as const))(
  "proof %i of proof.json shows what it should",
  (_index, { text, shows }) => {
    const bytes = parseProofText(text) as Uint8Array;
    const shown = verifyProof(bytes, { hasher, verifier });
    if (shown instanceof Malformed) throw new Error(shown.reason);
    const { networkName, path, author, epoch, seq, id, stamp, kind, payload, payloadHash, sealed } = shown;
    expect({
      network: networkName,
      subject: path,
      epoch: { index: epoch.index, nonce: toHex(epoch.nonce) },
      seq,
      id: toHex(id),
      stamp: [stamp.wallMs, stamp.counter],
      kind,
      ...(payload === undefined ? { payloadHash: toHex(payloadHash) } : { payload: toHex(payload) }),
      size: sealed.size,
    }).toEqual(shows);
    expect(toHex(author)).toBe(vectors.author);
    expect(proofText(encodePortableProof(decodePortableProof(bytes) as PortableProof))).toBe(text);
  },
);

test("checkpoints of proof.json are read, written and verified", () => {
  for (const { checkpoint } of vectors.proofs) {
    const read = decodeCheckpoint(new Uint8Array(Buffer.from(checkpoint, "hex"))) as Checkpoint;
    expect(toHex(encodeCheckpoint(read))).toBe(checkpoint);
    expect(VerifiedCheckpoint.verify({ hasher, verifier }, read, classicalKeys(read.place.author))).toBeInstanceOf(VerifiedCheckpoint);
  }
  expect(vectors.proofs.length).toBe(5);
});
