import { decodeStoreRecord, isMalformed, metaKey, SinterError, type StoredStoreRecord, toHex } from "@sinter/core";
import { checkDataFile } from "./data-file.js";
import { LmdbStore } from "./lmdb-store.js";
import type { StoreLock } from "./store-lock.js";

// The data file of a store whose lock is held: opened, and asked what store it is.

export function openData(lock: Pick<StoreLock, "dataFile">, { reserveBytes }: { readonly reserveBytes?: number } = {}): LmdbStore {
  try {
    checkDataFile(lock.dataFile);
    return new LmdbStore(lock.dataFile, reserveBytes === undefined ? {} : { reserveBytes });
  } catch (error) {
    if (error instanceof SinterError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SinterError(
      "wrong-store",
      `${lock.dataFile} cannot be opened: ${reason}`,
      "Name another directory, or put the file back from a backup.",
      { cause: error },
    );
  }
}

export function readStoreRecord(store: LmdbStore, dir: string): StoredStoreRecord | undefined {
  const bytes = store.keys.get(metaKey("store"));
  if (bytes === undefined) {
    // An empty data file is a store to be; one with other things in it is none of ours.
    for (const [key] of store.keys.range({ from: new Uint8Array(0), to: Uint8Array.of(0xff, 0xff), limit: 1 })) {
      throw new SinterError(
        "wrong-store",
        `${dir} holds data that is no store of this program (key ${toHex(key).slice(0, 16)})`,
        "Name another directory.",
      );
    }
    return undefined;
  }
  const record = decodeStoreRecord(bytes);
  if (!isMalformed(record)) return record;
  throw new SinterError(
    "wrong-store",
    `${dir} cannot be read: ${record.reason}`,
    "Use a newer version of sinter, or name another directory.",
  );
}
