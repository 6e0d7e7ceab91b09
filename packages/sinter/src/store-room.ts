import { statfsSync } from "node:fs";
import { roomStaleMsMax } from "@sinter/core";

export interface FreeBlocks {
  readonly bavail: number;
  readonly bsize: number;
}

export interface StoreRoomOptions {
  readonly reserveBytes: number;
  readonly nowMs: () => number;
  readonly statfs?: (path: string) => FreeBlocks;
}

/** How much may still be written to a directory's file system. Asking the system costs microseconds and is done each turn,
 * so an answer is kept until it is old or until much was written since. */
export class StoreRoom {
  readonly #dir: string;
  readonly #reserveBytes: number;
  readonly #nowMs: () => number;
  readonly #statfs: (path: string) => FreeBlocks;
  #freeBytes = 0;
  #writtenBytes = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(dir: string, options: StoreRoomOptions) {
    this.#dir = dir;
    this.#reserveBytes = options.reserveBytes;
    this.#nowMs = options.nowMs;
    this.#statfs = options.statfs ?? statfsSync;
  }

  wrote(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  bytes(): number {
    const nowMs = this.#nowMs();
    if (nowMs - this.#askedAtMs >= roomStaleMsMax || this.#writtenBytes * 4 >= this.#reserveBytes) {
      this.#freeBytes = this.#ask();
      this.#writtenBytes = 0;
      this.#askedAtMs = nowMs;
    }
    return Math.max(0, this.#freeBytes - this.#writtenBytes - this.#reserveBytes);
  }

  #ask(): number {
    try {
      const { bavail, bsize } = this.#statfs(this.#dir);
      return bavail * bsize;
    } catch {
      // A file system that does not answer is treated as full: nothing is risked, and it is asked again soon.
      return 0;
    }
  }
}
