import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { Contents, type Pieces } from "./contents.js";
import { diskFiles } from "./disk-files.js";
import type { FileSystem, OpenFile, Processes } from "./file-system.js";
import { freshName, removeLeftBehind } from "./fresh-file.js";
import { atPlace } from "./system-fault.js";
import { systemProcesses } from "./system-processes.js";
import { type Target, targetAt } from "./target.js";

// A document takes the place of the one before at once: whoever reads it, whenever, and whatever stops this process or the machine, has
// the one or the other, whole.

export interface PublishOptions {
  /** Calls it off, as long as the document has not taken its place. */
  readonly signal?: AbortSignal | undefined;
  readonly files?: FileSystem;
  readonly processes?: Processes;
}

export interface Published {
  /** False where the very same bytes were there already: the file was not touched. */
  readonly published: boolean;
  /** "sha256:" and what `sha256sum` says of the file. */
  readonly hash: string;
}

/** Answers when a loss of power would not undo it any more. */
export async function publish(path: string, pieces: Pieces, options: PublishOptions = {}): Promise<Published> {
  const { signal, files = diskFiles, processes = systemProcesses } = options;
  const contents = new Contents(pieces, signal);
  const target = await targetAt(files, path);
  const answer = await atPlace(target, async () => {
    await removeLeftBehind(files, processes, target.dir);
    if (await isHeld(files, target, (file) => isKept(files, target.dir, { file, contents })))
      return { published: false, hash: await contents.hash() };
    return { published: true, hash: await replace(files, target, { name: freshName(processes), contents }) };
  });
  if (answer.published) await keep(files, target);
  return answer;
}

export interface Compared {
  /** Whether the file holds the very bytes of the document. */
  readonly same: boolean;
  /** Of the document. */
  readonly hash: string;
}

/** What publishing would find; nothing is changed. */
export async function compareWithPublished(
  path: string,
  pieces: Pieces,
  { signal, files = diskFiles }: Omit<PublishOptions, "processes"> = {},
): Promise<Compared> {
  const contents = new Contents(pieces, signal);
  const target = await targetAt(files, path);
  const same = await atPlace(target, () => isHeld(files, target, (file) => contents.isIn(file)));
  return { same, hash: await contents.hash() };
}

async function isHeld(files: FileSystem, { path, permissions }: Target, work: (file: OpenFile) => Promise<boolean>): Promise<boolean> {
  return permissions !== undefined && (await withFile(await files.open(path), work));
}

async function withFile<T>(file: OpenFile, work: (file: OpenFile) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function isKept(
  files: FileSystem,
  dir: string,
  { file, contents }: { readonly file: OpenFile; readonly contents: Contents },
): Promise<boolean> {
  if (!(await contents.isIn(file))) return false;
  // Whoever put it there may have been stopped before the disk had it for good.
  await file.sync();
  await files.syncDirectory(dir);
  return true;
}

async function replace(
  files: FileSystem,
  { path, dir, permissions }: Target,
  { name, contents }: { readonly name: string; readonly contents: Contents },
): Promise<string> {
  // A file takes the place of another at once only where both are in one file system.
  const fresh = join(dir, name);
  try {
    const hash = await withFile(await files.create(fresh, permissions), async (file) => {
      const written = await contents.writeTo(file);
      // The disk may have a name before it has what the name stands for.
      await file.sync();
      return written;
    });
    contents.throwIfCalledOff();
    await files.rename(fresh, path);
    return hash;
  } catch (error) {
    await discard(files, fresh);
    throw error;
  }
}

async function discard(files: FileSystem, fresh: string): Promise<void> {
  try {
    await files.remove(fresh);
  } catch {
    // It was never made, or the disk is gone. What went wrong first is what is told; the next publication removes what is left.
  }
}

async function keep(files: FileSystem, { path, dir }: Target): Promise<void> {
  try {
    await files.syncDirectory(dir);
  } catch (error) {
    throw new SinterError(
      "unknown-outcome",
      `${path} is the new document, but the disk did not say that it will keep it: ${(error as Error).message}`,
      "See whether the disk is sound, then give the command again.",
      { cause: error },
    );
  }
}
