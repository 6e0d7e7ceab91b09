import { type FileHandle, mkdir, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type Decoded,
  decodeSegmentIndex,
  type ExportedSubject,
  type ExportOptions,
  type ExportPart,
  type ExportReport,
  equalBytes,
  type IndexedLane,
  indexedEvents,
  isMalformed,
  Malformed,
  type SegmentFiles,
  type SegmentIndex,
  type SegmentShelf,
  SinterError,
  segmentBytesMax,
  segmentFileName,
  segmentIndexBytesMax,
  toHex,
} from "@sinter/core";
import { throwIfAborted } from "./copy-pieces.js";
import { guarded, refuseWithoutRoom, syncDirectory, withFile, withNewFile } from "./new-directory.js";

// One subject a directory: segments under the names of what is in them, and the index that says which of them are it. The
// index comes last, so that it never names what is not on the disk; a segment that is there is not written again.

export const indexFileName = "subject.index";
const segmentPattern = /^[0-9a-f]{64}\.segment(\.new)?$/;

/** `dataFile`: that of the store, whose disk is not to be filled up. */
export function segmentFiles(dataFile: string): SegmentFiles {
  return {
    write: async (dir, subject, options) => {
      const folder = await SegmentFolder.begin(resolve(dir), subject, dataFile);
      try {
        return await folder.fill(options);
      } catch (error) {
        await folder.undo();
        throw error;
      }
    },
    open: openShelf,
  };
}

/** What a directory holds of a subject. */
type Content = SegmentIndex | "none" | "no directory";

/** Where a subject goes. What goes wrong takes away what was made, and leaves what was there. */
class SegmentFolder {
  readonly #dir: string;
  readonly #subject: ExportedSubject;
  readonly #dataFile: string;
  readonly #before: Content;
  #made: string[] = [];
  readonly #count = { events: 0, bytes: 0, written: 0, kept: 0, removed: 0 };

  private constructor(dir: string, subject: ExportedSubject, dataFile: string, before: Content) {
    this.#dir = dir;
    this.#subject = subject;
    this.#dataFile = dataFile;
    this.#before = before;
  }

  static async begin(dir: string, subject: ExportedSubject, dataFile: string): Promise<SegmentFolder> {
    const before = await contentOf(dir, subject);
    if (before === "no directory") await guarded(dir, () => mkdir(dir, { mode: 0o700 }));
    return new SegmentFolder(dir, subject, dataFile, before);
  }

