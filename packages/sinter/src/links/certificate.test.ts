import { X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Ed25519Signer, nodeRandom, publicKeyOf } from "../node-crypto.js";
import { certificateOf, secureContextOf } from "./certificate.js";

const signer = new Ed25519Signer(nodeRandom.bytes(32));

test("a certificate holds the key, is signed by it, and has no end", () => {
  const certificate = new X509Certificate(certificateOf(signer));
  expect(publicKeyOf(certificate.publicKey)).toEqual(signer.publicKey);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.validTo).toContain("9999");
  expect(certificate.subject).toBe("CN=sinter");
});

test("what TLS is handed shows the key to nobody", () => {
  const pem = signer.withPem((key) => key.split("\n")[1] as string);
  const context = secureContextOf(signer);
  expect(pem).toHaveLength(64);
  expect(inspect(context, { showHidden: true, depth: 9 })).not.toContain(pem);
  expect(JSON.stringify(context)).not.toContain(pem);
});
