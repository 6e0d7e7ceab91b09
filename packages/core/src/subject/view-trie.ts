import { trieKeyBytes } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import type { Hasher } from "../identity/crypto.js";
import type { Lanes, Seen } from "../merge/dot.js";
import { bytesOfKey } from "../merge/item-key.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { trieRoot } from "../proof/trie.js";
import type { TrieNodes } from "../proof/trie-node.js";
import { type RowChange, updateTrie } from "../proof/trie-update.js";
import { viewTrieKey } from "../store/view-keys.js";
import type { ViewStore } from "./view-store.js";

// A root over all keys of a table: of each, the operations that count and what they say. Equal roots are equal tables, down to who
// wrote what counts and when.

/** What is still to come is no part of a table: it depends on what came first. */
const ALL_SEEN: Seen = { of: () => Number.POSITIVE_INFINITY };

/** Most rows are small. */
const ROW_BYTES = 128;

export class ViewTrie {
  readonly #hasher: Hasher;
  readonly #nodes: TrieNodes;
  readonly #type: AnyMergeType;
  readonly #lanes: Lanes;

  constructor(hasher: Hasher, store: ViewStore, type: AnyMergeType, lanes: Lanes) {
    this.#hasher = hasher;
    this.#type = type;
    this.#lanes = lanes;
    const { overlay, number } = store;
    this.#nodes = {
      get: (path) => overlay.get(viewTrieKey(number, path)),
      put: (path, node) => overlay.put(viewTrieKey(number, path), node),
      remove: (path) => overlay.remove(viewTrieKey(number, path)),
    };
  }

  get root(): Uint8Array {
    return trieRoot(this.#hasher, this.#nodes);
  }

  /** Items that are otherwise than before; `undefined` is gone. */
  update(changed: Iterable<readonly [key: string, item: unknown]>): void {
    const rows: RowChange[] = [];
    for (const [key, item] of changed) rows.push({ key: this.#rowKey(key), row: this.#rowOf(key, item) });
    if (rows.length > 0) updateTrie(this.#hasher, this.#nodes, rows);
  }

  #rowKey(key: string): Uint8Array {
    const rowKey = new Uint8Array(trieKeyBytes);
    rowKey.set(this.#hasher.hash("sinter 1 table key", bytesOfKey(key)));
    return rowKey;
  }

  #rowOf(key: string, item: unknown): Uint8Array | undefined {
    if (item === undefined || this.#type.isBare(item, ALL_SEEN)) return undefined;
    const writer = new Writer(ROW_BYTES).prefixed(bytesOfKey(key));
    this.#type.writeItem(writer, item, this.#lanes, ALL_SEEN);
    return this.#hasher.hash("sinter 1 table row", writer.finish());
  }
}