  async fill({ signal, progress }: ExportOptions): Promise<ExportReport> {
    for await (const part of this.#subject.parts) {
      throwIfAborted(signal);
      if (part.kind === "index") {
        const { networkName: network, path: subject, lanes } = part.index;
        await this.#complete(part);
        const { events, bytes, ...segments } = this.#count;
        return { dir: this.#dir, network, subject, feeds: lanes.length, events, bytes, segments, lacks: part.lacks };
      }
      await this.#segment(part.name, part.bytes);
      this.#count.events += part.events;
      progress?.({ events: this.#count.events, total: part.total });
    }
    throw new Error("an export that ended without its index");
  }

  async #segment(name: string, bytes: Uint8Array): Promise<void> {
    this.#count.bytes += bytes.length;
    const there = await readUpTo(join(this.#dir, name), segmentBytesMax);
    if (!isMalformed(there) && equalBytes(there, bytes)) {
      this.#count.kept++;
      return;
    }
    await refuseWithoutRoom(this.#dir, bytes.length, this.#dataFile);
    await this.#put(name, bytes);
    // One that was there and is not what it is called was lost already: its place is not given up again.
    if (isMalformed(there)) this.#made.push(name);
    this.#count.written++;
  }

  /** All that was written is on the disk before the index names it, and what it no longer names goes after that. */
  async #complete({ bytes, index, lacks }: Extract<ExportPart, { kind: "index" }>): Promise<void> {
    const before = typeof this.#before === "string" ? undefined : this.#before;
    if (before !== undefined) refuseLess(this.#dir, before, index);
    await syncDirectory(this.#dir);
    await this.#put(indexFileName, bytes);
    this.#made = [];
    await syncDirectory(this.#dir);
    if (this.#before === "no directory") await syncDirectory(dirname(this.#dir));
    // What this store has not got may be in what an earlier one had.
    if (lacks === "nothing") await this.#remove(new Set(namesIn(index)));
  }

  /** Segments that the index does not name, whichever export wrote them: one that was killed removed nothing, nor did one from a store
   * that lacked payloads. What was redacted since is in them. */
  async #remove(named: ReadonlySet<string>): Promise<void> {
    for (const entry of await guarded(this.#dir, () => readdir(this.#dir, { withFileTypes: true }))) {
      if (!entry.isFile() || !segmentPattern.test(entry.name) || named.has(entry.name)) continue;
      await guarded(this.#dir, () => rm(join(this.#dir, entry.name), { force: true }));
      this.#count.removed++;
    }
  }

  /** Whole, or not at all. */
  async #put(name: string, bytes: Uint8Array): Promise<void> {
    const [path, fresh] = [join(this.#dir, name), join(this.#dir, `${name}.new`)];
    // Of an export that was killed.
    await guarded(fresh, () => rm(fresh, { force: true }));
    try {
      await withNewFile(fresh, async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      });
      await guarded(path, () => rename(fresh, path));
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
  }

  async undo(): Promise<void> {
    for (const name of this.#made.reverse()) await rm(join(this.#dir, name), { force: true });
    if (this.#before === "no directory" && (await readdir(this.#dir)).length === 0) await rmdir(this.#dir);
  }
}

/** What is there already. Anything but an export of this very subject, finished or not, is refused. */
async function contentOf(dir: string, { networkName, path }: ExportedSubject): Promise<Content> {
  const found = await isDirectory(dir);
  if (found === undefined) {
    // Not made: where a disk is not mounted, it would end up somewhere else.
    if (await isDirectory(dirname(dir))) return "no directory";
    throw new SinterError("not-found", `${dirname(dir)} is no directory`, "Make it first, or name another place.");
  }
  if (!found) throw new SinterError("exists", `${dir} is a file`, "Name a directory.");
  const names = await guarded(dir, () => readdir(dir));
  if (!names.includes(indexFileName)) {
    const other = names.find((name) => !segmentPattern.test(name) && name !== `${indexFileName}.new`);
    if (other === undefined) return "none";
    throw new SinterError("exists", `${dir} holds other things: ${other}`, "Name a directory that is empty or not there yet.");
  }
  const index = await readIndex(join(dir, indexFileName));
  if (index.networkName === networkName && index.path === path) return index;
  throw new SinterError(
    "exists",
    `${dir} holds ${index.path} of network ${index.networkName}`,
    "Name a directory of its own for each subject.",
  );
}

/** Undefined where nothing is there. */
async function isDirectory(path: string): Promise<boolean | undefined> {
  return await guarded(path, async () => {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    return found?.isDirectory();
  });
}

/** An archive may know of more than the store it is written from, if that is another one or came back from a backup. */
function refuseLess(dir: string, before: SegmentIndex, after: SegmentIndex): void {
  const sizes = new Map(after.lanes.map((lane) => [nameOf(lane), indexedEvents(lane)]));
  for (const lane of before.lanes) {
    const [was, is] = [indexedEvents(lane), sizes.get(nameOf(lane)) ?? 0];
    if (is >= was) continue;
    const whose = toHex(lane.checkpoint.place.author).slice(0, 8);
    throw new SinterError(
      "exists",
      `${dir} holds ${was} events of author ${whose}, epoch ${lane.checkpoint.place.epoch.index}, and this store ${is} of them`,
      "Import it into this store first, or name another directory.",
    );
  }
}

function nameOf({ checkpoint }: IndexedLane): string {
  const { author, epoch } = checkpoint.place;
  return `${toHex(author)}/${epoch.index}/${toHex(epoch.nonce)}`;
}

function namesIn({ lanes }: SegmentIndex): string[] {
  return lanes.flatMap(({ segments }) => segments.map(({ id }) => segmentFileName(id)));
}

async function openShelf(from: string): Promise<SegmentShelf> {
  const path = resolve(from);
  const indexPath = (await isDirectory(path)) ? join(path, indexFileName) : path;
  if ((await isDirectory(indexPath)) !== false)
    throw new SinterError("not-found", `there is no ${indexPath}`, "Name a directory that sinter export wrote.");
  const index = await readIndex(indexPath);
  const dir = dirname(indexPath);
  return { from: path, index, segment: (name) => readUpTo(join(dir, name), segmentBytesMax) };
}

async function readIndex(path: string): Promise<SegmentIndex> {
  const bytes = await readUpTo(path, segmentIndexBytesMax);
  const index = isMalformed(bytes) ? bytes : decodeSegmentIndex(bytes);
  if (!isMalformed(index)) return index;
  throw new SinterError(
    "wrong-store",
    `${path} is no index of segments that can be read: ${index.reason}`,
    "Name what sinter export wrote, and read it with the version that wrote it or a newer one.",
  );
}

/** Malformed where there is no such file, or one longer than `most`. */
async function readUpTo(path: string, most: number): Promise<Decoded<Uint8Array>> {
  if ((await isDirectory(path)) !== false) return new Malformed("it is not there");
  return await withFile(path, async (file) => {
    const { size } = await file.stat();
    return size > most ? new Malformed(`it has ${size} bytes, and ${most} are allowed`) : await readWhole(file, size);
  });
}

async function readWhole(file: FileHandle, size: number): Promise<Decoded<Uint8Array>> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) return new Malformed("it became shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}
