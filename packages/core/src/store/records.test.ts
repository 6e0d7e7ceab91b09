import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { stampWallMsMax } from "../bytes/limits.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { type AuthorId, asId, type NetworkId, type SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import * as records from "./records.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const stamps = fc.record({ wallMs: fc.integer({ min: 0, max: stampWallMsMax }), counter: fc.integer({ min: 0, max: 0xffff }) });
const u32s = fc.integer({ min: 0, max: 0xffff_ffff });
const big = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const sizes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const ones = (size: number) => [...BigInt(size).toString(2)].filter((digit) => digit === "1").length;

const stores: fc.Arbitrary<records.StoreRecord> = fc.record({
  network: bytes(32).map((id) => asId<NetworkId>(id)),
  networkName: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 128 }),
  author: bytes(32).map((id) => asId<AuthorId>(id)),
  instance: bytes(16),
  inode: big,
  birthNs: big,
});
const lanes: fc.Arbitrary<records.LaneRecord> = fc.record({
  subject: bytes(32).map((id) => asId<SubjectId>(id)),
  author: bytes(32).map((id) => asId<AuthorId>(id)),
  epoch: fc.record({ index: u32s, nonce: bytes(16) }),
});
const heads: fc.Arbitrary<records.HeadRecord> = sizes.chain((size) =>
  fc.record({
    size: fc.constant(size),
    headId: bytes(32),
    stamp: stamps,
    freezeAt: fc.nat(),
    lastBlockSeq: fc.integer({ min: 1, max: size }),
    peaks: fc.array(bytes(32), { minLength: ones(size), maxLength: ones(size) }),
    seal: fc.integer({ min: 1, max: 65_536 }).chain((leaves) =>
      fc.record({
        size: fc.integer({ min: 1, max: size }),
        stamp: stamps,
        leaves: fc.constant(leaves),
        index: fc.integer({ min: 0, max: leaves - 1 }),
        path: fc.array(bytes(32), { maxLength: 16 }),
        signature: bytes(64),
      }),
    ),
  }),
);
const reason = (value: unknown) => (value instanceof Malformed ? value.reason : "accepted");

test("property: every record comes back from its bytes, and no piece of them is one", () => {
  fc.assert(
    fc.property(
      stores,
      lanes,
      heads,
      stamps,
      u32s,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (store, lane, head, stamp, number, share) => {
        const frontier = { root: head.headId, rows: head.size };
        const all: [Uint8Array, (from: Uint8Array) => unknown, unknown][] = [
          [records.encodeStoreRecord(store), records.decodeStoreRecord, { ...store, format: 3 }],
          [records.encodeLaneRecord(lane), records.decodeLaneRecord, lane],
          [records.encodeHeadRecord(head), records.decodeHeadRecord, head],
          [records.encodeClockRecord(stamp), records.decodeClockRecord, stamp],
          [records.encodeFrontierRecord(frontier), records.decodeFrontierRecord, frontier],
          [records.encodeLaneNumber(number), records.decodeLaneNumber, number],
          [lane.subject, records.decodeSubjectRecord, lane.subject],
        ];
        for (const [encoded, decode, value] of all) {
          expect(decode(encoded)).toEqual(value);
          expect(isMalformed(decode(encoded.subarray(0, Math.floor(encoded.length * share))))).toBe(true);
          expect(isMalformed(decode(Uint8Array.from([...encoded, 0])))).toBe(true);
        }
      },
    ),
    { numRuns: 50 },
  );
});

const someHead: records.HeadRecord = {
  size: 5,
  headId: new Uint8Array(32).fill(1),
  stamp: { wallMs: 2, counter: 3 },
  freezeAt: 6,
  lastBlockSeq: 5,
  peaks: [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)],
  seal: {
    size: 5,
    stamp: { wallMs: 9, counter: 10 },
    leaves: 3,
    index: 2,
    path: [new Uint8Array(32).fill(11)],
    signature: new Uint8Array(64).fill(12),
  },
};

test("a head record, byte by byte", () => {
  const u64 = (value: number) => value.toString(16).padStart(16, "0");
  const head = `0200${u64(5)}${"01".repeat(32)}0000000000020003${u64(6)}${u64(5)}02${"07".repeat(32)}${"08".repeat(32)}`;
  expect(toHex(records.encodeHeadRecord(someHead))).toBe(
    `${head}${u64(5)}000000000009000a000000030000000201${"0b".repeat(32)}${"0c".repeat(64)}`,
  );
});

