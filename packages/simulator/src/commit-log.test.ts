import type { Batch } from "@sinter/core";
import { expect, test } from "vitest";
import { type Checksum, encodeRecord, firstChecksum, readRecord } from "./commit-log.js";
import { Mixer } from "./mixer.js";

const batch: Batch = [
  [Uint8Array.of(1), Uint8Array.of(7, 8, 9)],
  [Uint8Array.of(2), undefined],
  [Uint8Array.of(3, 3), new Uint8Array(0)],
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test("a record reads as it was written, and says where its values lie", () => {
  const { bytes, checksum } = encodeRecord(batch, firstChecksum);
  const log = joined(Uint8Array.of(0, 0), bytes);
  const record = readRecord(log, 2, firstChecksum);
  expect(record?.changes.map(({ key, value }) => [key, value])).toEqual(batch);
  expect([record?.checksum, record?.end]).toEqual([checksum, log.length]);
  const at = record?.changes[0].valueOffset ?? 0;
  expect([...log.subarray(at, at + 3)]).toEqual([7, 8, 9]);
});

test("a record with any bit changed, or cut short anywhere, is none", () => {
  const { bytes } = encodeRecord(batch, firstChecksum);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    expect(readRecord(changed, 0, firstChecksum), `bit ${bit}`).toBeUndefined();
  }
  for (let length = 0; length < bytes.length; length++) expect(readRecord(bytes.subarray(0, length), 0, firstChecksum)).toBeUndefined();
});

test("a record follows only on the one it was written behind", () => {
  const first = encodeRecord(batch, firstChecksum);
  const second = encodeRecord(batch, first.checksum);
  expect(readRecord(second.bytes, 0, first.checksum)?.end).toBe(second.bytes.length);
  expect(readRecord(second.bytes, 0, firstChecksum)).toBeUndefined();
});

test("zeros are no record", () => {
  expect(readRecord(new Uint8Array(2_000), 0, firstChecksum)).toBeUndefined();
});

test("a right checksum over a wrong body is a mistake of this program", () => {
  const { bytes } = encodeRecord([], firstChecksum);
  // One byte of body that announces a change and holds none; its checksum is found by encoding nothing but that byte.
  const body = Uint8Array.of(1);
  const view = new DataView(bytes.buffer);
  const checksum = checksumOfBody(body);
  view.setUint32(0, checksum[0]);
  view.setUint32(4, checksum[1]);
  bytes[12] = 1;
  expect(() => readRecord(bytes, 0, firstChecksum)).toThrow("wrong body");
});

function checksumOfBody(body: Uint8Array): Checksum {
  return new Mixer(firstChecksum[0], firstChecksum[1]).bytes(body).halves();
}
