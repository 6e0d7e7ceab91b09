import { blake3 } from "@noble/hashes/blake3.js";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { isMalformed, type Malformed } from "../bytes/malformed.js";
import { type AuthorKeys, authorOf, decodeAuthorKeys, encodeAuthorKeys } from "./author-keys.js";
import { falconPublicKeyBytes } from "./crypto.js";
import { hybridAuthor } from "./ids.js";
import { referenceHasher } from "./reference-hasher.suite.js";
import { signatureTags } from "./tags.js";

const numbered = (length: number, step: number) => Uint8Array.from({ length }, (_, at) => at * step);
const ed25519 = numbered(32, 3);
const falcon = numbered(falconPublicKeyBytes, 5);
const classical: AuthorKeys = { suite: 1, ed25519 };
const hybrid: AuthorKeys = { suite: 2, ed25519, falcon };
const hexOf = (keys: AuthorKeys) => toHex(authorOf(referenceHasher, keys));
const reason = (bytes: Uint8Array) => (decodeAuthorKeys(bytes) as Malformed).reason;

test("a classical author's id is the key, a hybrid one's the hash of suite and both keys", () => {
  const input = Buffer.concat([Uint8Array.of(2), ed25519, falcon]);
  expect(hexOf(classical)).toBe(toHex(ed25519));
  expect(hexOf(hybrid)).toBe(toHex(blake3(input, { context: new TextEncoder().encode("sinter 1 author") })));
});

test("each key is bound into a hybrid author's id, down to a bit", () => {
  for (let at = 0; at < 32; at++) expect(hexOf({ ...hybrid, ed25519: ed25519.with(at, ed25519[at] ^ 1) })).not.toBe(hexOf(hybrid));
  for (let at = 0; at < 897; at += 7) expect(hexOf({ ...hybrid, falcon: falcon.with(at, falcon[at] ^ 0x80) })).not.toBe(hexOf(hybrid));
});

test("keys of another length are a mistake of the caller: a byte cannot wander from one key to the other", () => {
  expect(() => hybridAuthor(referenceHasher, ed25519.subarray(1), falcon)).toThrow(RangeError);
  expect(() => hybridAuthor(referenceHasher, ed25519, falcon.subarray(1))).toThrow(RangeError);
  expect(() => hybridAuthor(referenceHasher, numbered(33, 3), falcon.subarray(1))).toThrow(RangeError);
});

test("what is encoded is decoded, and has the layout of the format", () => {
  expect(decodeAuthorKeys(encodeAuthorKeys(classical))).toEqual(classical);
  expect(decodeAuthorKeys(encodeAuthorKeys(hybrid))).toEqual(hybrid);
  expect(encodeAuthorKeys(classical)).toEqual(new Uint8Array([1, ...ed25519]));
  expect(encodeAuthorKeys(hybrid)).toEqual(new Uint8Array([2, ...ed25519, ...falcon]));
});

test("keys cut short or too long, or of a suite not known, are malformed", () => {
  for (const keys of [classical, hybrid]) {
    const bytes = encodeAuthorKeys(keys);
    for (let length = 0; length < bytes.length; length++) expect(isMalformed(decodeAuthorKeys(bytes.subarray(0, length)))).toBe(true);
    expect(isMalformed(decodeAuthorKeys(Uint8Array.of(...bytes, 0)))).toBe(true);
  }
  expect(isMalformed(decodeAuthorKeys(encodeAuthorKeys(hybrid).with(0, 1)))).toBe(true);
  expect(reason(encodeAuthorKeys(hybrid).with(0, 3))).toContain("suite 3");
  expect(reason(encodeAuthorKeys(classical).with(0, 0))).toContain("suite 0");
});

test("no signature tag begins another, so that no signed message can be read as one for another purpose", () => {
  const texts = Object.values(signatureTags);
  for (const text of texts) expect(texts.filter((other) => other.startsWith(text))).toEqual([text]);
});
