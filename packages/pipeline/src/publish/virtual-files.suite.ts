import { basename, dirname } from "node:path";
import type { FileSystem, Found, OpenFile, Permissions, Processes } from "./file-system.js";

// Files on a machine that may lose its power. What is done is seen at once. After a crash a file has what was in it at its last sync, and of
// what was written since any part, to the byte; a directory has the names of its last sync, and of what changed since any part. A rename is
// there or not, and never half. Directories are file systems of their own.

interface File {
  readonly kind: "file";
  readonly permissions: Permissions;
  readonly modifiedMs: number;
  /** On the disk. */
  synced: Uint8Array;
  unsynced: Uint8Array[];
}

type Entry = File | { readonly kind: "link"; readonly leadsTo: string } | { readonly kind: "other" };

/** A change of names. Files are those of the disk it is done on. */
type Change = (names: Map<string, Entry>, onThisDisk: (entry: Entry) => Entry) => void;

interface Directory {
  readonly synced: Map<string, Entry>;
  unsynced: Change[];
}

/** What a process that was stopped would be told, if anybody still listened. */
export class Stopped extends Error {}

/** Virtual time stands still. */
export const VIRTUAL_MS = 1_000_000;

const unchanged = (entry: Entry) => entry;

export class VirtualFiles implements FileSystem {
  readonly #directories = new Map<string, Directory>();
  /** What was asked of the disk, in words. */
  readonly steps: string[] = [];
  /** Told after each step. */
  after: (() => void) | undefined;
  /** The process is stopped when so many steps are done. */
  stopAfter = Number.POSITIVE_INFINITY;
  /** By what code of the system's a step fails, if it does; a write when half is written. Steps are counted from 1. */
  failing: (step: number) => string | undefined = () => undefined;

  constructor(...directories: string[]) {
    for (const dir of directories) this.#directories.set(dir, { synced: new Map(), unsynced: [] });
  }

  get isStopped(): boolean {
    return this.steps.length >= this.stopAfter;
  }

  /** On the disk at once: what was there before. */
  put(path: string, text: string, permissions: Permissions = { mode: 0o644, owner: 0, group: 0 }): void {
    this.#put(path, { kind: "file", permissions, modifiedMs: VIRTUAL_MS, synced: Buffer.from(text), unsynced: [] });
  }

  putLink(path: string, leadsTo: string): void {
    this.#put(path, { kind: "link", leadsTo });
  }

  putOther(path: string): void {
    this.#put(path, { kind: "other" });
  }

  /** Which file stands under a name, to be read whatever becomes of the name. */
  fileAt(path: string): (() => string) | undefined {
    const entry = this.#entry(path);
    return entry?.kind === "file" ? () => seen(entry).toString() : undefined;
  }

  /** The text of a file. */
  text(path: string): string | undefined {
    return this.fileAt(path)?.();
  }

  identity(path: string): unknown {
    return this.#entry(path);
  }

  names(dir: string): string[] {
    return [...this.#names(dir).keys()];
  }

  look(path: string): Promise<Found | undefined> {
    return this.#step(`look ${basename(path)}`, () => {
      const none = { permissions: { mode: 0o777, owner: 0, group: 0 }, modifiedMs: VIRTUAL_MS };
      if (this.#directories.has(path)) return { ...none, kind: "directory" };
      const entry = this.#entry(path);
      return entry === undefined ? undefined : { ...none, ...entry };
    });
  }

  list(dir: string): Promise<readonly string[]> {
    return this.#step("list", () => this.names(dir));
  }

  open(path: string): Promise<OpenFile> {
    return this.#step("open", () => this.#opened(this.#file(path)));
  }

