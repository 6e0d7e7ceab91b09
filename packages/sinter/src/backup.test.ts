import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthorId, asId, type NetworkId, type StoreRecord } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { Backups } from "./backup.js";
import { backupNames } from "./backup-manifest.js";
import { dataFileState } from "./data-file.js";
import { LmdbStore } from "./lmdb-store.js";

const record: StoreRecord = {
  network: asId<NetworkId>(new Uint8Array(32)),
  networkName: "home",
  author: asId<AuthorId>(new Uint8Array(32).fill(1)),
  instance: new Uint8Array(16),
  inode: 1n,
  birthNs: 1n,
};

const written = (store: LmdbStore, value: number) =>
  new Promise<unknown>((done) => store.commit([[Uint8Array.of(1), new Uint8Array(5_000).fill(value)]], done));

test("what is committed between the snapshot and the first read is not in the backup", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sinter-backup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "keys.json"), "any text at all");
  const store = new LmdbStore(join(dir, "store.mdb"));
  await written(store, 1);
  const { transaction } = dataFileState(join(dir, "store.mdb"));
  const late: Pick<LmdbStore, "snapshot"> = {
    snapshot: async () => {
      const snapshot = await store.snapshot();
      for (let value = 2; value < 9; value++) await written(store, value);
      return snapshot;
    },
  };

  const backups = new Backups({ store: late, dir, record });
  const { bytes } = await backups.make(join(dir, "backup"), {});
  await store.close();

  // Asked first: given a later beginning, LMDB would look for pages that are not in the copy, and fall.
  expect(dataFileState(join(dir, "backup", backupNames.data)).transaction).toBe(transaction);
  const copy = new LmdbStore(join(dir, "backup", backupNames.data));
  onTestFinished(() => copy.close());
  expect([copy.keys.get(Uint8Array.of(1))?.[0], bytes % 4096]).toEqual([1, 0]);
});
