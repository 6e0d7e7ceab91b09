import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, randomInt, sign, verify } from "node:crypto";
import { equalBytes, publicKeyBytes, type Random, type Signer, signatureBytes, type Verifier, verifierKeysMax } from "@sinter/core";

export const seedBytes = 32;

// What stands before the 32 bytes of a key in the two encodings that node:crypto reads (RFC 8410).
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
export const publicKeyPrefix = Buffer.from("302a300506032b6570032100", "hex");

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Signs with a key that nothing outside can read: not through JSON, inspection or an error. */
export class Ed25519Signer implements Signer {
  readonly publicKey: Uint8Array;
  readonly #privateKey: KeyObject;

  constructor(seed: Uint8Array) {
    if (seed.length !== seedBytes) throw new RangeError(`the seed of an Ed25519 key has ${seedBytes} bytes`);
    const encoded = Buffer.concat([PRIVATE_PREFIX, seed]);
    this.#privateKey = createPrivateKey({ key: encoded, format: "der", type: "pkcs8" });
    encoded.fill(0);
    this.publicKey = publicKeyOf(createPublicKey(this.#privateKey)) as Uint8Array;
  }

  /** For what takes a key as text only (TLS); whoever is handed it keeps nothing of it. */
  withPem<T>(use: (pem: string) => T): T {
    return use(this.#privateKey.export({ format: "pem", type: "pkcs8" }) as string);
  }

  sign(message: Uint8Array): Uint8Array {
    return plain(sign(null, message, this.#privateKey));
  }
}

/** The 32 bytes of an Ed25519 key; of any other, nothing. */
export function publicKeyOf(key: KeyObject | undefined): Uint8Array | undefined {
  if (key?.asymmetricKeyType !== "ed25519") return undefined;
  return plain(key.export({ format: "der", type: "spki" }).subarray(publicKeyPrefix.length));
}

/** Keeps the keys it used last, since making one ready costs more than half a verification; and the last signature that was good:
 * all ranges of a long lane come under one. */
export class Ed25519Verifier implements Verifier {
  readonly #keys = new Map<string, KeyObject>();
  #good: readonly Uint8Array[] = [];

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    const said = [publicKey, signature, message];
    if (this.#good.length > 0 && said.every((part, at) => equalBytes(part, this.#good[at] as Uint8Array))) return true;
    try {
      const isGood = verify(null, message, this.#key(publicKey), signature);
      if (isGood) this.#good = said.map(plain);
      return isGood;
    } catch {
      // Not a point of the curve: whoever claims the key cannot have signed with it.
      return false;
    }
  }

  get keysHeld(): number {
    return this.#keys.size;
  }

  #key(publicKey: Uint8Array): KeyObject {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("latin1");
    let key = this.#keys.get(name);
    if (key === undefined) key = createPublicKey({ key: Buffer.concat([publicKeyPrefix, publicKey]), format: "der", type: "spki" });
    else this.#keys.delete(name);
    this.#keys.set(name, key);
    if (this.#keys.size > verifierKeysMax) this.#keys.delete(this.#keys.keys().next().value as string);
    return key;
  }
}

export const nodeRandom: Random = {
  below(bound) {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32)
      throw new RangeError(`a bound is a whole number from 1 to 2^32, not ${bound}`);
    return randomInt(bound);
  },
  bytes(length) {
    return plain(randomBytes(length));
  },
};
