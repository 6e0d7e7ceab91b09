import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { checkDataFile, dataFileState } from "./data-file.js";

/** Databases of three sizes: of nothing yet, of one page, of a tree of them. */
const entries = [0, 1, 500];

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "sinter-data-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "store.mdb");
}

async function database(count: number, pageSize = 4096): Promise<string> {
  const path = freshFile();
  const db = open<Buffer, Buffer>({ path, noSubdir: true, keyEncoding: "binary", encoding: "binary", pageSize });
  db.transactionSync(() => {
    for (let index = 0; index < count; index++) void db.put(Buffer.from([1, index >> 8, index & 255]), Buffer.alloc(1000));
  });
  await db.close();
  return path;
}

test("a file that LMDB made, or that is empty, passes", async () => {
  for (const count of entries) for (const pageSize of [4096, 16_384]) checkDataFile(await database(count, pageSize));
  const empty = freshFile();
  writeFileSync(empty, "");
  checkDataFile(empty);
});

test("a file of another kind is no database", () => {
  const file = freshFile();
  for (const bytes of ["x", "no database at all. ".repeat(1000), Buffer.alloc(100), Buffer.alloc(8192), Buffer.alloc(100_000, 0xff)]) {
    writeFileSync(file, bytes);
    expect(() => checkDataFile(file)).toThrow(expect.objectContaining({ code: "wrong-store" }));
  }
});

test("a file cut short is corrupt, unless it can still be opened", async () => {
  for (const count of entries) {
    const file = await database(count);
    const whole = readFileSync(file);
    for (const length of [8191, 5000, 4096, 1000, 160]) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      expect(() => checkDataFile(file)).toThrow(
        expect.objectContaining({ code: "corrupt", message: expect.stringContaining(`at ${length} bytes`) }),
      );
    }
    // At each length at which it passes, LMDB opens it.
    for (let length = 8192; length <= whole.length; length += 4096) {
      writeFileSync(file, whole.subarray(0, length));
      try {
        checkDataFile(file);
      } catch (error) {
        expect(error).toMatchObject({ code: "corrupt" });
        continue;
      }
      await open({ path: file, noSubdir: true }).close();
    }
  }
});

test("of the two pages that say what it is, both must", async () => {
  const file = await database(1);
  const whole = readFileSync(file);
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(value, at);
    writeFileSync(file, bytes);
    return () => checkDataFile(file);
  };
  for (const at of [16, 24, 28]) {
    expect(changed(at, 7)).toThrow(expect.objectContaining({ code: "wrong-store" }));
    expect(changed(4096 + at, 7)).toThrow(expect.objectContaining({ code: "corrupt" }));
  }
  for (const pageBytes of [0, 100, 1 << 20]) expect(changed(48, pageBytes)).toThrow(expect.objectContaining({ code: "wrong-store" }));
});

test("its state is the newest transaction's: how long the file is, and the two pages that say so", async () => {
  for (const count of entries) {
    const file = await database(count);
    const whole = readFileSync(file);
    const { head, bytes, transaction } = dataFileState(file);
    expect([head.length, whole.subarray(0, 8192).equals(head), bytes]).toEqual([8192, true, whole.length]);
    expect(transaction).toBe(count === 0 ? 0n : 1n);
  }
  const none = freshFile();
  writeFileSync(none, "no database");
  expect(() => dataFileState(none)).toThrow(expect.objectContaining({ code: "internal" }));
});
