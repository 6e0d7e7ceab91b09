import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

// Ed25519 keys by their 32 bytes, and the certificate that links show (RFC 5280, RFC 8410).

const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");

export interface KeyPair {
  readonly secret: KeyObject;
  readonly public: Uint8Array;
}

export function keyPair(seed: Uint8Array): KeyPair {
  const secret = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { secret, public: Uint8Array.from(spki.subarray(publicPrefix.length)) };
}

export const signed = (key: KeyObject, bytes: Uint8Array): Uint8Array => Uint8Array.from(sign(null, bytes, key));

export function isSigned(author: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, author]), format: "der", type: "spki" });
  return verify(null, bytes, key, signature);
}

/** Of the public key in a certificate. */
export function rawKeyOf(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: "der", type: "spki" }).subarray(publicPrefix.length));
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const size = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const time = (words: string): Buffer => der(0x18, Buffer.from(words));

/** Version 3, self-signed. Of it nothing counts but the key, so the name is of no matter. */
export function certificateOf({ secret, public: publicKey }: KeyPair): { readonly cert: string; readonly key: string } {
  const algorithm = sequence(Buffer.from("06032b6570", "hex"));
  const name = sequence(der(0x31, sequence(Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from("a client of the page")))));
  const version = der(0xa0, der(0x02, Uint8Array.of(2)));
  const spki = Buffer.concat([publicPrefix, publicKey]);
  const times = sequence(time("20260101000000Z"), time("99991231235959Z"));
  const said = sequence(version, der(0x02, Uint8Array.of(7)), algorithm, name, times, name, spki);
  const whole = sequence(said, algorithm, der(0x03, Uint8Array.of(0), signed(secret, said)));
  const cert = `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
  return { cert, key: secret.export({ format: "pem", type: "pkcs8" }).toString() };
}
