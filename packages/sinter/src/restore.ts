import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  type AuditReport,
  auditStore,
  backupKeysBytesMax,
  backupManifestBytesMax,
  DamagedStore,
  encodeStoreRecord,
  FeedView,
  hasHybridSeals,
  isMalformed,
  metaKey,
  SinterError,
  type StoreFailure,
  toHex,
} from "@sinter/core";
import { type BackupFile, type BackupManifest, backupFile, backupNames, decodeManifest } from "./backup-manifest.js";
import { copyPieces, type PiecesOptions, throwIfAborted } from "./copy-pieces.js";
import { loadFalcon } from "./falcon.js";
import { openData, readStoreRecord } from "./held-data.js";
import { keyFileName } from "./key-file.js";
import type { LmdbStore } from "./lmdb-store.js";
import { guarded, placeFor, refuseOpenToOthers, refuseWithoutRoom, syncDirectory, withFile, withNewFile } from "./new-directory.js";
import { Ed25519Verifier } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";
import { newInstance } from "./store-instance.js";
import { dataFileName } from "./store-lock.js";

export interface RestoreOptions {
  readonly backup: string;
  /** Where the store is to be: not there yet, or empty. */
  readonly dir: string;
  /** What to do if an audit finds something wrong in what was backed up: `refuse` it if left out. Such a store may be mended,
   * or read around the damage. */
  readonly unsound?: "refuse" | "accept";
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly step: "copied" | "verified"; readonly done: number; readonly total: number }) => void;
}

export interface RestoreReport {
  readonly dir: string;
  readonly network: string;
  readonly author: string;
  readonly keys: "included" | "left out";
  readonly bytes: number;
  /** The moment whose state was restored, as an ISO time. */
  readonly at: string;
  readonly events: number;
  /** None, unless an unsound store was accepted. */
  readonly problems: AuditReport["problems"];
}

const AUDIT_SLICE_MS = 10;
const earlier = "Restore an earlier backup.";

