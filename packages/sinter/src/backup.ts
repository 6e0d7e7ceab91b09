import { join, resolve } from "node:path";
import { type BackupOptions, type BackupReport, backupKeysBytesMax, SinterError, type StoreRecord, toHex } from "@sinter/core";
import { type BackupFile, backupFile, backupNames, encodeManifest } from "./backup-manifest.js";
import { copyPieces, type PiecesOptions, throwIfAborted } from "./copy-pieces.js";
import { keyFileName } from "./key-file.js";
import type { LmdbStore } from "./lmdb-store.js";
import { Filling, refuseOpenToOthers, refuseWithoutRoom, withFile } from "./new-directory.js";

export interface BackupsParts {
  readonly store: Pick<LmdbStore, "snapshot">;
  /** Where the store and its keys lie. */
  readonly dir: string;
  readonly record: StoreRecord;
}

/** Backups of a store that is in use, one at a time. */
export class Backups {
  readonly #parts: BackupsParts;
  readonly #closing = new AbortController();
  #underWay: Promise<BackupReport> | undefined;

  constructor(parts: BackupsParts) {
    this.#parts = parts;
  }

  async make(dir: string, options: BackupOptions): Promise<BackupReport> {
    if (this.#underWay !== undefined)
      throw new SinterError("busy", "a backup of this store is being made already", "Wait until that one is done.");
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    this.#underWay = this.#make(resolve(dir), { ...options, signal: AbortSignal.any(signals) });
    try {
      return await this.#underWay;
    } finally {
      this.#underWay = undefined;
    }
  }

  /** Calls off what is under way. The store may be closed afterwards. */
  async close(): Promise<void> {
    this.#closing.abort(new SinterError("stopped", "the peer was closed before the backup was done", "Open it again, then back it up."));
    // Whoever asked for the backup is told what became of it.
    await this.#underWay?.catch(() => undefined);
  }

  async #make(dir: string, options: BackupOptions): Promise<BackupReport> {
    const filling = await Filling.begin(dir);
    try {
      return await this.#fill(filling, options);
    } catch (error) {
      await filling.undo();
      throw error;
    }
  }

  async #fill(filling: Filling, { keys: wanted, signal, progress }: BackupOptions): Promise<BackupReport> {
    const { networkName: network, author: authorId } = this.#parts.record;
    const goesOn = signal === undefined ? {} : { signal };
    throwIfAborted(signal);
    const { data, at } = await this.#copyData(filling, progress === undefined ? goesOn : { ...goesOn, progress });
    const keys = wanted === "leave out" ? null : await this.#copyKeys(filling, goesOn);
    throwIfAborted(signal);
    const author = toHex(authorId);
    await filling.complete(backupNames.manifest, encodeManifest({ network, author, at, data, keys }));
    return { dir: filling.dir, network, author, keys: keys === null ? "left out" : "included", ...data, at };
  }

  async #copyData(filling: Filling, options: Omit<PiecesOptions, "bytes">): Promise<{ readonly data: BackupFile; readonly at: string }> {
    const { file, head, bytes, release } = await this.#parts.store.snapshot();
    const at = new Date().toISOString();
    try {
      await refuseWithoutRoom(filling.dir, bytes, file);
      const sum = await withFile(file, (from) =>
        filling.newFile(backupNames.data, (to) => copyPieces(from, to, { ...options, bytes, head })),
      );
      return { data: backupFile(bytes, sum), at };
    } finally {
      release();
    }
  }

  /** Whatever is in them: nothing here reads it. */
  async #copyKeys(filling: Filling, options: Omit<PiecesOptions, "bytes">): Promise<BackupFile> {
    const path = join(this.#parts.dir, keyFileName);
    return await withFile(path, async (from) => {
      const { size: bytes } = await from.stat();
      if (bytes > backupKeysBytesMax)
        throw new SinterError("corrupt", `${path} is too large for keys`, "Put the store's own keys.json back.");
      const sum = await filling.newFile(backupNames.keys, async (to) => {
        await refuseOpenToOthers(to, join(filling.dir, backupNames.keys));
        return await copyPieces(from, to, { ...options, bytes });
      });
      return backupFile(bytes, sum);
    });
  }
}
