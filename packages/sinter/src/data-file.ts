import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { SinterError, storePageBytesMax } from "@sinter/core";

// Looks at the data file before LMDB does: given a file that is none of its own, or one cut short by a copy or a
// restore that was broken off, LMDB takes the whole process down instead of saying so.

/** Where the layout below is as LMDB writes it: 64 bits, least significant byte first. */
const KNOWN = ["x64", "arm64"];
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const META_BYTES = 160;
/** Marks a page of this kind. */
const META_FLAG = 8;
const AT = { flags: 18, magic: 24, version: 28, pageBytes: 48, freeRoot: 88, mainRoot: 136, lastPage: 144, transaction: 152 } as const;
const PAGE_BYTES_MIN = 256;
/** The root of an empty tree. */
const NOWHERE = 2n ** 64n - 1n;

/** Throws where LMDB must not open this file. An empty one is a store to be. */
export function checkDataFile(file: string): void {
  if (!KNOWN.includes(process.arch)) return;
  const descriptor = openSync(file, "r");
  try {
    checkOpened(descriptor, file);
  } finally {
    closeSync(descriptor);
  }
}

interface Meta {
  readonly pageBytes: number;
  readonly roots: readonly bigint[];
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** What a copy of a data file begins with, and how long it is, as of the newest transaction. */
export interface DataFileState {
  /** Both pages that say where the trees begin: the one part of the file that the next transactions write over. */
  readonly head: Uint8Array;
  readonly bytes: number;
  readonly transaction: bigint;
}

/** To be called while no transaction is under way. */
export function dataFileState(file: string): DataFileState {
  const descriptor = openSync(file, "r");
  try {
    const first = KNOWN.includes(process.arch) ? metaAt(descriptor, 0) : undefined;
    const second = first && metaAt(descriptor, first.pageBytes);
    if (first === undefined || second === undefined)
      throw new SinterError("internal", `${file} is not laid out as LMDB does here`, "Stop the peer, then copy the directory.");
    const newest = first.transaction > second.transaction ? first : second;
    const head = Buffer.alloc(2 * first.pageBytes);
    readSync(descriptor, head, 0, head.length, 0);
    // A page may be taken and never written, at the end.
    const bytes = Math.min(Number(newest.lastPage + 1n) * first.pageBytes, fstatSync(descriptor).size);
    return { head, bytes, transaction: newest.transaction };
  } finally {
    closeSync(descriptor);
  }
}

function checkOpened(descriptor: number, file: string): void {
  const { size } = fstatSync(descriptor);
  if (size === 0) return;
  const first = metaAt(descriptor, 0);
  if (first === undefined)
    throw new SinterError("wrong-store", `${file} is no database`, "Name another directory, or move that file away.");
  const second = metaAt(descriptor, first.pageBytes);
  const newest = second === undefined || first.transaction > second.transaction ? first : second;
  const pages = [1n, ...newest.roots.filter((root) => root !== NOWHERE)];
  // That a root is there does not mean that all below it is: an audit finds that out.
  if (second !== undefined && pages.every((page) => (page + 1n) * BigInt(first.pageBytes) <= BigInt(size))) return;
  throw new SinterError("corrupt", `${file} is cut short at ${size} bytes`, "Put the directory back from a backup, whole.");
}

/** One of the two pages, at the file's beginning, that say what it is and where its trees begin. */
function metaAt(descriptor: number, position: number): Meta | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(descriptor, page, 0, META_BYTES, position) < META_BYTES) return undefined;
  const pageBytes = page.readUInt32LE(AT.pageBytes);
  if ((page.readUInt16LE(AT.flags) & META_FLAG) === 0) return undefined;
  if (page.readUInt32LE(AT.magic) !== MAGIC || page.readUInt32LE(AT.version) !== VERSION) return undefined;
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > storePageBytesMax) return undefined;
  const roots = [page.readBigUInt64LE(AT.freeRoot), page.readBigUInt64LE(AT.mainRoot)];
  return { pageBytes, roots, lastPage: page.readBigUInt64LE(AT.lastPage), transaction: page.readBigUInt64LE(AT.transaction) };
}
