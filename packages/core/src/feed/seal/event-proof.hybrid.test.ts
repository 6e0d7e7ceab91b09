import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import type { FalconJob, FalconResult } from "../../identity/crypto.js";
import { proveEvent } from "../lane/prove-event.js";
import { hasher, networkName, parts, Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { sealHybrid } from "../rig/hybrid-lane.suite.js";
import { computeStandIn, standInFalcon, standInFalconKey } from "../rig/stand-in-falcon.suite.js";
import { decodePortableProof, encodePortableProof, type PortableProof, verifyProof } from "./event-proof.js";
import { hybridVerifyJob } from "./hybrid-seal.js";

// Proofs of a hybrid author: by both keys as far as both have signed, by the first alone behind that.

const tools = { hasher, verifier: standInVerifier };
const both = { ...tools, falcon: standInFalcon };

/** Five events sealed by both keys in each of two subjects, and two more by the first alone. */
function sealed(): Rig {
  const rig = new Rig({ signatures: "hybrid" });
  for (const path of ["s", "t"]) rig.append(path, ...Array.from({ length: 5 }, (_, at) => parts(`${at}`)));
  sealHybrid(rig);
  rig.append("s", parts("5"), parts("6"));
  return rig;
}

const rig = sealed();
const proofOf = (lane: number, seq: number) =>
  proveEvent(rig.view, tools, { lane, seq, networkName, payload: "shown" }) as Uint8Array<ArrayBuffer>;
const partsOf = (bytes: Uint8Array) => decodePortableProof(bytes) as PortableProof;

test("the proof of an event says by which keys it is signed", () => {
  expect([1, 4, 5].map((seq) => verifyProof(proofOf(0, seq), both))).toMatchObject(Array(3).fill({ assurance: "hybrid" }));
  expect([6, 7].map((seq) => verifyProof(proofOf(0, seq), both))).toMatchObject(Array(2).fill({ assurance: "classical" }));
});

test("who cannot check the second signature is told so, and still checks all that it is over", () => {
  const bytes = proofOf(0, 3);
  expect(verifyProof(bytes, tools)).toMatchObject({ assurance: "unchecked", seq: 3 });
  const { hybrid, ...rest } = partsOf(bytes);
  const other = partsOf(proofOf(1, 3)).hybrid;
  expect(verifyProof(encodePortableProof({ ...rest, hybrid: other }), tools)).toBeInstanceOf(Malformed);
});

test("every bit of a proof by both keys is vouched for", () => {
  const bytes = proofOf(0, 3);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    expect(verifyProof(flipped, both), `bit ${bit}`).toBeInstanceOf(Malformed);
  }
});

test("a hybrid part stamped before its event shows nothing, though its author signed it", () => {
  const proof = partsOf(proofOf(0, 3));
  const { hybrid, keys, checkpoint } = proof;
  if (hybrid === undefined || keys.suite !== 2) throw new Error("no hybrid part");
  const stampedAt = (wallMs: number) => {
    const seal = { ...hybrid.sealed.seal, stamp: { wallMs, counter: 0 } };
    const sealed = { ...hybrid.sealed, seal };
    const { message } = hybridVerifyJob(hasher, keys, { place: checkpoint.place, ...sealed }) as FalconJob;
    const { signature } = computeStandIn(standInFalconKey(1), { kind: "falcon sign", message }) as Extract<
      FalconResult,
      { kind: "signed" }
    >;
    return verifyProof(encodePortableProof({ ...proof, hybrid: { ...hybrid, sealed: { ...sealed, seal: { ...seal, signature } } } }), both);
  };
  expect(stampedAt(5)).toMatchObject({ reason: "its event is stamped later than the hybrid seal over it" });
  expect(stampedAt(hybrid.sealed.seal.stamp.wallMs + 1)).toMatchObject({ assurance: "hybrid" });
});

test("a hybrid part serves for no other event, lane or keys, and not for an author without a Falcon key", () => {
  const proofs = [proofOf(0, 3), proofOf(0, 4), proofOf(1, 3)].map(partsOf);
  for (const proof of proofs)
    for (const other of proofs) {
      const mix = verifyProof(encodePortableProof({ ...proof, hybrid: other.hybrid }), both);
      if (proof === other) expect(mix).toMatchObject({ assurance: "hybrid" });
      else expect(mix).toBeInstanceOf(Malformed);
    }
  const [proof] = proofs as [PortableProof];
  const falcon = standInFalconKey(2);
  const swapped = { ...proof, keys: { suite: 2, ed25519: proof.keys.ed25519, falcon } as const };
  expect((verifyProof(encodePortableProof(swapped), both) as Malformed).reason).toContain("keys that are another author's");
  const classical = { ...proof, keys: { suite: 1, ed25519: proof.keys.ed25519 } as const };
  expect((verifyProof(encodePortableProof(classical), both) as Malformed).reason).toContain("no Falcon key");
});
