import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Batch, FeedView, hasHybridSeals, type RepairResult, repairStore, SinterError, type StoreFailure } from "@sinter/core";
import { loadFalcon } from "./falcon.js";
import { openData, readStoreRecord } from "./held-data.js";
import type { LmdbStore } from "./lmdb-store.js";
import { Ed25519Verifier } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";
import { dataFileName, lockStore } from "./store-lock.js";

export interface RepairOptions {
  readonly dir: string;
  readonly signal?: AbortSignal;
}

/** Puts in order what can be told for certain of a store that nobody holds (see core's repair.ts), and says what that was. Called
 * off, or cut off, at any moment, it leaves a store that is no worse than before. */
export async function repair({ dir, signal }: RepairOptions): Promise<RepairResult> {
  if (!existsSync(join(dir, dataFileName)))
    throw new SinterError("no-store", `there is no store at ${dir}`, "Name the store's directory with --data DIR.");
  const lock = await lockStore(resolve(dir), { what: "sinter audit --repair" });
  let store: LmdbStore | undefined;
  try {
    store = openData(lock);
    const record = readStoreRecord(store, dir);
    if (record === undefined) return { mended: [] };
    const view = new FeedView(store.keys);
    const falcon = hasHybridSeals(view) ? { falcon: await loadFalcon() } : {};
    const parts = { hasher: createNodeHasher(), verifier: new Ed25519Verifier(), network: record.network, ...falcon };
    const steps = repairStore(view, parts);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      if (step.value.length > 0) await committed(store, step.value, dir);
      if (signal?.aborted) throw new SinterError("aborted", "called off", "Repair again: what was mended so far stays.");
    }
  } finally {
    await store?.close();
    await lock.release();
  }
}

async function committed(store: LmdbStore, batch: Batch, dir: string): Promise<void> {
  const failure = await new Promise<StoreFailure | undefined>((done) => store.commit(batch, done));
  if (failure === undefined) return;
  throw new SinterError(
    "internal",
    `the store in ${dir} cannot be written: ${failure.reason}`,
    "Free some space, or see whether the disk is sound.",
  );
}
