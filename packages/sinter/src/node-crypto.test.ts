import { inspect } from "node:util";
import { verifierKeysMax } from "@sinter/core";
import { expect, test } from "vitest";
import { randomCases } from "../../core/src/protocol/random.suite.js";
import { Ed25519Signer, Ed25519Verifier, nodeRandom } from "./node-crypto.js";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

for (const { name, run } of randomCases) test(`random: ${name}`, () => run(() => nodeRandom));

test("Ed25519 as the first vector of RFC 8032 has it", () => {
  const signer = new Ed25519Signer(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  expect(Buffer.from(signer.publicKey).toString("hex")).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  expect(Buffer.from(signer.sign(new Uint8Array(0))).toString("hex")).toBe(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
});

test("a signature is good for its key and message alone", () => {
  const [one, other] = [new Ed25519Signer(nodeRandom.bytes(32)), new Ed25519Signer(nodeRandom.bytes(32))];
  const verifier = new Ed25519Verifier();
  const message = nodeRandom.bytes(100);
  const signature = one.sign(message);
  expect(verifier.verify(one.publicKey, message, signature)).toBe(true);
  expect(verifier.verify(one.publicKey, message, signature)).toBe(true);
  expect(verifier.verify(other.publicKey, message, signature)).toBe(false);
  expect(verifier.verify(one.publicKey, message.subarray(1), signature)).toBe(false);
  for (let bit = 0; bit < 512; bit += 37) {
    const bent = signature.slice();
    bent[bit >> 3] ^= 1 << (bit & 7);
    expect(verifier.verify(one.publicKey, message, bent)).toBe(false);
  }
});

test("what was good once is asked for by its bytes, and not by where they lie", () => {
  const signer = new Ed25519Signer(nodeRandom.bytes(32));
  const verifier = new Ed25519Verifier();
  const said = [signer.publicKey.slice(), nodeRandom.bytes(100)] as const;
  const signature = signer.sign(said[1]);
  for (const part of [...said, signature]) {
    expect(verifier.verify(said[0], said[1], signature)).toBe(true);
    part[7] = (part[7] as number) ^ 1;
    expect(verifier.verify(said[0], said[1], signature)).toBe(false);
    part[7] = (part[7] as number) ^ 1;
  }
});

test("keys and signatures of a wrong length or that are no key are just not good", () => {
  const verifier = new Ed25519Verifier();
  const message = Uint8Array.of(1);
  expect(verifier.verify(new Uint8Array(31), message, new Uint8Array(64))).toBe(false);
  expect(verifier.verify(new Uint8Array(32), message, new Uint8Array(63))).toBe(false);
  expect(verifier.verify(new Uint8Array(32).fill(0xff), message, new Uint8Array(64))).toBe(false);
  expect(() => new Ed25519Signer(new Uint8Array(31))).toThrow(RangeError);
});

test("the verifier holds no more keys than its bound", () => {
  const verifier = new Ed25519Verifier();
  for (let index = 0; index < verifierKeysMax + 10; index++) verifier.verify(nodeRandom.bytes(32), Uint8Array.of(1), new Uint8Array(64));
  expect(verifier.keysHeld).toBe(verifierKeysMax);
});

test("a signer shows its seed to nobody", () => {
  const seed = nodeRandom.bytes(32);
  const signer = new Ed25519Signer(seed);
  const shown = [JSON.stringify(signer), inspect(signer, { showHidden: true, depth: 9, maxArrayLength: null }), String(signer)].join("\n");
  const digits = Buffer.from(seed).toString("hex");
  expect(shown).not.toContain(digits);
  expect(shown).not.toContain(Buffer.from(seed).toString("base64url"));
  expect(shown).not.toContain([...seed.subarray(0, 8)].join(", "));
  expect(Object.keys(signer)).toEqual(["publicKey"]);
});