/** Makes a store of a backup. It is whole and verified before it is there: nothing that an append would refuse comes in this
 * way either. What it writes goes into epochs of its own, so the store it was made of may go on as well. */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const backup = resolve(options.backup);
  const dir = resolve(options.dir);
  const manifest = await readManifest(backup);
  const place = await placeFor("store", dir);
  throwIfAborted(options.signal);
  // Beside its place, so that a rename moves it there.
  const making = await guarded(dirname(dir), () => mkdtemp(join(dirname(dir), `${basename(dir)}.unfinished-`)));
  try {
    const found = await fill(making, backup, { manifest, options });
    throwIfAborted(options.signal);
    if (place === "empty") await guarded(dir, () => rmdir(dir));
    await guarded(dir, () => rename(making, dir));
    await syncDirectory(dirname(dir));
    const { network, author, at, data, keys } = manifest;
    return { dir, network, author, keys: keys === null ? "left out" : "included", bytes: data.bytes, at, ...found };
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

async function readManifest(backup: string): Promise<BackupManifest> {
  const path = join(backup, backupNames.manifest);
  if (!existsSync(path)) {
    if (existsSync(join(backup, backupNames.data)))
      throw new SinterError("corrupt", `the backup in ${backup} was never finished`, "Use another, and remove this one.");
    throw new SinterError("not-found", `there is no backup in ${backup}`, "Name a directory that sinter backup made.");
  }
  const bytes = await withFile(path, async (file) => {
    const buffer = Buffer.alloc(backupManifestBytesMax);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  });
  const manifest = decodeManifest(bytes);
  if (typeof manifest === "number")
    throw new SinterError("wrong-store", `the backup in ${backup} has format ${manifest}`, "Use a newer version of sinter.");
  if (isMalformed(manifest)) throw damaged(path, manifest.reason);
  return manifest;
}

interface Filling {
  readonly manifest: BackupManifest;
  readonly options: RestoreOptions;
}

type Found = Pick<RestoreReport, "events" | "problems">;

/** The data file has its name only once it is verified: until then the directory is no store. */
async function fill(making: string, backup: string, { manifest, options }: Filling): Promise<Found> {
  const { signal, progress } = options;
  const goesOn = signal === undefined ? {} : { signal };
  const copied = {
    progress: (done: { bytes: number; total: number }) => progress?.({ step: "copied", done: done.bytes, total: done.total }),
  };
  const data = join(making, `${dataFileName}.new`);
  await refuseWithoutRoom(making, manifest.data.bytes, making);
  await copyChecked({ from: join(backup, backupNames.data), to: data, expected: manifest.data }, { ...goesOn, ...copied });
  if (manifest.keys !== null) {
    const from = join(backup, backupNames.keys);
    if (manifest.keys.bytes > backupKeysBytesMax) throw damaged(from, "it is too large for keys");
    const to = join(making, keyFileName);
    await copyChecked({ from, to, expected: manifest.keys }, goesOn);
    await withFile(to, (file) => refuseOpenToOthers(file, to));
  }
  const found = await founded(data, { backup, manifest, options });
  await rm(`${data}-lock`, { force: true });
  await guarded(making, () => rename(data, join(making, dataFileName)));
  await syncDirectory(making);
  return found;
}

interface Checked {
  readonly from: string;
  readonly to: string;
  readonly expected: BackupFile;
}

async function copyChecked({ from, to, expected }: Checked, options: Omit<PiecesOptions, "bytes">): Promise<void> {
  await withFile(from, async (source) => {
    const { size } = await source.stat();
    if (size !== expected.bytes) throw damaged(from, `it has ${size} of ${expected.bytes} bytes`);
    await withNewFile(to, async (target) => {
      const sum = await copyPieces(source, target, { ...options, bytes: size });
      if (backupFile(size, sum).crc32 !== expected.crc32) throw damaged(from, "its bytes are not those that were backed up");
    });
  });
}

/** Verifies the store in a data file, and makes it an instance of its own: a file system that keeps no time of birth might
 * give the file the inode of the one it is a copy of. */
async function founded(dataFile: string, { backup, manifest, options }: Filling & { readonly backup: string }): Promise<Found> {
  const store = openData({ dataFile });
  try {
    const record = readStoreRecord(store, backup);
    if (record === undefined || toHex(record.author) !== manifest.author || record.networkName !== manifest.network)
      throw damaged(join(backup, backupNames.manifest), "it describes another store than the one beside it");
    const falcon = hasHybridSeals(new FeedView(store.keys)) ? { falcon: await loadFalcon() } : {};
    const parts = { hasher: createNodeHasher(), verifier: new Ed25519Verifier(), network: record.network, ...falcon };
    const { ok, events, problems } = await audited(store, parts, options);
    const [first] = problems;
    if (!ok && first !== undefined && options.unsound !== "accept") {
      const count = problems.length === 1 ? "" : `, and ${problems.length - 1} more`;
      const what = `the store in ${backup} was not sound when it was backed up: ${first.what} at ${first.where}: ${first.detail}${count}`;
      throw new SinterError("corrupt", what, `${earlier.slice(0, -1)}, or this one as it is with --unsound.`);
    }
    await written(store, encodeStoreRecord(newInstance(record, dataFile)));
    return { events, problems };
  } catch (error) {
    if (!(error instanceof DamagedStore)) throw error;
    throw new SinterError("corrupt", `the store in ${backup} was not sound when it was backed up: ${error.message}`, earlier, {
      cause: error,
    });
  } finally {
    await store.close();
  }
}

async function audited(
  store: LmdbStore,
  parts: Parameters<typeof auditStore>[1],
  { signal, progress }: RestoreOptions,
): Promise<AuditReport> {
  const steps = auditStore(new FeedView(store.keys), parts);
  let pauseAtMs = performance.now() + AUDIT_SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < pauseAtMs) continue;
    progress?.({ step: "verified", done: step.value.events, total: step.value.total });
    await new Promise<void>((resolve) => setImmediate(resolve));
    throwIfAborted(signal);
    pauseAtMs = performance.now() + AUDIT_SLICE_MS;
  }
}

async function written(store: LmdbStore, record: Uint8Array): Promise<void> {
  const failure = await new Promise<StoreFailure | undefined>((done) => store.commit([[metaKey("store"), record]], done));
  if (failure === undefined) return;
  throw new SinterError("disk-full", `the restored store cannot be written: ${failure.reason}`, "Free some space, then restore again.");
}

function damaged(path: string, why: string): SinterError {
  return new SinterError("corrupt", `${path} is damaged: ${why}`, "Restore another backup.");
}
