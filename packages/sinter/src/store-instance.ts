import { chmodSync, type PathLike, statSync } from "node:fs";
import { birthProbesMax, type StoreRecord } from "@sinter/core";
import { nodeRandom } from "./node-crypto.js";

/** What tells one data file from another. Never the device number: it changes when a disk is plugged in elsewhere. */
export interface FileIdentity {
  readonly inode: bigint;
  /** Nanoseconds since 1970; 0 where the file system does not keep it. */
  readonly birthNs: bigint;
}

/** What a store says of the file it was made in (wire.md, record `store`). */
export interface InstanceRecord extends FileIdentity {
  readonly nonce: Uint8Array;
}

/** Whether the file that holds the record is the one it was written in. If not, the directory was copied or restored, and
 * its feeds go on in a new epoch. */
export function isSameInstance(record: InstanceRecord, file: FileIdentity): boolean {
  if (record.inode !== file.inode) return false;
  return record.birthNs === 0n || file.birthNs === 0n || record.birthNs === file.birthNs;
}

interface FileTimes {
  readonly ino: bigint;
  readonly mode: bigint;
  readonly birthtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** The file system as this module sees it, for tests. */
export interface FileTouch {
  stat(path: PathLike): FileTimes;
  chmod(path: PathLike, mode: number): void;
}

const real: FileTouch = { stat: (path) => statSync(path, { bigint: true }), chmod: chmodSync };

/** As the file is now: for comparing with a record. */
export function fileIdentity(path: string, touch: FileTouch = real): FileIdentity {
  const { ino, birthtimeNs } = touch.stat(path);
  return { inode: ino, birthNs: unsigned(birthtimeNs) };
}

const PAUSE_MS = 2;

/** For the record of a new store. Some file systems call the time of the last change the birth, which would make every
 * store look restored: the file is changed, and a birth that moves with that is recorded as unknown. */
export function probedFileIdentity(path: string, touch: FileTouch = real): FileIdentity {
  const before = touch.stat(path);
  for (let probe = 0; probe < birthProbesMax; probe++) {
    touch.chmod(path, Number(before.mode & 0o7777n));
    const after = touch.stat(path);
    // Clocks of file systems tick in milliseconds: only a change that shows in one time can be looked for in the other.
    if (after.ctimeNs !== before.ctimeNs) {
      const birthNs = after.birthtimeNs === before.birthtimeNs ? unsigned(before.birthtimeNs) : 0n;
      return { inode: before.ino, birthNs };
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return { inode: before.ino, birthNs: 0n };
}

const NONCE_BYTES = 16;

export const newNonce = (): Uint8Array => nodeRandom.bytes(NONCE_BYTES);

/** The record of a store that goes on in another data file than the one it was made in. */
export function newInstance(record: StoreRecord, dataFile: string): StoreRecord {
  return { ...record, instance: newNonce(), ...probedFileIdentity(dataFile) };
}

/** A birth before 1970 is no birth. */
const unsigned = (birthNs: bigint): bigint => (birthNs > 0n ? birthNs : 0n);
