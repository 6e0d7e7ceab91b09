import { type Hasher, hashBytes, publicKeyBytes, signatureBytes } from "@sinter/core";
import { expect, test } from "vitest";
import { Mixer } from "./mixer.js";
import { StubSigner, StubVerifier } from "./virtual-crypto.js";

/** Only for these tests: four runs of the mixer, each under another number. */
const hasher: Hasher = {
  hash: (tag, bytes) => {
    const hash = new Uint8Array(hashBytes);
    const view = new DataView(hash.buffer);
    for (let part = 0; part < 4; part++) {
      const [left, right] = new Mixer(part).text(tag).bytes(bytes).halves();
      view.setUint32(part * 8, left);
      view.setUint32(part * 8 + 4, right);
    }
    return hash;
  },
  eventIds: () => {},
  parents: () => {},
};

const message = Uint8Array.from({ length: 100 }, (_, at) => at);

test("a stub signature has the size of a real one and is found right by its verifier", () => {
  const signer = new StubSigner(hasher, Uint8Array.of(1, 2, 3));
  expect([signer.publicKey.length, signer.sign(message).length]).toEqual([publicKeyBytes, signatureBytes]);
  expect(new StubVerifier(hasher).verify(signer.publicKey, message, signer.sign(message))).toBe(true);
  expect(signer.sign(message)).toEqual(new StubSigner(hasher, Uint8Array.of(1, 2, 3)).sign(message));
});

test("a bit changed anywhere is noticed", () => {
  const signer = new StubSigner(hasher, Uint8Array.of(1));
  const verifier = new StubVerifier(hasher);
  const signature = signer.sign(message);
  const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  for (let at = 0; at < signatureBytes; at++) expect(verifier.verify(signer.publicKey, message, changed(signature, at))).toBe(false);
  for (let at = 0; at < message.length; at++) expect(verifier.verify(signer.publicKey, changed(message, at), signature)).toBe(false);
  for (let at = 0; at < publicKeyBytes; at++) expect(verifier.verify(changed(signer.publicKey, at), message, signature)).toBe(false);
});

test("wrong sizes are wrong, not an error", () => {
  const signer = new StubSigner(hasher, Uint8Array.of(1));
  const verifier = new StubVerifier(hasher);
  expect(verifier.verify(signer.publicKey.subarray(1), message, signer.sign(message))).toBe(false);
  expect(verifier.verify(signer.publicKey, message, signer.sign(message).subarray(1))).toBe(false);
});
