import { viewLogChunkBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import { decodeKey } from "../store/keys.js";
import { viewLogKey, viewLogRange } from "../store/view-keys.js";
import { decodeViewLogRecord, type LoggedOperation, writeViewLogRecord } from "../store/view-records.js";
import type { ViewStore } from "./view-store.js";

/** Which operations were folded under which key: in pieces that only grow, and are cut when they are large. */
export class ViewLog {
  readonly #store: ViewStore;
  readonly #added = new Map<string, LoggedOperation[]>();

  constructor(store: ViewStore) {
    this.#store = store;
  }

  add(key: string, operation: LoggedOperation): void {
    const added = this.#added.get(key);
    if (added === undefined) this.#added.set(key, [operation]);
    else added.push(operation);
  }

  /** Lays what was added into the view's part of the store. */
  settle(): void {
    for (const [key, added] of this.#added) this.#append(key, added);
    this.#added.clear();
  }

  /** All of a key, in the order in which they were folded. */
  *of(key: string): Iterable<LoggedOperation> {
    for (const [, bytes] of this.#store.overlay.range(viewLogRange(this.#store.number, key))) yield* this.#decode(bytes);
    yield* this.#added.get(key) ?? [];
  }

  #append(key: string, added: readonly LoggedOperation[]): void {
    const { number, overlay } = this.#store;
    let [chunk, writer] = this.#last(key);
    const put = () => overlay.put(viewLogKey(number, key, chunk), writer.finish());
    for (const operation of added) {
      if (writer.length >= viewLogChunkBytesMax) {
        put();
        chunk++;
        writer = new Writer(64);
      }
      writeViewLogRecord(writer, operation);
    }
    put();
  }

  #last(key: string): [chunk: number, writer: Writer] {
    const { number, overlay } = this.#store;
    for (const [storeKey, bytes] of overlay.range({ ...viewLogRange(number, key), order: "descending", limit: 1 })) {
      const last = decodeKey(storeKey);
      if (isMalformed(last) || last.table !== "viewLog") throw this.#damaged();
      return [last.chunk, new Writer(bytes.length + 64).bytes(bytes)];
    }
    return [0, new Writer(64)];
  }

  #decode(bytes: Uint8Array): readonly LoggedOperation[] {
    const operations = decodeViewLogRecord(bytes);
    if (isMalformed(operations)) throw this.#damaged();
    return operations;
  }

  #damaged(): DamagedStore {
    return new DamagedStore(`view ${this.#store.number}`, "which operations were folded under a key is not what was written");
  }
}
