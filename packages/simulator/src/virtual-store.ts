import type { Store, StoreFailure } from "@sinter/core";
import { applyBatch, type Batch, type Entry, MemoryKeys, type MemorySnapshot, type Range, type ReadableKeys } from "@sinter/core";
import { type Checksum, encodeRecord, firstChecksum, readRecord } from "./commit-log.js";
import type { SeededRandom } from "./seeded-random.js";
import type { Lifetime } from "./timeline.js";
import type { VirtualDisk } from "./virtual-disk.js";

// The Store port over a virtual disk. A commit becomes visible when its record is written, some time after the call,
// and is done when a sync that began after that has ended. Opening shows the records of the unbroken prefix of the log:
// every commit that was done, and some of those that followed.
//
// A full disk fails the commit and all that are under way behind it, and then the store goes on. After an error of the
// medium it stays closed until it is opened anew: nobody knows what a failed sync left behind.

/** What a reader is left with who keeps the bytes of `peek` too long. */
const OVERWRITTEN = 0xdd;

interface Commit {
  readonly batch: Batch;
  readonly done: (failure?: StoreFailure) => void;
  state: "begun" | "written" | "failed";
  /** The map before this commit; set when it is written. */
  before: MemorySnapshot | undefined;
  /** The disk's count of writes once this one was written. */
  upTo: number;
}

export interface VirtualStoreOptions {
  readonly disk: VirtualDisk;
  readonly life: Lifetime;
  readonly random: SeededRandom;
  /** Kept back from `roomBytes`. */
  readonly reserveBytes?: number;
}

export class VirtualStore implements Store {
  readonly keys: ReadableKeys;
  readonly #keys = new MemoryKeys();
  readonly #disk: VirtualDisk;
  readonly #life: Lifetime;
  readonly #random: SeededRandom;
  readonly #reserveBytes: number;
  #tail = 0;
  #checksum: Checksum = firstChecksum;
  /** Commits not yet answered, oldest first. */
  #underWay: Commit[] = [];
  #lastWriteAt = 0;
  #syncing: "yes" | "no" = "no";
  #failing: StoreFailure | undefined;
  #closed: string | undefined;

