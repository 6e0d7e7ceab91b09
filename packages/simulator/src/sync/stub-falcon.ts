import { type FalconJob, type FalconResult, falconPublicKeyBytes, falconSignatureBytes, type Hasher } from "@sinter/core";

// Stands in for Falcon-512 as the stubs of virtual-crypto.ts do for Ed25519: right sizes, and a changed bit is noticed.

const KEY_HEADER = 0x09;
const SIGNATURE_HEADER = 0x39;

function filled(hasher: Hasher, header: number, seed: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const hash = hasher.hash("sinter 1 author", seed);
  for (let at = 0; at < length; at++) bytes[at] = (hash[at % hash.length] as number) ^ ((at / hash.length) | 0);
  bytes[0] = header;
  return bytes;
}

export function stubFalconKey(hasher: Hasher, secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return filled(hasher, KEY_HEADER, secret, falconPublicKeyBytes);
}

function signatureOf(hasher: Hasher, publicKey: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const keyed = new Uint8Array(publicKey.length + message.length);
  keyed.set(publicKey);
  keyed.set(message, publicKey.length);
  return filled(hasher, SIGNATURE_HEADER, keyed, falconSignatureBytes);
}

/** Does a job as the worker of who holds that key does. */
export function computeStubFalcon(hasher: Hasher, publicKey: Uint8Array, job: FalconJob): FalconResult {
  if (job.kind === "falcon sign") return { kind: "signed", signature: signatureOf(hasher, publicKey, job.message) };
  const right = signatureOf(hasher, job.publicKey, job.message);
  return { kind: "verified", verdict: right.every((byte, at) => byte === job.signature[at]) ? "good" : "bad" };
}
