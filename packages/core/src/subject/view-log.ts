import { viewLogChunkBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import { viewLogKey } from "../store/view-keys.js";
import {
  decodeViewLogPiece,
  decodeViewLogTail,
  encodeViewLogTail,
  type LoggedOperation,
  type ViewLogTail,
  viewLogTail,
  writeLogged,
} from "../store/view-records.js";
import type { ViewStore } from "./view-store.js";

const PIECE_BYTES = 64;

/** Which operations were folded under which key: in pieces, of which the last grows and is put in its place when it is large. */
export class ViewLog {
  readonly #store: ViewStore;
  readonly #added = new Map<string, LoggedOperation[]>();
  readonly #writer = new Writer(PIECE_BYTES);

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
    const tail = this.#tail(key);
    for (let piece = 0; piece < tail.pieces; piece++) {
      const bytes = this.#store.overlay.get(viewLogKey(this.#store.number, key, piece));
      if (bytes === undefined) throw this.#damaged();
      yield* this.#decode(bytes);
    }
    yield* this.#decode(tail.piece);
    yield* this.#added.get(key) ?? [];
  }

  #append(key: string, added: readonly LoggedOperation[]): void {
    const { number, overlay } = this.#store;
    let { pieces, piece } = this.#tail(key);
    const writer = this.#writer.again().bytes(piece);
    for (const operation of added) {
      if (writer.length >= viewLogChunkBytesMax) {
        overlay.put(viewLogKey(number, key, pieces++), writer.finish());
        writer.again();
      }
      writeLogged(writer, operation);
    }
    piece = writer.finish();
    overlay.put(viewLogKey(number, key, viewLogTail), encodeViewLogTail({ pieces, piece }));
  }

  #tail(key: string): ViewLogTail {
    const bytes = this.#store.overlay.get(viewLogKey(this.#store.number, key, viewLogTail));
    if (bytes === undefined) return { pieces: 0, piece: new Uint8Array(0) };
    const tail = decodeViewLogTail(bytes);
    if (isMalformed(tail)) throw this.#damaged();
    return tail;
  }

  #decode(bytes: Uint8Array): readonly LoggedOperation[] {
    const operations = decodeViewLogPiece(bytes);
    if (isMalformed(operations)) throw this.#damaged();
    return operations;
  }

  #damaged(): DamagedStore {
    return new DamagedStore(`view ${this.#store.number}`, "which operations were folded under a key is not what was written");
  }
}