test("a head under a seal that reaches beyond it ends with what that covers", () => {
  const cover = { mmrRoot: new Uint8Array(32).fill(1), headId: new Uint8Array(32).fill(2), proof: [new Uint8Array(32).fill(3)] };
  const covered = records.encodeHeadRecord({ ...someHead, seal: { ...someHead.seal, size: 6 }, cover });
  expect(toHex(covered.subarray(0, 2))).toBe("0201");
  expect(toHex(covered.subarray(-97))).toBe(`${"01".repeat(32)}${"02".repeat(32)}01${"03".repeat(32)}`);
  expect(records.decodeHeadRecord(covered)).toEqual({ ...someHead, seal: { ...someHead.seal, size: 6 }, cover });
  expect(reason(records.decodeHeadRecord(covered.with(1, 0)))).toContain("a seal of a size");
  expect(reason(records.decodeHeadRecord(records.encodeHeadRecord({ ...someHead, cover })))).toContain("a seal of a size");
  const long = { ...cover, proof: Array.from({ length: 107 }, () => new Uint8Array(32)) };
  expect(
    reason(records.decodeHeadRecord(records.encodeHeadRecord({ ...someHead, seal: { ...someHead.seal, size: 6 }, cover: long }))),
  ).toContain("107 hashes");
});

test.each<[string, Partial<records.HeadRecord>, string]>([
  ["no events", { size: 0, peaks: [] }, "without events"],
  ["a peak too few", { peaks: someHead.peaks.slice(1) }, "1 peaks where a size of 5 has 2"],
  ["a last block behind the end", { lastBlockSeq: 6 }, "outside the lane"],
  ["a last block at 0", { lastBlockSeq: 0 }, "outside the lane"],
  ["a seal beyond the size", { seal: { ...someHead.seal, size: 6 } }, "a seal of a size"],
  ["a seal over no heads", { seal: { ...someHead.seal, leaves: 0 } }, "a seal over 0 heads"],
  ["a seal over too many heads", { seal: { ...someHead.seal, leaves: 65_537 } }, "a seal over 65537 heads"],
  ["an index among no heads", { seal: { ...someHead.seal, index: 3 } }, "index is not among"],
  ["a path too long", { seal: { ...someHead.seal, path: Array.from({ length: 17 }, () => new Uint8Array(32)) } }, "17 hashes"],
])("a head record with %s is malformed", (_name, change, expected) => {
  expect(reason(records.decodeHeadRecord(records.encodeHeadRecord({ ...someHead, ...change })))).toContain(expected);
});

test("versions and flags not known are malformed, with a reason", () => {
  const head = records.encodeHeadRecord(someHead);
  expect(reason(records.decodeHeadRecord(head.with(0, 3)))).toContain("version 3");
  expect(reason(records.decodeHeadRecord(head.with(1, 2)))).toContain("flags");
  expect(reason(records.decodeFrontierRecord(new Uint8Array(41)))).toContain("version 0");
});

test("heads of version 1 are read: what they said of hybrid seals was nothing", () => {
  const head = records.encodeHeadRecord(someHead);
  const at = 1 + 1 + 8 + 32 + 8;
  const old = (hybridSize: number) => new Uint8Array([1, ...head.subarray(1, at), 0, 0, 0, 0, 0, 0, 0, hybridSize, ...head.subarray(at)]);
  expect(records.decodeHeadRecord(old(0))).toEqual(someHead);
  expect(reason(records.decodeHeadRecord(old(4)))).toContain("hybrid size");
});

test("a store record says which format its store has, and one of a later format is refused", () => {
  const [record] = fc.sample(stores, { numRuns: 1, seed: 1 }) as [records.StoreRecord];
  const encoded = records.encodeStoreRecord(record);
  for (const format of [1, 2, 3]) expect(records.decodeStoreRecord(encoded.with(0, format))).toEqual({ ...record, format });
  expect(encoded[0]).toBe(3);
  expect(reason(records.decodeStoreRecord(encoded.with(0, 4)))).toContain("version 4; this program reads up to 3");
});

test("a network name in a store record must be one", () => {
  const [record] = fc.sample(stores, { numRuns: 1, seed: 1 });
  const encoded = records.encodeStoreRecord({ ...(record as records.StoreRecord), networkName: "abc" });
  expect(reason(records.decodeStoreRecord(encoded.with(34, 0xff)))).toContain("UTF-8");
  expect(reason(records.decodeStoreRecord(encoded.with(34, 0)))).toContain("control");
});

test("paths are records as they stand", () => {
  expect(records.decodePathRecord(records.encodePathRecord("a/ä" as SubjectPath))).toBe("a/ä");
});
