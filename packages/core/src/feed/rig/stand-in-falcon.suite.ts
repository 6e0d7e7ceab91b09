import {
  type FalconJob,
  type FalconResult,
  type FalconVerifier,
  falconPublicKeyBytes,
  falconSignatureBytes,
} from "../../identity/crypto.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";

// Falcon-512 as far as its bytes go: right sizes, one signature a message, and a changed bit is noticed. Anybody could sign.

function filled(first: number, seed: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const hash = referenceHasher.hash("sinter 1 author", seed);
  for (let at = 0; at < length; at++) bytes[at] = (hash[at % hash.length] as number) ^ ((at / hash.length) | 0);
  bytes[0] = first;
  return bytes;
}

export function standInFalconKey(number: number): Uint8Array<ArrayBuffer> {
  return filled(0x09, Uint8Array.of(0xfa, number), falconPublicKeyBytes);
}

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return filled(0x39, new Uint8Array([...publicKey, ...message]), falconSignatureBytes);
}

export const standInFalcon: FalconVerifier = {
  verifyFalcon: (publicKey, message, signature) => {
    const right = signatureOf(publicKey, message);
    return signature.length === right.length && right.every((byte, at) => byte === signature[at]);
  },
};

/** Does a job as the worker of who holds that key does. */
export function computeStandIn(publicKey: Uint8Array, job: FalconJob): FalconResult {
  if (job.kind === "falcon sign") return { kind: "signed", signature: signatureOf(publicKey, job.message) };
  return { kind: "verified", verdict: standInFalcon.verifyFalcon(job.publicKey, job.message, job.signature) ? "good" : "bad" };
}
