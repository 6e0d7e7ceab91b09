import { verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { Writer } from "../../bytes/writer.js";
import { type AuthorKeys, authorOf, classicalKeys, decodeAuthorKeys, type HybridKeys } from "../../identity/author-keys.js";
import type { Verifier } from "../../identity/crypto.js";
import { writeSealedHead } from "../../store/records.js";
import { hasher } from "../rig/feed-rig.suite.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, VerifiedCheckpoint } from "./checkpoint.js";
import {
  decodePortableProof,
  encodePortableProof,
  type HybridPart,
  type PortableProof,
  parseProofText,
  proofText,
  verifyProof,
} from "./event-proof.js";
import { hybridVerifyJob } from "./hybrid-seal.js";

interface Vectors {
  readonly hybrid: { readonly keys: string; readonly author: string };
  readonly proofs: readonly {
    readonly text: string;
    readonly checkpoint: string;
    readonly hybrid?: string;
    readonly message?: string;
    readonly shows: {
      readonly network: string;
      readonly subject: string;
      readonly author: string;
      readonly epoch: { readonly index: number; readonly nonce: string };
      readonly seq: number;
      readonly id: string;
      readonly stamp: readonly [wallMs: number, counter: number];
      readonly kind: number;
      readonly payload?: string;
      readonly payloadHash?: string;
      readonly assurance: "classical" | "hybrid";
      readonly size: number;
    };
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../../vectors/proof.json", import.meta.url), "utf8")) as Vectors;
const hybridKeys = decodeAuthorKeys(new Uint8Array(Buffer.from(vectors.hybrid.keys, "hex"))) as AuthorKeys;
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
    const { networkName, path, author, epoch, seq, id, stamp, kind, payload, payloadHash, assurance, sealed } = shown;
    expect({
      network: networkName,
      subject: path,
      author: toHex(author),
      epoch: { index: epoch.index, nonce: toHex(epoch.nonce) },
      seq,
      id: toHex(id),
      stamp: [stamp.wallMs, stamp.counter],
      kind,
      ...(payload === undefined ? { payloadHash: toHex(payloadHash) } : { payload: toHex(payload) }),
      // There is nothing here to check a second signature with.
      assurance: assurance === "unchecked" ? "hybrid" : assurance,
      size: sealed.size,
    }).toEqual(shows);
    expect(proofText(encodePortableProof(decodePortableProof(bytes) as PortableProof))).toBe(text);
  },
);

test("checkpoints of proof.json are read, written and verified", () => {
  for (const { checkpoint } of vectors.proofs) {
    const read = decodeCheckpoint(new Uint8Array(Buffer.from(checkpoint, "hex"))) as Checkpoint;
    expect(toHex(encodeCheckpoint(read))).toBe(checkpoint);
    const keys = toHex(read.place.author) === vectors.hybrid.author ? hybridKeys : classicalKeys(read.place.author);
    expect(VerifiedCheckpoint.verify({ hasher, verifier }, read, keys)).toBeInstanceOf(VerifiedCheckpoint);
  }
  expect(vectors.proofs.length).toBe(8);
});

test("hybrid parts of proof.json are read and written, and another in their place is refused", () => {
  const proofs = vectors.proofs.map(({ text, hybrid, message }) => ({
    hybrid,
    message,
    proof: decodePortableProof(parseProofText(text) as Uint8Array) as PortableProof,
  }));
  const both = proofs.filter(({ hybrid }) => hybrid !== undefined);
  expect([both.length, proofs.filter(({ proof }) => proof.keys.suite === 2).length]).toEqual([2, 3]);
  for (const { hybrid, message, proof } of both) {
    expect(toHex(writeSealedHead(new Writer(), (proof.hybrid as HybridPart).sealed).finish())).toBe(hybrid);
    expect(toHex(authorOf(hasher, proof.keys))).toBe(vectors.hybrid.author);
    const job = hybridVerifyJob(hasher, hybridKeys as HybridKeys, {
      place: proof.checkpoint.place,
      ...(proof.hybrid as HybridPart).sealed,
    });
    expect(job instanceof Malformed ? job : toHex(job.message)).toBe(message);
    const others = both.filter((other) => other.proof !== proof).map((other) => other.proof.hybrid);
    for (const other of others)
      expect(verifyProof(encodePortableProof({ ...proof, hybrid: other }), { hasher, verifier })).toBeInstanceOf(Malformed);
  }
});
