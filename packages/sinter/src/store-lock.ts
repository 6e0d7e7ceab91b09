import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { SinterError } from "@sinter/core";
import { lockByFile } from "./lock-file.js";

export const dataFileName = "store.mdb";
export const holderFileName = "holder.json";

export interface StoreLockOptions {
  /** What the holder is, in words for whoever comes second: "sinter up". */
  readonly what: string;
  /** `socket` on Linux and `file` elsewhere, if left out. */
  readonly way?: "socket" | "file";
}

export interface StoreLock {
  readonly dataFile: string;
  /** Lets go. Close the store first. The lock dies with the process in any case. */
  release(): Promise<void>;
}

export interface Holder {
  readonly pid: number;
  readonly what: string;
  /** ISO time. */
  readonly since: string;
}

/** Takes a data directory for this process, making it if it is not there, or throws a SinterError `in-use` that names
 * who has it. To be called before LMDB opens the data file, since LMDB lets two processes in and says nothing. */
export async function lockStore(dir: string, options: StoreLockOptions): Promise<StoreLock> {
  const dataFile = prepared(dir);
  const way = options.way ?? (process.platform === "linux" ? "socket" : "file");
  const letGo = way === "socket" ? await lockBySocket(dataFile) : lockByFile(dir);
  if (letGo === undefined) throw inUse(dir);
  writeHolder(dir, { pid: process.pid, what: options.what, since: new Date().toISOString() });
  let released: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    // Removed while the lock is still held: afterwards the file would be the next holder's.
    rmSync(join(dir, holderFileName), { force: true });
    await letGo();
  };
  return {
    dataFile,
    release: () => {
      released ??= release();
      return released;
    },
  };
}

/** Who says to hold the directory; not proof that anybody does. */
export function readHolder(dir: string): Holder | undefined {
  try {
    const { pid, what, since } = JSON.parse(readFileSync(join(dir, holderFileName), "utf8")) as Partial<Holder>;
    return typeof pid === "number" && typeof what === "string" && typeof since === "string" ? { pid, what, since } : undefined;
  } catch {
    // It serves only to name the holder: without it the lock holds all the same.
    return undefined;
  }
}

/** Node's own recursive mkdir never ends where a file system (such as proc) says ENOENT to a folder whose parent is there. */
function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(dir))) throw error;
    makeDirectory(dirname(dir));
    mkdirSync(dir, { mode: 0o700 });
  }
}

function prepared(dir: string): string {
  const dataFile = join(dir, dataFileName);
  try {
    makeDirectory(resolve(dir));
    // An empty file is a new database to LMDB; made here because its inode names the lock.
    closeSync(openSync(dataFile, "a", 0o600));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new SinterError("permission", `cannot write to ${dir} (${code})`, "Choose a directory of your own, or change who owns it.");
    }
    throw new SinterError("no-store", `cannot make a store in ${dir}: ${message}`, "Choose another directory.");
  }
  return dataFile;
}

function writeHolder(dir: string, holder: Holder): void {
  const temporary = join(dir, `${holderFileName}.new`);
  writeFileSync(temporary, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(temporary, join(dir, holderFileName));
}

function inUse(dir: string): SinterError {
  const holder = readHolder(dir);
  const by = holder === undefined ? "another process" : `process ${holder.pid} (${holder.what}, since ${holder.since})`;
  const fix =
    holder === undefined
      ? "Wait for it to finish, or use another data directory."
      : `Stop process ${holder.pid}, or use another data directory.`;
  return new SinterError("in-use", `store ${resolve(dir)} is in use by ${by}`, fix);
}

/** A name in the kernel, gone with the process however it ends. Undefined where somebody else has it. */
async function lockBySocket(dataFile: string): Promise<(() => Promise<void>) | undefined> {
  const { dev, ino } = statSync(dataFile, { bigint: true });
  // Nobody has anything to say here: the name is all that counts.
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const bound = await new Promise<boolean>((answer, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") answer(false);
      else
        reject(
          new SinterError("internal", `cannot lock the store: ${error.message}`, "Report this, with the system it happened on.", {
            cause: error,
          }),
        );
    });
    server.listen({ path: `\0sinter-store-${dev}-${ino}` }, () => answer(true));
  });
  if (!bound) return undefined;
  return () => new Promise((closed) => server.close(() => closed()));
}
