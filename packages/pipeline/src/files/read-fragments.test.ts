import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Data } from "@sinter/core";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { FormatFault } from "../format.js";
import { ndjson } from "../json/ndjson.js";
import { documentBytesMax, readPieceBytes } from "../limits.js";
import { readWhole } from "./read-file.js";
import { readDocument, readRecords } from "./read-fragments.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sinter-read-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function put(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function recordsOf(path: string) {
  const told: [number, Data | FormatFault][] = [];
  let bytes = 0;
  for await (const size of readRecords(path, ndjson, (body, line) => told.push([line, body]))) bytes += size;
  return { told, bytes };
}

/** Takes memory of its own nowhere: a file of zeros that is not written. */
const sparse = (name: string, size: number) => {
  const path = put(name, "");
  truncateSync(path, size);
  return path;
};

test("a file is read as a whole, however large", () => {
  for (const size of [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 1_000_000]) {
    const bytes = Buffer.alloc(size, "abcdefg");
    const read = readDocument(put("a.json", bytes)) as Buffer;
    expect(bytes.equals(read)).toBe(true);
  }
  const [first, second] = [readDocument(put("a.json", "one")), readDocument(put("b.json", "two"))];
  expect([String(first), String(second)]).toEqual(["one", "two"]);
});

test("a file may have so many bytes, and no more", () => {
  const path = put("a.json", "12345");
  expect(readWhole(path, 5)).toHaveLength(5);
  expect(readWhole(path, 4)).toMatchObject({ reason: "a file of at most 4 bytes expected" });
  const large = sparse("b.json", documentBytesMax + 1);
  expect(readDocument(large)).toMatchObject({ reason: `a file of at most ${documentBytesMax} bytes expected` });
});

test("what cannot be read is a fault that says why", async () => {
  expect(readDocument(join(folder, "none.json"))).toMatchObject({ reason: "a file that can be read expected: it is not there" });
  expect(readDocument(folder)).toMatchObject({ reason: "a file that can be read expected: it is a folder" });
  for (const name of ["none.ndjson", "none.ndjson.gz"]) {
    const { told } = await recordsOf(join(folder, name));
    expect(told).toEqual([[1, new FormatFault("a file that can be read expected: it is not there")]]);
  }
  expect((await recordsOf(folder)).told).toEqual([[1, new FormatFault("a file that can be read expected: it is a folder")]]);
});

test("a file that one may not read is a fault", (context) => {
  if (process.getuid?.() === 0) context.skip("root may read everything");
  const path = put("a.json", "1");
  chmodSync(path, 0);
  expect(readDocument(path)).toMatchObject({ reason: "a file that can be read expected: you may not" });
});

test("records are read piece by piece, compressed or not", async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `{"id":${at},"text":"${"x".repeat(at % 17)}"}\n`);
  const text = lines.join("");
  expect(text.length).toBeGreaterThan(4 * readPieceBytes);
  for (const path of [put("a.ndjson", text), put("a.ndjson.gz", gzipSync(text))]) {
    const { told, bytes } = await recordsOf(path);
    expect(bytes).toBe(text.length);
    expect(told).toHaveLength(lines.length);
    expect(told.every(([line, body], at) => line === at + 1 && (body as { id: number }).id === at)).toBe(true);
  }
});

test("whoever reads may stop in the middle", async () => {
  for (const path of [put("a.ndjson", "1\n".repeat(readPieceBytes)), put("a.ndjson.gz", gzipSync("1\n".repeat(readPieceBytes)))]) {
    let count = 0;
    for await (const _ of readRecords(path, ndjson, () => count++)) break;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(readPieceBytes);
  }
});

test("a compressed file that is empty, or not all there, is a fault", async () => {
  const reason = "all of the compressed data expected: the end is missing";
  const whole = gzipSync("1\n2\n");
  for (const bytes of [Buffer.alloc(0), whole.subarray(0, 5), whole.subarray(0, -1)]) {
    expect(readDocument(put("a.json.gz", bytes))).toMatchObject({ reason });
    const { told } = await recordsOf(put("a.ndjson.gz", bytes));
    expect(told.at(-1)?.[1]).toMatchObject({ reason });
  }
});

test("what follows compressed data is a fault, wherever pieces of the file end", async () => {
  const stored = (size: number) => gzipSync(" ".repeat(size), { level: 0 });
  let size = readPieceBytes - 100;
  while (stored(size).length < readPieceBytes) size++;
  for (const bytes of [stored(size), gzipSync("1\n")]) {
    const { told } = await recordsOf(put("a.ndjson.gz", Buffer.concat([bytes, Buffer.alloc(10)])));
    expect(told.at(-1)?.[1]).toMatchObject({ reason: "nothing behind the compressed data expected" });
  }
  expect(stored(size)).toHaveLength(readPieceBytes);
});
