import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SinterError, storeReserveBytes } from "@sinter/core";

// What backup and restore ask of the directory they fill.

const others = 0o077;

/** `none` where nothing is there yet, `empty` where a directory is that may be filled; anything else is refused. */
export async function placeFor(what: "backup" | "store", dir: string): Promise<"none" | "empty"> {
  const found = await statOf(dir);
  if (found === undefined) {
    // Not made: where a disk is not mounted, the backup would end up beside the data it is to outlive.
    if (!(await statOf(dirname(dir)))?.isDirectory())
      throw new SinterError("not-found", `${dirname(dir)} is no directory`, `Make it first, or name another place for the ${what}.`);
    return "none";
  }
  if (!found.isDirectory()) throw new SinterError("exists", `${dir} is a file`, `Name a directory for the ${what} that is not there yet.`);
  const names = await guarded(dir, () => readdir(dir));
  if (names.length === 0) return "empty";
  throw new SinterError(
    "exists",
    `${dir} is not empty: ${names.slice(0, 3).sort().join(", ")}${names.length > 3 ? " …" : ""}`,
    `Name a directory for the ${what} that is empty or not there yet.`,
  );
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unwritable(error, path);
  }
}

/** A directory being filled in its place. What goes wrong takes away what was made, and nothing that others made. */
export class Filling {
  readonly dir: string;
  readonly #was: "none" | "empty";
  readonly #made: string[] = [];

  private constructor(dir: string, was: "none" | "empty") {
    this.dir = dir;
    this.#was = was;
  }

  static async begin(dir: string): Promise<Filling> {
    const was = await placeFor("backup", dir);
    if (was === "none") await guarded(dir, () => mkdir(dir, { mode: 0o700 }));
    return new Filling(dir, was);
  }

  newFile<T>(name: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
    return withNewFile(join(this.dir, name), async (file) => {
      this.#made.push(name);
      return await work(file);
    });
  }

  /** The file whose presence says that all of it is there: everything else is on the disk first. */
  async complete(name: string, text: string): Promise<void> {
    const fresh = `${name}.new`;
    await this.newFile(fresh, async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await syncDirectory(this.dir);
    this.#made.push(name);
    await guarded(this.dir, () => rename(join(this.dir, fresh), join(this.dir, name)));
    await syncDirectory(this.dir);
    if (this.#was === "none") await syncDirectory(dirname(this.dir));
  }

  async undo(): Promise<void> {
    for (const name of this.#made.reverse()) await rm(join(this.dir, name), { force: true });
    if (this.#was === "none") await rmdir(this.dir);
  }
}

/** A new file that only its owner may read, and what the work on it answers. */
export async function withNewFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await guarded(path, () => open(path, "wx", 0o600));
  try {
    return await guarded(path, () => work(file));
  } finally {
    await file.close();
  }
}

/** A file that is there, and what the work on it answers. */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await guarded(path, () => open(path, "r"));
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** File systems without modes show secrets to everybody. */
export async function refuseOpenToOthers(file: FileHandle, path: string): Promise<void> {
  if (process.platform === "win32" || ((await file.stat()).mode & others) === 0) return;
  throw new SinterError(
    "permission",
    `${path} would be open to others, and hold secret keys`,
    "Name a disk whose files can be kept private.",
  );
}

/** On a disk that a store writes to as well, its reserve stays free. */
export async function refuseWithoutRoom(dir: string, bytes: number, from: string): Promise<void> {
  const [{ bavail, bsize }, here, there] = await guarded(dir, () => Promise.all([statfs(dir), stat(dir), stat(from)]));
  const freeBytes = bavail * bsize - (here.dev === there.dev ? storeReserveBytes : 0);
  if (freeBytes >= bytes) return;
  throw new SinterError("disk-full", `${dir} has room for ${Math.max(0, freeBytes)} of ${bytes} bytes`, fullFix);
}

const fullFix = "Free some space, or name a directory on another disk.";

export async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unwritable(error, path);
  }
}

/** What the system says of a file or directory, as something to act on. */
function unwritable(error: unknown, path: string): unknown {
  if (error instanceof SinterError || !(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const of = (kind: SinterError["code"], what: string, fix: string) =>
    new SinterError(kind, `${path} ${what} (${code})`, fix, { cause: error });
  if (/^(ENOSPC|EDQUOT|EFBIG)$/.test(code)) return of("disk-full", "has no room for it", fullFix);
  if (/^(EACCES|EPERM|EROFS)$/.test(code))
    return of("permission", "may not be used by you", "Name a directory of your own, or change who owns it.");
  if (/^(EEXIST|ENOTEMPTY)$/.test(code)) return of("exists", "is there already", "Name one that is not there yet.");
  if (code === "EBUSY") return of("exists", "is where a disk is mounted", "Name a directory below it.");
  if (code === "ENOENT") return of("not-found", "is not there", "See that the path is right.");
  return code === "" ? error : new SinterError("internal", error.message, "See whether the disk is sound.", { cause: error });
}

export async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open directories, and needs no such sync.
  if (process.platform === "win32") return;
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
