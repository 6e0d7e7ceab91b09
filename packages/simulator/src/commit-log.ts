import { type Batch, Reader, Writer } from "@sinter/core";
import { Mixer } from "./mixer.js";

// The log a virtual store keeps on its disk: one record a commit. A record: checksum 8, length u32, then the body:
// number of changes, and of each its key, whether it has a value, the value. The checksum runs on from the record
// before, so that a record left over from an earlier, lost history never follows on a newer one.

const HEADER_BYTES = 12;
/** What a change takes besides its key and value, at most; the number of changes takes no more. */
const CHANGE_BYTES = 16;

export type Checksum = readonly [left: number, right: number];
export const firstChecksum: Checksum = [0x51a7e5, 0xb10c5];

export interface LoggedChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** Where the value lies in the log. */
  readonly valueOffset: number;
}

export interface LoggedRecord {
  readonly changes: readonly LoggedChange[];
  readonly checksum: Checksum;
  /** Where the next record begins. */
  readonly end: number;
}

function checksumOf(before: Checksum, body: Uint8Array): Checksum {
  return new Mixer(before[0], before[1]).bytes(body).halves();
}

export function encodeRecord(batch: Batch, before: Checksum): { readonly bytes: Uint8Array; readonly checksum: Checksum } {
  const writer = new Writer(sizeOf(batch)).u32(0).u32(0).u32(0).varint(batch.length);
  for (const [key, value] of batch) {
    writer.prefixed(key).u8(value === undefined ? 0 : 1);
    if (value !== undefined) writer.prefixed(value);
  }
  const bytes = writer.finish();
  const checksum = checksumOf(before, bytes.subarray(HEADER_BYTES));
  const header = new DataView(bytes.buffer);
  header.setUint32(0, checksum[0]);
  header.setUint32(4, checksum[1]);
  header.setUint32(8, bytes.length - HEADER_BYTES);
  return { bytes, checksum };
}

/** Enough for the record, so that the writer need not grow. */
function sizeOf(batch: Batch): number {
  let size = HEADER_BYTES + CHANGE_BYTES;
  for (const [key, value] of batch) size += CHANGE_BYTES + key.length + (value?.length ?? 0);
  return size;
}

/** The record at `offset`, or nothing where no whole one follows on from the record before. */
export function readRecord(log: Uint8Array, offset: number, before: Checksum): LoggedRecord | undefined {
  const header = new Reader(log, offset);
  const checksum: Checksum = [header.u32(), header.u32()];
  const length = header.u32();
  const body = header.take(length);
  if (header.failed || length === 0) return undefined;
  const actual = checksumOf(before, body);
  if (actual[0] !== checksum[0] || actual[1] !== checksum[1]) return undefined;
  const end = offset + HEADER_BYTES + length;
  return { changes: readChanges(log, offset + HEADER_BYTES, end), checksum, end };
}

function readChanges(log: Uint8Array, from: number, to: number): LoggedChange[] {
  const reader = new Reader(log, from, to);
  const count = reader.varint();
  const changes: LoggedChange[] = [];
  while (changes.length < count && !reader.failed) {
    // Copies: the log's bytes move when it grows.
    const key = reader.prefixed(reader.left).slice();
    const value = reader.u8() === 1 ? reader.prefixed(reader.left).slice() : undefined;
    changes.push({ key, value, valueOffset: reader.at - (value?.length ?? 0) });
  }
  if (reader.failed || reader.left > 0) throw new Error("a record with a right checksum and a wrong body");
  return changes;
}
