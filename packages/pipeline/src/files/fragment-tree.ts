import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { SinterError } from "@sinter/core";
import type { Format } from "../format.js";
import { type FormatOptions, formatOf, notRead } from "../formats.js";
import { treeDepthMax, treeFilesMax, treeLinksMax } from "../limits.js";

// The fragments of a folder: the files in it and in its folders, in the order of the bytes of their paths, whatever order the disk has them
// in. Passed over without a word is what is hidden, and what editors and copies leave behind: names that begin with a dot or "~$", that end
// with "~", ".tmp", ".part" or ".swp", or that stand between two "#". Links are followed, wherever they lead, but never in a circle.

export interface FragmentTree {
  readonly files: readonly FragmentFile[];
  /** What is no fragment. */
  readonly skipped: readonly LeftOut[];
  /** What may be one, or hold some, and cannot be read. */
  readonly unreadable: readonly LeftOut[];
}

export interface FragmentFile {
  /** From the folder on, with "/" between names on every system. */
  readonly path: string;
  readonly format: Format;
}

export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

const PASSED_OVER = /^\.|^~\$|~$|\.(?:tmp|part|swp)$|^#.*#$/;

export interface TreeOptions extends FormatOptions {
  readonly filesMax?: number | undefined;
}

export function fragmentTree(folder: string, options: TreeOptions = {}): FragmentTree {
  const walk = new TreeWalk(folder, options);
  walk.enter({ path: "", real: realFolder(folder), above: [] });
  return { files: inOrder(walk.files), skipped: inOrder(walk.skipped), unreadable: inOrder(walk.unreadable) };
}

interface Folder {
  readonly path: string;
  /** Without links. */
  readonly real: string;
  /** Those of the folders on the way, where links may lead back to. */
  readonly above: readonly string[];
}

class TreeWalk {
  readonly files: FragmentFile[] = [];
  readonly skipped: LeftOut[] = [];
  readonly unreadable: LeftOut[] = [];
  readonly #root: string;
  readonly #options: FormatOptions;
  readonly #filesMax: number;
  #looked = 0;
  #followed = 0;

  constructor(root: string, options: TreeOptions) {
    this.#root = root;
    this.#options = options;
    this.#filesMax = options.filesMax ?? treeFilesMax;
  }

  enter(folder: Folder): void {
    if (folder.above.length > treeDepthMax) this.#refuse(`is deeper than ${treeDepthMax} folders at ${folder.path}`);
    for (const entry of this.#entriesOf(folder)) {
      if (++this.#looked > this.#filesMax) this.#refuse(`holds more than ${this.#filesMax} files and folders`);
      if (PASSED_OVER.test(entry.name)) continue;
      const path = folder.path === "" ? entry.name : `${folder.path}/${entry.name}`;
      if (entry.name.includes("\ufffd")) this.unreadable.push({ path, reason: "its name is no UTF-8: call it something else" });
      else if (entry.isDirectory()) this.enter({ path, real: join(folder.real, entry.name), above: [...folder.above, folder.real] });
      else if (entry.isSymbolicLink()) this.#follow(path, folder);
      else this.#take(path, entry);
    }
  }

  #entriesOf({ path }: Folder): Dirent[] {
    try {
      return readdirSync(join(this.#root, path), { withFileTypes: true });
    } catch (error) {
      if (path === "") throw error;
      this.unreadable.push({ path, reason: `it cannot be read (${(error as NodeJS.ErrnoException).code})` });
      return [];
    }
  }

  #follow(path: string, { real: from, above }: Folder): void {
    try {
      const target = statSync(join(this.#root, path));
      if (!target.isDirectory()) return this.#take(path, target);
      if (++this.#followed > treeLinksMax) this.#refuse(`holds more than ${treeLinksMax} links to folders`);
      const real = realpathSync.native(join(this.#root, path));
      if (real === from || above.includes(real)) this.skipped.push({ path, reason: "it leads back to where it lies" });
      else this.enter({ path, real, above: [...above, from] });
    } catch (error) {
      if (error instanceof SinterError) throw error;
      this.unreadable.push({ path, reason: `it leads nowhere (${(error as NodeJS.ErrnoException).code})` });
    }
  }

  #refuse(what: string): never {
    throw new SinterError("too-large", `${this.#root} ${what}`, "Name a folder further down, or look where links lead.");
  }

  #take(path: string, entry: { isFile(): boolean }): void {
    const format = entry.isFile() ? formatOf(path, this.#options) : undefined;
    if (format !== undefined) this.files.push({ path, format });
    else this.skipped.push({ path, reason: entry.isFile() ? notRead(basename(path)) : "it is no file" });
  }
}

function realFolder(folder: string): string {
  try {
    if (statSync(folder).isDirectory()) return realpathSync.native(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SinterError("not-found", `${folder} cannot be read (${code})`, "Name a folder of fragments.", { cause: error });
  }
  throw new SinterError("not-found", `${folder} is no folder`, "Name the folder that the file is in.");
}

function inOrder<T extends { readonly path: string }>(entries: readonly T[]): T[] {
  // UTF-16 units are in the order of UTF-8 bytes, but where two of them are one character.
  const isPlain = !entries.some(({ path }) => /[\ud800-\udfff]/.test(path));
  const compare = (left: string, right: string) => (left < right ? -1 : 1);
  const compareBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
  return entries.toSorted((left, right) => (isPlain ? compare : compareBytes)(left.path, right.path));
}