  create(path: string, permissions: Permissions = { mode: 0o644, owner: 0, group: 0 }): Promise<OpenFile> {
    return this.#step("create", () => {
      if (this.#entry(path) !== undefined) throw failure("EEXIST");
      const file: File = { kind: "file", permissions, modifiedMs: VIRTUAL_MS, synced: new Uint8Array(0), unsynced: [] };
      this.#change(path, (names, here) => names.set(basename(path), here(file)));
      return this.#opened(file);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step("rename", () => {
      if (dirname(from) !== dirname(to)) throw failure("EXDEV");
      const file = this.#file(from);
      if (this.#directories.has(to)) throw failure("EISDIR");
      this.#change(to, (names, here) => {
        names.delete(basename(from));
        names.set(basename(to), here(file));
      });
    });
  }

  remove(path: string): Promise<void> {
    return this.#step("remove", () => {
      if (this.#entry(path) === undefined) throw failure("ENOENT");
      this.#change(path, (names) => names.delete(basename(path)));
    });
  }

  syncDirectory(dir: string): Promise<void> {
    return this.#step("sync directory", () => {
      const directory = this.#directory(dir);
      for (const change of directory.unsynced) change(directory.synced, unchanged);
      directory.unsynced = [];
    });
  }

  /** Every disk that a loss of power at this moment may leave. */
  *afterPowerLoss(): Generator<VirtualFiles> {
    const disks = new Set<string>();
    for (const draw of everyDraw()) {
      const disk = this.#afterPowerLoss(draw);
      const holds = disk.#described();
      if (!disks.has(holds)) yield disk;
      disks.add(holds);
    }
  }

  #afterPowerLoss(draw: Draw): VirtualFiles {
    const disk = new VirtualFiles();
    const files = new Map<File, File>();
    const onThatDisk = (entry: Entry): Entry => {
      if (entry.kind !== "file") return entry;
      const kept = files.get(entry) ?? { ...entry, synced: afterLoss(entry, draw), unsynced: [] };
      files.set(entry, kept);
      return kept;
    };
    for (const [dir, { synced, unsynced }] of this.#directories) {
      const names = new Map([...synced].map(([name, entry]) => [name, onThatDisk(entry)]));
      for (const change of unsynced) if (draw(2) === 1) change(names, onThatDisk);
      disk.#directories.set(dir, { synced: names, unsynced: [] });
    }
    return disk;
  }

  #described(): string {
    const described = [...this.#directories].map(([dir, { synced }]) => [
      dir,
      ...[...synced].map(([name, entry]) => [name, entry.kind === "file" ? Buffer.from(entry.synced).toString("hex") : ""]),
    ]);
    return JSON.stringify(described);
  }

  #opened(file: File): OpenFile {
    let at = 0;
    return {
      read: (into) =>
        this.#step("read", () => {
          const read = seen(file).copy(into, 0, at);
          at += read;
          return read;
        }),
      write: (bytes) => {
        const copy = bytes.slice();
        return this.#step("write", () => void file.unsynced.push(copy), {
          onFault: () => file.unsynced.push(copy.subarray(0, copy.length / 2)),
        });
      },
      sync: () =>
        this.#step("sync", () => {
          file.synced = seen(file);
          file.unsynced = [];
        }),
      close: async () => undefined,
    };
  }

  /** A later turn, as with a disk. */
  async #step<T>(what: string, work: () => T, { onFault }: { readonly onFault?: () => void } = {}): Promise<T> {
    await Promise.resolve();
    if (this.isStopped) throw new Stopped();
    this.steps.push(what);
    const code = this.failing(this.steps.length);
    if (code !== undefined) {
      onFault?.();
      throw failure(code);
    }
    const answer = work();
    this.after?.();
    if (this.isStopped) throw new Stopped();
    return answer;
  }

  #put(path: string, entry: Entry): void {
    this.#directory(dirname(path)).synced.set(basename(path), entry);
  }

  #change(path: string, change: Change): void {
    this.#directory(dirname(path)).unsynced.push(change);
  }

  #directory(dir: string): Directory {
    const directory = this.#directories.get(dir);
    if (directory === undefined) throw failure("ENOENT");
    return directory;
  }

  #names(dir: string): Map<string, Entry> {
    const { synced, unsynced } = this.#directory(dir);
    const names = new Map(synced);
    for (const change of unsynced) change(names, unchanged);
    return names;
  }

  #entry(path: string): Entry | undefined {
    return this.#directories.has(dirname(path)) ? this.#names(dirname(path)).get(basename(path)) : undefined;
  }

  #file(path: string): File {
    const entry = this.#entry(path);
    if (entry?.kind !== "file") throw failure(entry === undefined ? "ENOENT" : "EINVAL");
    return entry;
  }
}

function seen({ synced, unsynced }: File): Buffer {
  return Buffer.concat([synced, ...unsynced]);
}

/** Each write is lost, there, there up to some byte, or there as zeros: the file has grown, and what is in it has not come. */
function afterLoss({ synced, unsynced }: File, draw: Draw): Uint8Array {
  let kept: Uint8Array = synced;
  let from = synced.length;
  for (const bytes of unsynced) {
    const outcome = draw(bytes.length + 2);
    const part = outcome > bytes.length ? new Uint8Array(bytes.length) : bytes.subarray(0, outcome);
    if (part.length > 0) {
      const longer = new Uint8Array(from + part.length);
      longer.set(kept);
      longer.set(part, from);
      kept = longer;
    }
    from += bytes.length;
  }
  return kept;
}

/** A number below `count`. */
type Draw = (count: number) => number;

/** All sequences of draws there are, one after the other: the last draw that has another outcome has that next. */
function* everyDraw(): Generator<Draw> {
  const drawn: { outcome: number; readonly count: number }[] = [];
  for (;;) {
    let at = 0;
    yield (count) => {
      drawn[at] ??= { outcome: 0, count };
      return drawn[at++].outcome;
    };
    while (drawn.length > 0 && drawn[drawn.length - 1].outcome + 1 === drawn[drawn.length - 1].count) drawn.pop();
    if (drawn.length === 0) return;
    drawn[drawn.length - 1].outcome++;
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk says no`), { code });
}

interface VirtualProcesses extends Omit<Processes, "isRunning" | "nowMs"> {
  readonly running: readonly number[];
  readonly nowMs: number;
}

/** Some processes of one machine: this one alone, where nothing else is said. */
export function virtualProcesses(said: Partial<VirtualProcesses> = {}): Processes {
  const { host = "0a0a0a0a", pid = 1, startedMs = 0, running = [pid], nowMs = VIRTUAL_MS } = said;
  return { host, pid, startedMs, isRunning: (other) => running.includes(other), nowMs: () => nowMs };
}
