import type { Batch, KeySpace, ReadableKeys } from "../protocol/key-space.js";
import type { Scheduler, Store, StoreFailure } from "../protocol/ports.js";
import { MemoryKeys } from "./memory-keys.js";

/** What a machine's memory may be taken to hold, where nobody says otherwise. */
const ROOM_BYTES = 2 ** 40;

export function applyBatch(keys: KeySpace, batch: Batch): void {
  for (const [key, value] of batch) {
    if (value === undefined) keys.remove(key);
    else keys.put(key, value);
  }
}

/** A Store that lives as long as the process: visible at once, flushed (as far as memory can be) a moment later. */
export class MemoryStore implements Store {
  readonly #keys = new MemoryKeys();
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get keys(): ReadableKeys {
    return this.#keys;
  }

  commit(batch: Batch, done: (failure?: StoreFailure) => void): void {
    applyBatch(this.#keys, batch);
    this.#scheduler.soon(() => done());
  }

  roomBytes(): number {
    return ROOM_BYTES;
  }
}
