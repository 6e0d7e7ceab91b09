import { exactGroupsMax } from "../bytes/limits.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";

// Whole numbers that stay exact: a number as long as it is one exactly, and a bigint beyond.

export type Exact = number | bigint;

export function addExact(left: Exact, right: Exact): Exact {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return shortest(BigInt(left) + BigInt(right));
}

export function negated(value: Exact): Exact {
  // Not -0, which is another number than 0.
  return typeof value === "number" ? 0 - value : shortest(-value);
}

function shortest(value: bigint): Exact {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const HIGH = 0x1_0000_0000;

/** Two's complement, the least significant byte first. */
export function encodeI64(value: Exact): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  if (typeof value === "number") {
    // Byte by byte: a view would cost several times as much.
    putU32(bytes, 0, value >>> 0);
    putU32(bytes, 4, Math.floor(value / HIGH) >>> 0);
  } else new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function decodeI64(bytes: Uint8Array): Exact {
  const low = (bytes[0] as number) + (bytes[1] as number) * 0x100 + (bytes[2] as number) * 0x1_0000 + (bytes[3] as number) * 0x100_0000;
  const high = (bytes[4] as number) | ((bytes[5] as number) << 8) | ((bytes[6] as number) << 16) | ((bytes[7] as number) << 24);
  // Within these a double is exact.
  if (high > -0x20_0000 && high < 0x20_0000) return high * HIGH + low;
  return shortest(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

/** Its sign, and its size in groups of seven bits: any size. */
export function writeExact(writer: Writer, value: Exact): void {
  let rest = value < 0 ? -BigInt(value) : BigInt(value);
  writer.u8(value < 0 ? 1 : 0);
  while (rest >= 0x80n) {
    writer.u8(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  writer.u8(Number(rest));
}

export function readExact(reader: Reader): Exact {
  const sign = reader.u8();
  if (sign > 1) reader.fail("a number whose sign is neither");
  let value = 0n;
  for (let group = 0; group < exactGroupsMax && !reader.failed; group++) {
    const byte = reader.u8();
    value |= BigInt(byte & 0x7f) << BigInt(7 * group);
    if (byte >= 0x80) continue;
    if (byte === 0 && group > 0) reader.fail("a number longer than it needs to be");
    if (value === 0n && sign === 1) reader.fail("a zero below zero");
    return shortest(sign === 1 ? -value : value);
  }
  reader.fail(`a number of more than ${exactGroupsMax} groups`);
  return 0;
}
