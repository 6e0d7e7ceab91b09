import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { falcon512padded } from "@noble/post-quantum/falcon.js";
import { type Bytes, filled, H, hex, joined, number } from "./bytes.js";

// Who signs the vectors: an author of each suite, the same in every run.

export interface Author {
  readonly id: Bytes;
  /** Suite and public keys, as they travel. */
  readonly keys: Bytes;
  readonly seed: Bytes;
  readonly privateKey: KeyObject;
  /** Of suite 2. */
  readonly falcon?: { readonly seed: Bytes; readonly secretKey: Bytes };
}

function ed25519(seed: Bytes): { readonly privateKey: KeyObject; readonly publicKey: Bytes } {
  const key = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" })).subarray(-32);
  return { privateKey, publicKey };
}

function classicalAuthor(seed: Bytes): Author {
  const { privateKey, publicKey } = ed25519(seed);
  return { id: publicKey, keys: joined(number(1, 1), publicKey), seed, privateKey };
}

function hybridAuthor(seed: Bytes, falconSeed: Bytes): Author {
  const { privateKey, publicKey } = ed25519(seed);
  const { publicKey: falconKey, secretKey } = falcon512padded.keygen(falconSeed);
  const keys = joined(number(1, 2), publicKey, falconKey);
  return { id: H("author", keys), keys, seed, privateKey, falcon: { seed: falconSeed, secretKey } };
}

export const classical = classicalAuthor(filled(32, 0x11));
export const hybrid = hybridAuthor(filled(32, 0x22), filled(48, 0x33));

/** What the hybrid author's keys are made of, and what they are. */
export function plainHybrid(): Record<string, string> {
  const { seed, falcon, keys, id } = hybrid;
  return { seed: hex(seed), falconSeed: hex(falcon?.seed ?? filled(0, 0)), keys: hex(keys), author: hex(id) };
}

export function signed(author: Author, message: Bytes): Bytes {
  return new Uint8Array(sign(null, message, author.privateKey));
}

export function signedBySecondKey({ falcon }: Author, message: Bytes): Bytes {
  if (falcon === undefined) throw new Error("an author who has no second key");
  let draws = 0;
  // The library offers it, and leaves it out of its types. A signature is to be the same in every run.
  const drawing = { random: (length: number) => filled(length, ++draws) } as object;
  return falcon512padded.sign(message, falcon.secretKey, drawing);
}
