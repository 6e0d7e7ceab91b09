import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { type Decoded, Malformed, type PeerId, toHex } from "@sinter/core";
import { type Ed25519Signer, publicKeyOf, publicKeyPrefix } from "../node-crypto.js";

// A certificate that says nothing but a key: who is linked is known by the key alone, so neither its name nor its times matter.

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8 = 0x0c;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;
const ed25519 = Buffer.from("06032b6570", "hex");
const commonName = Buffer.from("0603550403", "hex");

function der(tag: number, ...parts: (Uint8Array | readonly number[] | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Uint8Array.from(part))));
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

/** X.509 version 3 (RFC 5280, RFC 8410), signed by its own key, without an end (99991231235959Z). */
export function certificateOf(signer: Ed25519Signer): string {
  const algorithm = der(SEQUENCE, ed25519);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, commonName, der(UTF8, "sinter"))));
  const times = der(SEQUENCE, der(GENERALIZED_TIME, "20260101000000Z"), der(GENERALIZED_TIME, "99991231235959Z"));
  const key = Buffer.concat([publicKeyPrefix, signer.publicKey]);
  const said = der(SEQUENCE, der(VERSION, der(INTEGER, [2])), der(INTEGER, [1]), algorithm, name, times, name, key);
  const certificate = der(SEQUENCE, said, algorithm, der(BIT_STRING, [0], signer.sign(said)));
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** What both ends of a link speak: TLS 1.3 alone, with this peer's key. The context holds the key where nothing can read it. */
export function secureContextOf(signer: Ed25519Signer): SecureContext {
  const cert = certificateOf(signer);
  return signer.withPem((key) => createSecureContext({ cert, key, minVersion: "TLSv1.3", maxVersion: "TLSv1.3" }));
}

/** Whose key the other side has proven, on a socket whose handshake is done. */
export function peerOf(socket: TLSSocket): Decoded<PeerId> {
  const key = publicKeyOf(socket.getPeerX509Certificate()?.publicKey);
  return key === undefined ? new Malformed("a certificate with an Ed25519 key expected") : (toHex(key) as PeerId);
}
