import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Data } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { gunzipped } from "./files/gunzip.js";
import { readDocument, readRecords } from "./files/read-fragments.js";
import { FormatFault } from "./format.js";
import { json } from "./json/json.js";
import { ndjson } from "./json/ndjson.js";
import { documentBytesMax, documentValuesMax, gunzippedFreeBytes, gunzippedTimesMax, writtenBytesMax, yamlTokensMax } from "./limits.js";
import { readProtoFiles } from "./protobuf/proto-files.js";
import { protobuf } from "./protobuf/protobuf.js";
import { yaml } from "./yaml/yaml.js";

// The largest that is read, and the smallest that is not, where that takes more than moments.

const bodyOf = (format: typeof json, bytes: string | Uint8Array) => format.parse(Buffer.from(bytes))[0]?.body;

test("JSON may hold so many values, and no more", () => {
  const list = (values: number) => Buffer.from(`[0${",0".repeat(values - 1)}]`);
  expect(bodyOf(json, list(documentValuesMax))).toMatchObject({ reason: `a document of at most ${documentValuesMax} values expected` });
  // The array is one of them.
  expect(bodyOf(json, list(documentValuesMax - 1))).toHaveLength(documentValuesMax - 1);
});

test("YAML may have so many bytes, words and signs, and no more", () => {
  expect(bodyOf(yaml, `# ${"x".repeat(writtenBytesMax - 4)}\n1`)).toBe(1);
  expect(bodyOf(yaml, `# ${"x".repeat(writtenBytesMax - 3)}\n1`)).toMatchObject({
    reason: expect.stringContaining(`${writtenBytesMax} bytes`),
  });
  // A newline is one of them.
  expect(bodyOf(yaml, "\n".repeat(yamlTokensMax + 1))).toMatchObject({
    reason: expect.stringContaining(`${yamlTokensMax} words and signs`),
  });
});

test("a message may have so many values and bytes, and no more", () => {
  const file = fileURLToPath(new URL("../fixtures/proto/fleet.proto", import.meta.url));
  const fleet = protobuf({ files: readProtoFiles({ file }), message: "acme.fleet.Vehicle" });
  // Gears, packed: a tag, 28 bits of length, and a byte each.
  const gears = (count: number) =>
    Buffer.concat([
      Buffer.of(0x3a, (count & 127) | 128, ((count >> 7) & 127) | 128, ((count >> 14) & 127) | 128, count >> 21),
      Buffer.alloc(count, 1),
    ]);
  expect((bodyOf(fleet, gears(documentValuesMax)) as { gears: Data[] }).gears).toHaveLength(documentValuesMax);
  expect(bodyOf(fleet, gears(documentValuesMax + 1))).toMatchObject({
    reason: expect.stringContaining(`at most ${documentValuesMax} values expected`),
  });
  expect(fleet.parse(Buffer.alloc(documentBytesMax + 1))[0]?.body).toMatchObject({
    reason: `a message of at most ${documentBytesMax} bytes expected`,
  });
});

function put(name: string, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "sinter-bounds-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

test("a compressed document may expand to so many bytes, and no more", () => {
  const bytes = gzipSync(Buffer.alloc(100_000, "ab"));
  expect(gunzipped(bytes, 100_000)).toHaveLength(100_000);
  expect(gunzipped(bytes, 99_999)).toMatchObject({ reason: "compressed data that expands to at most 99999 bytes expected" });
  const bomb = put("a.json.gz", gzipSync(Buffer.alloc(documentBytesMax + 1)));
  expect(readDocument(bomb)).toMatchObject({ reason: `compressed data that expands to at most ${documentBytesMax} bytes expected` });
});

test("compressed records may expand to so many times the size of their file, and no more", async () => {
  const read = async (path: string) => {
    const told: unknown[] = [];
    let bytes = 0;
    for await (const size of readRecords(path, ndjson, (body, line) => told.push([line, body]))) bytes += size;
    return { told, bytes };
  };
  const free = put("a.ndjson.gz", gzipSync("\n".repeat(gunzippedFreeBytes)));
  expect(await read(free)).toEqual({ told: [], bytes: gunzippedFreeBytes });
  const bomb = put("b.ndjson.gz", gzipSync("\n".repeat(4 * gunzippedFreeBytes)));
  const { told, bytes } = await read(bomb);
  expect(told).toEqual([[1, new FormatFault(`compressed data that expands to at most ${gunzippedTimesMax} times its size expected`)]]);
  expect(bytes).toBeLessThanOrEqual(gunzippedFreeBytes + gunzippedTimesMax * statSync(bomb).size);
});
