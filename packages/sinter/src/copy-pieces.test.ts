import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backupPieceBytes } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { copyPieces, type PiecesOptions, throwIfAborted } from "./copy-pieces.js";

const patterned = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7) % 251));

/** CRC-32 of the polynomial 0xedb88320, bit by bit. */
const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
const sumOf = (bytes: Buffer): number =>
  (bytes.reduce((sum, byte) => (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] as number), 0xffffffff) ^ 0xffffffff) >>> 0;

async function copied(source: Buffer, options: Partial<PiecesOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "sinter-pieces-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "from"), source);
  const [from, to] = [await open(join(folder, "from"), "r"), await open(join(folder, "to"), "wx")];
  try {
    const sum = await copyPieces(from, to, { bytes: source.length, ...options });
    return { sum, bytes: readFileSync(join(folder, "to")) };
  } finally {
    await from.close();
    await to.close();
  }
}

for (const length of [0, 1, backupPieceBytes - 1, backupPieceBytes, backupPieceBytes + 1, 34 * backupPieceBytes + 5]) {
  test(`${length} bytes arrive, and are summed`, async () => {
    const source = patterned(length);
    const seen: number[] = [];
    const { sum, bytes } = await copied(source, { progress: (done) => seen.push(done.bytes) });
    expect(bytes.equals(source)).toBe(true);
    expect(sum).toBe(sumOf(source));
    expect(seen.at(-1) ?? 0).toBe(length);
  });
}

test("a head stands in for the first bytes, also where it is longer than a piece", async () => {
  const source = patterned(3 * backupPieceBytes);
  for (const length of [8192, backupPieceBytes + 100]) {
    const head = Buffer.alloc(length, 0xee);
    const { sum, bytes } = await copied(source, { head });
    const expected = Buffer.concat([head, source.subarray(length)]);
    expect([bytes.equals(expected), sum]).toEqual([true, sumOf(expected)]);
  }
});

test("a file that ends early is told of, and one that is longer is cut where it is to be", async () => {
  await expect(copied(patterned(100), { bytes: 101 })).rejects.toMatchObject({ code: "corrupt", message: "the file ends at 100 bytes" });
  expect((await copied(patterned(100), { bytes: 60 })).bytes.length).toBe(60);
});

test("it is called off between two pieces", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  const progress: PiecesOptions["progress"] = ({ bytes }) => {
    seen.push(bytes);
    stop.abort();
  };
  await expect(copied(patterned(3 * backupPieceBytes), { signal: stop.signal, progress })).rejects.toMatchObject({ code: "aborted" });
  expect(seen).toEqual([backupPieceBytes]);
  throwIfAborted(undefined);
});