  /** Opens what is on the disk, and cuts off what does not hold together. */
  constructor({ disk, life, random, reserveBytes = 0 }: VirtualStoreOptions) {
    this.#disk = disk;
    this.#life = life;
    this.#random = random;
    this.#reserveBytes = reserveBytes;
    this.keys = new StoredKeys(this.#keys);
    this.#replay();
  }

  commit(batch: Batch, done: (failure?: StoreFailure) => void): void {
    const commit: Commit = { batch, done, state: "begun", before: undefined, upTo: 0 };
    this.#underWay.push(commit);
    const wanted = this.#life.now + this.#random.between(0, this.#disk.timing.writeMs);
    this.#lastWriteAt = Math.max(wanted, this.#lastWriteAt);
    this.#life.after(this.#lastWriteAt - this.#life.now, () => this.#write(commit));
  }

  roomBytes(): number {
    return Math.max(0, this.#disk.capacityBytes - this.#reserveBytes - this.#tail);
  }

  /** Why the store takes no more commits; nothing while it does. */
  get closed(): string | undefined {
    return this.#closed;
  }

  /** Rots one bit of a stored value, the key's or any: it reads so from now on, here and after reopening, with no
   * error. Answers whose it was, or nothing where there is no value with a bit in it. */
  flipBit(key?: Uint8Array): Uint8Array | undefined {
    const places = this.#valuePlaces();
    const chosen = key === undefined ? this.#anyKey(places) : key;
    const value = chosen === undefined ? undefined : this.#keys.get(chosen);
    const offset = chosen === undefined ? undefined : places.get(chosen.join());
    if (chosen === undefined || value === undefined || offset === undefined || value.length === 0) return undefined;
    const at = this.#random.below(value.length);
    const mask = 1 << this.#random.below(8);
    this.#disk.rot.push({ offset: offset + at, mask });
    const rotten = value.slice();
    rotten[at] = (rotten[at] as number) ^ mask;
    this.#keys.put(chosen, rotten);
    return chosen;
  }

  #anyKey(places: ReadonlyMap<string, number>): Uint8Array | undefined {
    const full = [...places.keys()]
      .map((text) => Uint8Array.from(text.split(","), Number))
      .filter((at) => (this.#keys.get(at)?.length ?? 0) > 0);
    return full.length === 0 ? undefined : this.#random.pick(full);
  }

  #replay(): void {
    const log = this.#disk.bytes();
    for (let record = readRecord(log, 0, this.#checksum); record !== undefined; record = readRecord(log, this.#tail, this.#checksum)) {
      for (const { key, value, valueOffset } of record.changes) {
        if (value === undefined) this.#keys.remove(key);
        else this.#keys.put(key, this.#rotten(value, valueOffset));
      }
      this.#tail = record.end;
      this.#checksum = record.checksum;
    }
    this.#disk.truncate(this.#tail);
  }

  #rotten(value: Uint8Array, offset: number): Uint8Array {
    for (const rot of this.#disk.rot) {
      const at = rot.offset - offset;
      if (at >= 0 && at < value.length) value[at] = (value[at] as number) ^ rot.mask;
    }
    return value;
  }

  /** Where in the log the value of each key lies that has one. */
  #valuePlaces(): Map<string, number> {
    const places = new Map<string, number>();
    const log = this.#disk.bytes();
    let checksum = firstChecksum;
    for (let at = 0; at < this.#tail; ) {
      const record = readRecord(log, at, checksum);
      if (record === undefined) throw new Error("the log is broken before its end");
      for (const { key, value, valueOffset } of record.changes) {
        if (value === undefined) places.delete(key.join());
        else places.set(key.join(), valueOffset);
      }
      at = record.end;
      checksum = record.checksum;
    }
    return places;
  }

  #write(commit: Commit): void {
    if (commit.state === "failed" || this.#disk.power === "cut") return;
    if (this.#closed !== undefined) this.#failing ??= { reason: `the store is closed: ${this.#closed}`, outcome: "not written" };
    if (this.#failing === undefined) this.#record(commit);
    this.#report();
  }

  #record(commit: Commit): void {
    const { bytes, checksum } = encodeRecord(commit.batch, this.#checksum);
    const failure = this.#disk.write(this.#tail, bytes);
    if (failure === "no space") this.#failing = { reason: "no space left on the disk", outcome: "not written" };
    if (failure === "write error") {
      this.#closed = "the disk cannot write";
      this.#failing = { reason: this.#closed, outcome: "unknown" };
    }
    if (failure !== undefined) return;
    commit.state = "written";
    commit.before = this.#keys.snapshot();
    commit.upTo = this.#disk.writes;
    applyBatch(this.#keys, commit.batch);
    this.#tail += bytes.length;
    this.#checksum = checksum;
    this.#sync();
  }

  /** One sync at a time; what is written meanwhile shares the next. */
  #sync(): void {
    if (this.#syncing === "yes" || this.#underWay[0]?.state !== "written") return;
    this.#syncing = "yes";
    const sync = this.#disk.beginSync();
    const { syncLeastMs, syncMostMs } = this.#disk.timing;
    this.#life.after(this.#random.between(syncLeastMs, syncMostMs) + sync.extraMs, () => {
      const end = this.#disk.endSync(sync);
      if (end === "power cut") return;
      this.#syncing = "no";
      if (end === "sync error") this.#syncFailed();
      else this.#flushed(sync.upTo);
    });
  }

  #flushed(upTo: number): void {
    const many = this.#underWay.findIndex((commit) => commit.state !== "written" || commit.upTo > upTo);
    const flushed = this.#underWay.splice(0, many < 0 ? this.#underWay.length : many);
    this.#sync();
    for (const commit of flushed) commit.done();
    this.#report();
  }

  #syncFailed(): void {
    this.#closed = "the disk cannot sync";
    const first = this.#underWay[0]?.before;
    if (first !== undefined) this.#keys.restore(first);
    this.#failing = { reason: this.#closed, outcome: "unknown" };
    for (const commit of this.#underWay) if (commit.state === "written") commit.state = "begun";
    this.#report();
  }

  /** Answers the failed commit and all behind it, once everything before it has been answered. */
  #report(): void {
    const failure = this.#failing;
    if (failure === undefined || this.#underWay[0]?.state === "written") return;
    this.#failing = undefined;
    const failed = this.#underWay.splice(0);
    for (const commit of failed) commit.state = "failed";
    for (const commit of failed) commit.done(failure);
  }
}

/** What readers get: the bytes of `peek` are overwritten by the next read, as the port allows. */
class StoredKeys implements ReadableKeys {
  readonly #keys: MemoryKeys;
  #peeked: Uint8Array | undefined;

  constructor(keys: MemoryKeys) {
    this.#keys = keys;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#overwrite();
    return this.#keys.get(key);
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    this.#overwrite();
    this.#peeked = this.#keys.peek(key)?.slice();
    return this.#peeked;
  }

  range(range: Range): Iterable<Entry> {
    this.#overwrite();
    return this.#keys.range(range);
  }

  #overwrite(): void {
    this.#peeked?.fill(OVERWRITTEN);
    this.#peeked = undefined;
  }
}
