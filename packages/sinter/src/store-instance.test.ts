import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthorId, asId, equalBytes, type NetworkId } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { type FileTouch, fileIdentity, isSameInstance, newInstance, probedFileIdentity } from "./store-instance.js";

const nonce = new Uint8Array(16);

function freshFile(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-instance-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "store.mdb");
  writeFileSync(file, "data");
  return file;
}

test("a file is itself after being written, moved and given another mode, and its copy is not", () => {
  const file = freshFile();
  const record = { nonce, ...probedFileIdentity(file) };
  writeFileSync(file, "more data");
  chmodSync(file, 0o600);
  expect(isSameInstance(record, fileIdentity(file))).toBe(true);
  renameSync(file, `${file}.moved`);
  expect(isSameInstance(record, fileIdentity(`${file}.moved`))).toBe(true);
  copyFileSync(`${file}.moved`, file);
  expect(isSameInstance(record, fileIdentity(file))).toBe(false);
});

test("an inode used again by a restored file is told by its birth, where both are known", () => {
  const record = { nonce, inode: 5n, birthNs: 100n };
  expect(isSameInstance(record, { inode: 5n, birthNs: 100n })).toBe(true);
  expect(isSameInstance(record, { inode: 5n, birthNs: 200n })).toBe(false);
  expect(isSameInstance(record, { inode: 6n, birthNs: 100n })).toBe(false);
  expect(isSameInstance(record, { inode: 5n, birthNs: 0n })).toBe(true);
  expect(isSameInstance({ ...record, birthNs: 0n }, { inode: 5n, birthNs: 200n })).toBe(true);
  expect(isSameInstance({ ...record, birthNs: 0n }, { inode: 6n, birthNs: 200n })).toBe(false);
});

function pretended(birth: "kept" | "as changed" | "never", ticksEvery: number): FileTouch {
  let changes = 0;
  const changedNs = () => 1_000n + BigInt(Math.floor(changes / ticksEvery));
  return {
    chmod: () => {
      changes += 1;
    },
    stat: () => ({
      ino: 9n,
      mode: 0o100600n,
      ctimeNs: changedNs(),
      birthtimeNs: birth === "kept" ? 7n : birth === "never" ? 0n : changedNs(),
    }),
  };
}

test("a birth that moves when the file changes is recorded as unknown", () => {
  expect(probedFileIdentity("x", pretended("kept", 3))).toEqual({ inode: 9n, birthNs: 7n });
  expect(probedFileIdentity("x", pretended("as changed", 3))).toEqual({ inode: 9n, birthNs: 0n });
  expect(probedFileIdentity("x", pretended("never", 1))).toEqual({ inode: 9n, birthNs: 0n });
});

test("where no change ever shows, the birth is unknown", () => {
  expect(probedFileIdentity("x", pretended("kept", 1_000))).toEqual({ inode: 9n, birthNs: 0n });
});

test("an instance of its own has another nonce, even where the file is the one that the record names", () => {
  const file = freshFile();
  const store = { network: asId<NetworkId>(new Uint8Array(32)), networkName: "home", author: asId<AuthorId>(new Uint8Array(32)) };
  const record = { ...store, instance: nonce, ...probedFileIdentity(file) };
  const [once, twice] = [newInstance(record, file), newInstance(record, file)];
  expect(once).toEqual({ ...record, instance: once.instance });
  expect([equalBytes(once.instance, nonce), equalBytes(once.instance, twice.instance), once.instance.length]).toEqual([false, false, 16]);
});
