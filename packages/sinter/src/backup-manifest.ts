import { Malformed } from "@sinter/core";
import { type Guard, isObject, isText, isWhole, oneOf, shape } from "./control/shape.js";

// A backup is a directory of these files. None has the name of a file of a store: a backup is not opened by mistake, and no
// new store takes its keys.
export const backupNames = { manifest: "backup.json", data: "backup.mdb", keys: "backup.keys.json" } as const;

export const backupFormat = 1;

/** A file of a backup, as it was written. */
export interface BackupFile {
  readonly bytes: number;
  /** Eight hexadecimal digits. For damage, not for deceit: what is restored is held against its seals. */
  readonly crc32: string;
}

/** What a backup says of itself; it is written last, so that without it there is no backup. */
export interface BackupManifest {
  readonly network: string;
  readonly author: string;
  /** The moment whose state it holds, as an ISO time. */
  readonly at: string;
  readonly data: BackupFile;
  /** Null where the keys were left out. */
  readonly keys: BackupFile | null;
}

const isAuthor: Guard<string> = (value): value is string => isText(value) && /^[0-9a-f]{64}$/.test(value);
const isSum: Guard<string> = (value): value is string => isText(value) && /^[0-9a-f]{8}$/.test(value);
const isTime: Guard<string> = (value): value is string => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
const isFile = shape<BackupFile>({ bytes: isWhole, crc32: isSum });
const isMember = shape<Omit<BackupManifest, "keys"> & { readonly format: number }>({
  format: oneOf(backupFormat),
  network: isText,
  author: isAuthor,
  at: isTime,
  data: isFile,
});

export function encodeManifest({ network, author, at, data, keys }: BackupManifest): string {
  return `${JSON.stringify({ format: backupFormat, network, author, at, data, keys }, null, 2)}\n`;
}

/** A number is the format of a later version, which this one does not read. */
export function decodeManifest(bytes: Uint8Array): BackupManifest | number | Malformed {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return new Malformed("JSON in UTF-8 expected");
  }
  if (!isObject(parsed)) return new Malformed("an object expected");
  const { format, keys } = parsed;
  if (isWhole(format) && format > backupFormat) return format;
  if (!isMember(parsed) || !(keys === null || isFile(keys))) return new Malformed("a complete description of a backup expected");
  const { network, author, at, data } = parsed;
  return { network, author, at, data, keys };
}

export const backupFile = (bytes: number, sum: number): BackupFile => ({ bytes, crc32: sum.toString(16).padStart(8, "0") });
