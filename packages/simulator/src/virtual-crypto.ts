import { type Hasher, publicKeyBytes, type Signer, signatureBytes, type Tag, type Verifier } from "@sinter/core";

// Stands in for Ed25519 where a seed is about something else: right sizes, a changed bit is noticed, and twenty times
// faster. Anybody can forge it, so a simulation with liars in it takes the real signer.

/** Never hashed for anything else in a simulation that uses the stub, for the seal's signature is not a hash. */
const TAG: Tag = "sinter 1 author";

function stubSignature(hasher: Hasher, publicKey: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const keyed = new Uint8Array(publicKey.length + message.length);
  keyed.set(publicKey);
  keyed.set(message, publicKey.length);
  const hash = hasher.hash(TAG, keyed);
  const signature = new Uint8Array(signatureBytes);
  signature.set(hash);
  for (let at = 0; at < hash.length; at++) signature[hash.length + at] = (hash[at] as number) ^ 0xff;
  return signature;
}

export class StubSigner implements Signer {
  readonly publicKey: Uint8Array;
  readonly #hasher: Hasher;

  constructor(hasher: Hasher, secret: Uint8Array) {
    this.#hasher = hasher;
    this.publicKey = hasher.hash(TAG, secret).slice(0, publicKeyBytes);
  }

  sign(message: Uint8Array): Uint8Array {
    return stubSignature(this.#hasher, this.publicKey, message);
  }
}

export class StubVerifier implements Verifier {
  readonly #hasher: Hasher;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    const expected = stubSignature(this.#hasher, publicKey, message);
    return expected.every((byte, at) => byte === signature[at]);
  }
}
