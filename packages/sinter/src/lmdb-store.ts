import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import {
  type Batch,
  type ReadableKeys,
  SinterError,
  type Store,
  type StoreFailure,
  storeGroupBytesMax,
  storeKeyBytesMax,
  storeMapBytes,
  storeReserveBytes,
  storeSynchronousBytesMax,
  storeSynchronousMsMax,
} from "@sinter/core";
import { type Database, open } from "lmdb";
import { dataFileState } from "./data-file.js";
import { LmdbKeys } from "./lmdb-keys.js";
import { type FreeBlocks, StoreRoom } from "./store-room.js";

/** What the store needs of an LMDB database; a test may stand in for it. */
export type LmdbDatabase = Pick<
  Database<Uint8Array, Uint8Array>,
  "getBinaryFast" | "getRange" | "put" | "remove" | "batch" | "transactionSync" | "useReadTransaction" | "close"
>;

export interface LmdbStoreOptions {
  /** Steady milliseconds; the system's if left out. */
  readonly nowMs?: () => number;
  /** Kept free on the disk, so that a full one can be left in order. */
  readonly reserveBytes?: number;
  /** How far the data file may grow. Only address space is taken. */
  readonly mapBytes?: number;
  readonly statfs?: (path: string) => FreeBlocks;
  /** `adaptive` if left out: see docs/decisions/003-how-a-commit-reaches-the-disk.md. */
  readonly commits?: "adaptive" | "asynchronous";
  /** Stands between the store and LMDB, for tests of what LMDB answers only on a failing disk. */
  readonly intercept?: (database: LmdbDatabase) => LmdbDatabase;
}

/** The data file as of one transaction. Until it is released no later one writes over what it consists of: the file grows
 * instead. Release it before the store is closed. */
export interface DataSnapshot {
  readonly file: string;
  /** Stands in for the file's first bytes, which the next transactions do write over. */
  readonly head: Uint8Array;
  /** Of the file, from its beginning. */
  readonly bytes: number;
  release(): void;
}

interface Commit {
  readonly batch: Batch;
  readonly bytes: number;
  readonly done: (failure?: StoreFailure) => void;
  /** Set where it is clear from the start that nothing will be written. */
  readonly refused: StoreFailure | undefined;
}

const CLOSED: StoreFailure = { reason: "the store is closed", outcome: "not written" };

/** How much the latest synchronous commit weighs in the mean, and how slowly a bad mean is forgotten by others. One stall of
 * the disk, however long, is not to change the way; three slow commits on end are. */
const NEWEST_SHARE = 0.125;
const FORGET_SHARE = 0.005;
const SLOW_MS = 4 * storeSynchronousMsMax;

/** The Store port over LMDB. Whoever opens one holds the lock of its directory (store-lock.ts): LMDB itself does not mind
 * a second process. */
export class LmdbStore implements Store {
  readonly keys: ReadableKeys;
  readonly #file: string;
  readonly #database: LmdbDatabase;
  readonly #room: StoreRoom;
  readonly #nowMs: () => number;
  readonly #commits: "adaptive" | "asynchronous";
  /** Not yet given to LMDB. */
  #waiting: Commit[] = [];
  /** Given to LMDB, or answered in a moment. One transaction at a time: a later one never meets a failed one's wreck. */
  #underWay: readonly Commit[] = [];
  #synchronousMs = 0;
  #failure: StoreFailure | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  /** Wait for the moment between two transactions. */
  #snapshots: (() => void)[] = [];

