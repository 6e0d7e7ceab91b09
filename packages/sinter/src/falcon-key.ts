import { falconPublicKeyBytes } from "@sinter/core";

/** The standard encoding: a header, and the polynomials f, g and F. */
export const falconSecretBytes = 1281;

// First bytes: what follows is a secret or public key of degree 2^9.
const SECRET_HEADER = 0x59;
const PUBLIC_HEADER = 0x09;

export interface RevealedFalconKey {
  readonly publicKey: Uint8Array;
  readonly secret: Uint8Array;
}

/** A Falcon-512 key that does not show its secret: not through JSON, inspection or an error. That the two halves belong
 * together is seen when the first signature is verified; to know it here, the library would have to be loaded. */
export class FalconKey {
  readonly publicKey: Uint8Array;
  readonly #secret: Uint8Array;

  constructor({ publicKey, secret }: RevealedFalconKey) {
    if (publicKey.length !== falconPublicKeyBytes || publicKey[0] !== PUBLIC_HEADER) throw new RangeError("not a public key of Falcon-512");
    if (secret.length !== falconSecretBytes || secret[0] !== SECRET_HEADER) throw new RangeError("not a secret key of Falcon-512");
    this.publicKey = publicKey;
    this.#secret = secret.slice();
  }

  /** For the two that need it: the worker that signs, and the file that keeps the key. A copy. */
  reveal(): RevealedFalconKey {
    return { publicKey: this.publicKey, secret: this.#secret.slice() };
  }
}
