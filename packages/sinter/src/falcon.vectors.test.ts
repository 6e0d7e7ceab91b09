import { readFileSync } from "node:fs";
import { decodeSegmentIndex, fromHex, hybridVerifyJob, isMalformed, parseProofText, type SegmentIndex, verifyProof } from "@sinter/core";
import { expect, test } from "vitest";
import { loadFalcon } from "./falcon.js";
import { Ed25519Verifier } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";

// The second signatures of the vectors, which core has no library to check: made from docs/wire.md alone, and checked here with
// the library as loaded.

interface ProofVectors {
  readonly proofs: readonly { readonly text: string; readonly shows: { readonly seq: number; readonly assurance: string } }[];
}

const vectors = (name: string) => JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), "utf8"));
const falcon = await loadFalcon();
const tools = { hasher: createNodeHasher(), verifier: new Ed25519Verifier(), falcon };

test.each((vectors("proof") as ProofVectors).proofs.map((proof, index) => ({ ...proof, number: index + 1 })))(
  "proof $number of proof.json is of the assurance that it says",
  ({ text, shows }) => {
    const bytes = parseProofText(text) as Uint8Array;
    expect(verifyProof(bytes, tools)).toMatchObject({ seq: shows.seq, assurance: shows.assurance });
    // The last byte of a proof is one of its signature: of the second, where there is one.
    expect(isMalformed(verifyProof(bytes.with(-2, 1 ^ (bytes.at(-2) as number)), tools))).toBe(true);
  },
);

test("the second signature in the index of segment.json is good, and with a bit changed it is not", () => {
  const { index: text } = vectors("segment") as { readonly index: string };
  const index = decodeSegmentIndex(fromHex(text, text.length / 2) as Uint8Array) as SegmentIndex;
  const verdicts = index.lanes.flatMap(({ keys, checkpoint, hybrid }) => {
    if (hybrid === undefined || keys.suite !== 2) return [];
    const job = hybridVerifyJob(tools.hasher, keys, { place: checkpoint.place, ...hybrid });
    if (isMalformed(job)) throw new Error(job.reason);
    const spoilt = job.signature.with(200, 1 ^ (job.signature[200] as number));
    return [job.signature, spoilt].map((signature) => falcon.verifyFalcon(job.publicKey, job.message, signature));
  });
  expect(verdicts).toEqual([true, false]);
});
