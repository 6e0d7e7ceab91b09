import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { backupPieceBytes, backupUnsyncedBytesMax, SinterError } from "@sinter/core";

export interface PiecesOptions {
  readonly bytes: number;
  /** Stands in for the first bytes of the file that is read. */
  readonly head?: Uint8Array;
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly bytes: number; readonly total: number }) => void;
}

/** Copies the first bytes of a file to another, on disk when it resolves, and answers their CRC-32. One piece is summed here
 * while the system writes it and reads the next, so that other work of this thread waits for one piece at most. */
export async function copyPieces(from: FileHandle, to: FileHandle, options: PiecesOptions): Promise<number> {
  const { bytes, head, signal, progress } = options;
  let [now, next] = [Buffer.allocUnsafeSlow(backupPieceBytes), Buffer.allocUnsafeSlow(backupPieceBytes)];
  const pieceIn = (buffer: Buffer, at: number): Buffer => buffer.subarray(0, Math.min(backupPieceBytes, bytes - at));
  let sum = 0;
  let syncing = Promise.resolve();
  let unsyncedBytes = 0;
  await readWhole(from, pieceIn(now, 0), 0);
  for (let at = 0; at < bytes; ) {
    throwIfAborted(signal);
    const piece = pieceIn(now, at);
    if (head !== undefined && at < head.length) piece.set(head.subarray(at, at + piece.length));
    const behind = at + piece.length;
    const moving = Promise.all([writeWhole(to, piece, at), readWhole(from, pieceIn(next, behind), behind)]);
    sum = crc32(piece, sum);
    await moving;
    unsyncedBytes += piece.length;
    if (unsyncedBytes >= backupUnsyncedBytesMax) {
      await syncing;
      syncing = to.datasync();
      // It is told of where it is waited for.
      syncing.catch(() => undefined);
      unsyncedBytes = 0;
    }
    at = behind;
    [now, next] = [next, now];
    progress?.({ bytes: at, total: bytes });
  }
  await syncing;
  await to.sync();
  return sum;
}

async function readWhole(file: FileHandle, into: Buffer, at: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) throw new SinterError("corrupt", `the file ends at ${at + done} bytes`, "Use another backup.");
    done += bytesRead;
  }
}

async function writeWhole(file: FileHandle, from: Buffer, at: number): Promise<void> {
  for (let done = 0; done < from.length; ) done += (await file.write(from, done, from.length - done, at + done)).bytesWritten;
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof SinterError) throw signal.reason;
  throw new SinterError("aborted", "called off", "Nothing is left of it. Give the command again for another.");
}
