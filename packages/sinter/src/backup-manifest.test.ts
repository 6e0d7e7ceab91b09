import { isMalformed } from "@sinter/core";
import { expect, test } from "vitest";
import { type BackupManifest, backupFile, backupFormat, decodeManifest, encodeManifest } from "./backup-manifest.js";

const data = backupFile(8192, 0xab);
const manifest: BackupManifest = { network: "home", author: "a1".repeat(32), at: "2026-11-21T01:02:03.004Z", data, keys: data };
const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

test("what is written is read again, with keys and without", () => {
  expect(decodeManifest(bytesOf(encodeManifest(manifest)))).toEqual(manifest);
  expect(decodeManifest(bytesOf(encodeManifest({ ...manifest, keys: null })))).toEqual({ ...manifest, keys: null });
});

test("a later version's is told by its number, whatever else it holds", () => {
  expect(decodeManifest(bytesOf({ format: backupFormat + 1 }))).toBe(backupFormat + 1);
});

test("anything else is malformed: cut short, a member missing or of another kind", () => {
  const text = encodeManifest(manifest);
  const whole = JSON.parse(text) as Record<string, unknown>;
  for (let length = 0; length < text.length - 2; length++) expect(isMalformed(decodeManifest(bytesOf(text.slice(0, length))))).toBe(true);
  for (const name of Object.keys(whole)) {
    for (const other of [undefined, "", -1, 0.5, [], {}, { bytes: -1, crc32: data.crc32 }, { bytes: 1, crc32: "AB" }]) {
      if (name === "network" && other === "") continue;
      expect([name, other, isMalformed(decodeManifest(bytesOf({ ...whole, [name]: other })))]).toEqual([name, other, true]);
    }
  }
  for (const other of ["null", "[]", "1", "{}"]) expect(isMalformed(decodeManifest(bytesOf(other)))).toBe(true);
  expect(isMalformed(decodeManifest(Uint8Array.of(0xff, 0xfe)))).toBe(true);
});
