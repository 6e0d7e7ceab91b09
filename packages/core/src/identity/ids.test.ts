import { blake3 } from "@noble/hashes/blake3.js";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { type AuthorId, asId, authorOfKey, compareEpochs, feedId, laneId, networkId, parseNetworkName, spaceId, subjectId } from "./ids.js";
import { referenceHasher } from "./reference-hasher.suite.js";
import { parseSubjectPath, type SubjectPath } from "./subject-path.js";

const encoder = new TextEncoder();
const path = (text: string) => {
  const parsed = parseSubjectPath(text);
  if (parsed instanceof Malformed) throw new Error(parsed.reason);
  return parsed;
};
const derive = (context: string, ...pieces: Uint8Array[]) => toHex(blake3(Buffer.concat(pieces), { context: encoder.encode(context) }));
const network = networkId(referenceHasher, "demo");
const author = authorOfKey(new Uint8Array(32).fill(7));

test("every id is the hash the format names", () => {
  const nonce = new Uint8Array(16).fill(9);
  const subject = subjectId(referenceHasher, network, path("a/b/c"));
  const feed = feedId(referenceHasher, author, subject);
  expect(toHex(network)).toBe(derive("sinter 1 network", encoder.encode("demo")));
  expect(toHex(spaceId(referenceHasher, network, path("a/b/c")))).toBe(derive("sinter 1 space", network, encoder.encode("a/b")));
  expect(toHex(subject)).toBe(derive("sinter 1 subject", network, encoder.encode("a/b/c")));
  expect(toHex(feed)).toBe(derive("sinter 1 feed", author, subject));
  const lane = laneId(referenceHasher, feed, { index: 0x01020304, nonce });
  expect(toHex(lane)).toBe(derive("sinter 1 lane", feed, Uint8Array.of(1, 2, 3, 4), nonce));
});

test("a path of one part is its own space, and shares it with nothing else", () => {
  const ids = ["a", "a/b", "a/b/c", "a/b/d", "a/c"].map((text) => toHex(spaceId(referenceHasher, network, path(text))));
  expect(ids[1]).toBe(ids[2]);
  expect(ids[2]).toBe(ids[3]);
  expect(new Set(ids).size).toBe(3);
});

test("an id of another length is a mistake of the caller", () => {
  expect(() => asId<AuthorId>(new Uint8Array(31))).toThrow(RangeError);
});

test("epochs order by index, then nonce", () => {
  const low = new Uint8Array(16);
  const high = new Uint8Array(16).fill(255);
  expect(compareEpochs({ index: 1, nonce: low }, { index: 0, nonce: high })).toBeGreaterThan(0);
  expect(compareEpochs({ index: 1, nonce: low }, { index: 1, nonce: high })).toBeLessThan(0);
  expect(compareEpochs({ index: 1, nonce: low }, { index: 1, nonce: new Uint8Array(16) })).toBe(0);
});

test("a network name is bounded text", () => {
  expect(parseNetworkName("demo network ä")).toBe("demo network ä");
  expect(parseNetworkName("x".repeat(128))).toHaveLength(128);
  for (const bad of ["", "x".repeat(129), "ä".repeat(65), "a\nb", "\ud800"])
    expect(isMalformed(parseNetworkName(bad)), JSON.stringify(bad)).toBe(true);
});

test("the path type is a string", () => {
  const text: string = path("a") satisfies SubjectPath;
  expect(text).toBe("a");
});
