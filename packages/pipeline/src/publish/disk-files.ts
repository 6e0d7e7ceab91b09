import type { Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir, readlink, rename, unlink } from "node:fs/promises";
import type { FileSystem, Found, OpenFile, Permissions } from "./file-system.js";

// The disk itself. Windows syncs no files that are open to be read, and no directories; nor does it need to for directories.

const isWindows = process.platform === "win32";
const PERMISSION_BITS = 0o777;
/** Are for one group, and not for another that may have the file instead. */
const GROUP_BITS = 0o070;

export const diskFiles: FileSystem = {
  async look(path) {
    const found = await orMissing(lstat(path));
    if (found === undefined) return undefined;
    const leadsTo = found.isSymbolicLink() ? await readlink(path) : undefined;
    const about = { kind: kindOf(found), permissions: permissionsOf(found), modifiedMs: found.mtimeMs };
    return leadsTo === undefined ? about : { ...about, leadsTo };
  },
  list: (dir) => readdir(dir),
  open: async (path) => new DiskFile(await open(path, "r"), "to be read"),
  async create(path, permissions) {
    // Nobody else is to read what is not to be read by them, however short the moment.
    const file = await open(path, "wx", permissions === undefined ? 0o666 : 0o600);
    try {
      if (permissions !== undefined) await give(file, permissions);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new DiskFile(file, "to be written");
  },
  rename,
  remove: unlink,
  async syncDirectory(dir) {
    if (isWindows) return;
    const folder = await open(dir, "r");
    try {
      await folder.sync();
    } catch (error) {
      // File systems that are shared over a network may have no such thing.
      if (!/^(EINVAL|ENOTSUP|ENOSYS)$/.test(codeOf(error))) throw error;
    } finally {
      await folder.close();
    }
  },
};

class DiskFile implements OpenFile {
  readonly #file: FileHandle;
  readonly #use: "to be read" | "to be written";

  constructor(file: FileHandle, use: "to be read" | "to be written") {
    this.#file = file;
    this.#use = use;
  }

  async read(into: Uint8Array): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#file.read(into, done, into.length - done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) done += (await this.#file.write(bytes, done, bytes.length - done)).bytesWritten;
  }

  async sync(): Promise<void> {
    if (!isWindows || this.#use === "to be written") await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Only what differs is asked for: file systems without owners or modes refuse. */
async function give(file: FileHandle, { mode, owner, group }: Permissions): Promise<void> {
  const is = await file.stat();
  const isAll = (is.uid === owner && is.gid === group) || (await isGiven(file, owner, group));
  // Who is not root cannot give files away, but can let a group of their own have them.
  const isGroups = isAll || is.gid === group || (await isGiven(file, is.uid, group));
  const given = isGroups ? mode : mode & ~GROUP_BITS;
  if ((is.mode & PERMISSION_BITS) !== given) await file.chmod(given);
}

async function isGiven(file: FileHandle, owner: number, group: number): Promise<boolean> {
  try {
    await file.chown(owner, group);
    return true;
  } catch (error) {
    if (codeOf(error) === "EPERM") return false;
    throw error;
  }
}

function kindOf(found: Stats): Found["kind"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "link" : "other";
}

function permissionsOf({ mode, uid: owner, gid: group }: Stats): Permissions {
  return { mode: mode & PERMISSION_BITS, owner, group };
}

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test(codeOf(error))) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
