import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { type AuthorId, asId, type SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Range } from "../protocol/key-space.js";
import * as keys from "./keys.js";

const subject = (fill: number) => asId<SubjectId>(new Uint8Array(32).fill(fill));
const author = (fill: number) => asId<AuthorId>(new Uint8Array(32).fill(fill));
const nonce = (fill: number) => new Uint8Array(16).fill(fill);
const within = (range: Range, key: Uint8Array) => compareBytes(range.from, key) <= 0 && compareBytes(key, range.to) < 0;

test("keys, byte by byte", () => {
  expect(toHex(keys.metaKey("clock"))).toBe(`01${Buffer.from("clock").toString("hex")}`);
  expect(toHex(keys.authorKey(author(7)))).toBe(`02${"07".repeat(32)}`);
  expect(toHex(keys.subjectKey(subject(8)))).toBe(`03${"08".repeat(32)}`);
  expect(toHex(keys.pathKey("a/b" as SubjectPath))).toBe("04612f62");
  expect(toHex(keys.laneKey(0xf102_0304))).toBe("05f1020304");
  expect(toHex(keys.laneNumberKey(subject(1), author(2), { index: 3, nonce: nonce(4) }))).toBe(
    `06${"01".repeat(32)}${"02".repeat(32)}00000003${"04".repeat(16)}`,
  );
  expect(toHex(keys.headKey(1))).toBe("0700000001");
  expect(toHex(keys.blockKey(1, 2 ** 40 + 5))).toBe("08000000010000010000000005");
  expect(toHex(keys.mmrKey(1, 9))).toBe("09000000010000000000000009");
  expect(toHex(keys.changedKey(1))).toBe("0a00000001");
  expect(toHex(keys.trieKey(Uint8Array.of(1, 2)))).toBe("0b0102");
  expect(toHex(keys.givenUpKey(1))).toBe("1000000001");
  expect(toHex(keys.returnedKey(new Uint8Array(32).fill(6)))).toBe(`11${"06".repeat(32)}`);
});

test("every key says what it names", () => {
  const epoch = { index: 3, nonce: nonce(4) };
  expect(keys.decodeKey(keys.metaKey("frontier"))).toEqual({ table: "meta", name: "frontier" });
  expect(keys.decodeKey(keys.authorKey(author(7)))).toEqual({ table: "author", author: author(7) });
  expect(keys.decodeKey(keys.subjectKey(subject(8)))).toEqual({ table: "subject", subject: subject(8) });
  expect(keys.decodeKey(keys.pathKey("a/b" as SubjectPath))).toEqual({ table: "path", path: "a/b" });
  for (const [table, make] of [
    ["lane", keys.laneKey],
    ["head", keys.headKey],
    ["changed", keys.changedKey],
    ["givenUp", keys.givenUpKey],
  ] as const) {
    expect(keys.decodeKey(make(0xffff_ffff))).toEqual({ table, lane: 0xffff_ffff });
  }
  expect(keys.decodeKey(keys.laneNumberKey(subject(1), author(2), epoch))).toEqual({
    table: "laneNumber",
    subject: subject(1),
    author: author(2),
    epoch,
  });
  expect(keys.decodeKey(keys.blockKey(5, 2 ** 45))).toEqual({ table: "block", lane: 5, firstSeq: 2 ** 45 });
  expect(keys.decodeKey(keys.mmrKey(5, 0))).toEqual({ table: "mmr", lane: 5, group: 0 });
  const event = new Uint8Array(32).fill(6);
  expect(keys.decodeKey(keys.returnedKey(event))).toEqual({ table: "returned", event });
  expect(keys.decodeKey(keys.trieKey(Uint8Array.of(1)))).toEqual({ table: "trie", path: Uint8Array.of(1) });
});

test.each([
  "",
  "00",
  "0c",
  "01",
  "0161",
  "0200",
  "0300",
  "04",
  "042e",
  "05000000",
  "0500000000ff",
  "0600",
  "08000000010000000000000000",
  "080000000100200000000000",
])("key %s names nothing", (hex) => {
  expect(isMalformed(keys.decodeKey(Uint8Array.from(Buffer.from(hex, "hex"))))).toBe(true);
});

const numbers = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(0xffff_ffff));
const seqs = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1 }));

test("property: a range of a lane's blocks holds that lane's and no other's", () => {
  fc.assert(
    fc.property(numbers, numbers, seqs, seqs, (lane, other, seq, from) => {
      expect(within(keys.laneRange("block", lane), keys.blockKey(other, seq))).toBe(lane === other);
      expect(within(keys.laneRange("head", lane), keys.headKey(other))).toBe(lane === other);
      expect(within(keys.blocksFrom(lane, from), keys.blockKey(other, seq))).toBe(lane === other && seq >= from);
      expect(within(keys.blockHolding(lane, from), keys.blockKey(other, seq))).toBe(lane === other && seq <= from);
      expect(within(keys.tableRange("block"), keys.blockKey(other, seq))).toBe(true);
      expect(within(keys.tableRange("mmr"), keys.blockKey(other, seq))).toBe(false);
    }),
  );
});

test("lanes of a subject, and of one author in it, even where an id ends in ones", () => {
  const fills = [0, 1, 0xfe, 0xff];
  for (const [s, a, otherS, otherA] of fills.flatMap((s) => fills.flatMap((a) => fills.flatMap((t) => fills.map((b) => [s, a, t, b]))))) {
    const key = keys.laneNumberKey(subject(otherS), author(otherA), { index: 0xffff_ffff, nonce: nonce(0xff) });
    expect(within(keys.lanesOf(subject(s)), key)).toBe(s === otherS);
    expect(within(keys.lanesOf(subject(s), author(a)), key)).toBe(s === otherS && a === otherA);
  }
});

test("paths by what they begin with", () => {
  const range = keys.pathsFrom("a/");
  const paths = ["a", "a/b", "a/\u{10ffff}", "a0", "b"] as SubjectPath[];
  expect(paths.filter((path) => within(range, keys.pathKey(path)))).toEqual(["a/b", "a/\u{10ffff}"]);
  expect(paths.every((path) => within(keys.pathsFrom(""), keys.pathKey(path)))).toBe(true);
});