  constructor(file: string, options: LmdbStoreOptions = {}) {
    const database: LmdbDatabase = open<Uint8Array, Uint8Array>({
      path: file,
      noSubdir: true,
      keyEncoding: "binary",
      encoding: "binary",
      mapSize: options.mapBytes ?? storeMapBytes,
      pageSize: 4096,
      maxDbs: 1,
      overlappingSync: false,
      eventTurnBatching: false,
    });
    this.#file = file;
    this.#database = options.intercept?.(database) ?? database;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#commits = options.commits ?? "adaptive";
    this.keys = new LmdbKeys(this.#database);
    this.#room = new StoreRoom(dirname(file), {
      reserveBytes: options.reserveBytes ?? storeReserveBytes,
      nowMs: this.#nowMs,
      ...(options.statfs === undefined ? {} : { statfs: options.statfs }),
    });
  }

  roomBytes(): number {
    return this.#room.bytes();
  }

  commit(batch: Batch, done: (failure?: StoreFailure) => void): void {
    const commit = { batch, bytes: measured(batch), done, refused: this.#closing === undefined ? undefined : CLOSED };
    this.#waiting.push(commit);
    if (this.#waiting.length > 1 || this.#underWay.length > 0) return;
    if (this.#maySynchronously(commit)) this.#writeSynchronously();
    else this.#writeNext();
  }

  /** All that was acknowledged before the call is in it. */
  snapshot(): Promise<DataSnapshot> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        try {
          resolve(this.#snapshot());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#underWay.length === 0) take();
      else this.#snapshots.push(take);
    });
  }

  #snapshot(): DataSnapshot {
    const reason = this.#closing === undefined ? this.#failure?.reason : CLOSED.reason;
    if (reason !== undefined) throw new SinterError("stopped", `the store cannot be copied: ${reason}`, "Open it again.");
    const { head, bytes, transaction } = dataFileState(this.#file);
    // LMDB reuses no page freed since the oldest read transaction began: should this one have begun a moment ago, for a read,
    // it keeps what that state consists of as well as this one.
    const reading = this.#database.useReadTransaction();
    if (dataFileState(this.#file).transaction !== transaction) {
      reading.done();
      throw new SinterError("in-use", "somebody else writes to the store", "Stop whoever does: only its holder may.");
    }
    return { file: this.#file, head, bytes, release: () => reading.done() };
  }

  /** Waits for what is under way; commits made after this are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#underWay.length > 0 || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#database.close();
  }

  /** Alone and small, a commit is quickest without a change of thread; on a slow disk it would hold everything up. */
  #maySynchronously({ bytes, refused }: Commit): boolean {
    if (this.#failure !== undefined || refused !== undefined || this.#commits === "asynchronous") return false;
    return bytes <= storeSynchronousBytesMax && this.#synchronousMs <= storeSynchronousMsMax;
  }

  #writeSynchronously(): void {
    const group = this.#take();
    const begun = this.#nowMs();
    let failure: StoreFailure | undefined;
    try {
      this.#database.transactionSync(() => this.#apply(group));
    } catch (error) {
      failure = failureOf(error);
    }
    this.#synchronousMs += (Math.min(this.#nowMs() - begun, SLOW_MS) - this.#synchronousMs) * NEWEST_SHARE;
    queueMicrotask(() => this.#finish(group, failure));
  }

  #writeNext(): void {
    const group = this.#take();
    const refused = this.#failure ?? group[0]?.refused;
    if (refused !== undefined) {
      queueMicrotask(() => this.#finish(group, refused));
      return;
    }
    this.#synchronousMs -= this.#synchronousMs * FORGET_SHARE;
    void this.#writeAsynchronously(group).then((failure) => this.#finish(group, failure));
  }

  /** Never rejects. */
  async #writeAsynchronously(group: readonly Commit[]): Promise<StoreFailure | undefined> {
    try {
      await this.#database.batch(() => this.#apply(group));
      return undefined;
    } catch (error) {
      return failureOf(await causeOf(error));
    }
  }

  #take(): readonly Commit[] {
    const first = this.#waiting[0];
    let bytes = 0;
    const end = this.#waiting.findIndex((commit) => {
      bytes += commit.bytes;
      return commit !== first && (bytes > storeGroupBytesMax || commit.refused !== first?.refused);
    });
    this.#underWay = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    return this.#underWay;
  }

  #apply(group: readonly Commit[]): void {
    for (const { batch } of group) {
      for (const [key, value] of batch) void (value === undefined ? this.#database.remove(key) : this.#database.put(key, value));
    }
  }

  #finish(group: readonly Commit[], failure: StoreFailure | undefined): void {
    if (failure !== undefined && failure !== CLOSED) this.#failure ??= afterwards(failure);
    this.#underWay = [];
    for (const take of this.#snapshots.splice(0)) take();
    // The next transaction is on its way before anybody hears of this one: the disk need not wait for them.
    if (this.#waiting.length > 0) this.#writeNext();
    for (const { bytes, done } of group) {
      if (failure === undefined) this.#room.wrote(bytes);
      done(failure);
    }
    if (this.#underWay.length === 0 && this.#waiting.length === 0) this.#idle?.();
  }
}

/** Bytes a batch brings. Throws on what LMDB would refuse half-way, having kept what came before it. */
function measured(batch: Batch): number {
  let bytes = 0;
  for (const [key, value] of batch) {
    if (key.length === 0 || key.length > storeKeyBytesMax)
      throw new RangeError(`a key has 1 to ${storeKeyBytesMax} bytes, not ${key.length}`);
    bytes += key.length + (value?.length ?? 0);
  }
  return bytes;
}

/** Where LMDB rejects a promise, the reason comes in a promise of its own, which must not be left unhandled. */
async function causeOf(error: unknown): Promise<unknown> {
  const inner = (error as { readonly commitError?: Promise<unknown> } | undefined)?.commitError;
  if (inner === undefined) return error;
  try {
    await inner;
    return error;
  } catch (cause) {
    return cause;
  }
}

/** What LMDB finds out before it touches the disk. */
const NOT_WRITTEN = /MDB_(MAP|TXN|DBS)_FULL|MDB_BAD_VALSIZE|closed/;

function failureOf(error: unknown): StoreFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return { reason, outcome: NOT_WRITTEN.test(reason) ? "not written" : "unknown" };
}

const afterwards = ({ reason }: StoreFailure): StoreFailure => ({
  reason: `an earlier commit failed: ${reason}`,
  outcome: "not written",
});
