import { tableKeyBytes, viewTrieGatheredMax, viewTrieKeysMax } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { Lanes, Seen } from "../merge/dot.js";
import { bytesOfKey } from "../merge/item-key.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { trieRoot } from "../proof/trie.js";
import { DamagedTrie, type TrieNodes } from "../proof/trie-node.js";
import { updateTrie } from "../proof/trie-update.js";
import { viewTrieKey } from "../store/view-keys.js";
import type { ViewStore } from "./view-store.js";

// A root over all keys of a table: of each, the operations that count and what they say. Equal roots are equal tables, down to who
// wrote what counts and when. Most tables are never asked for theirs, so the trie is brought up when its root is wanted. Until then
// each key that changed is marked, in the commit of its item: the marks are the trie's cursor.

/** What is still to come is no part of a table: it depends on what came first. */
const ALL_SEEN: Seen = { of: () => Number.POSITIVE_INFINITY };

/** Most rows are small. */
const ROW_BYTES = 128;

type ItemOf = (key: string) => unknown;

export class ViewTrie {
  readonly #hasher: Hasher;
  readonly #store: ViewStore;
  readonly #nodes: TrieNodes;
  readonly #type: AnyMergeType;
  readonly #lanes: Lanes;
  readonly #writer = new Writer(ROW_BYTES);
  /** Changed since the trie had them, and not marked since. */
  readonly #changed = new Set<string>();
  #marked: "none" | "some";
  /** Under way with what is marked. */
  #taking: Generator<undefined, void, undefined> | undefined;

  constructor(hasher: Hasher, store: ViewStore, type: AnyMergeType, lanes: Lanes) {
    this.#hasher = hasher;
    this.#store = store;
    this.#type = type;
    this.#lanes = lanes;
    const { overlay, number } = store;
    this.#nodes = {
      keyBytes: tableKeyBytes,
      get: (path) => overlay.get(viewTrieKey(number, path)),
      put: (path, node) => overlay.put(viewTrieKey(number, path), node),
      remove: (path) => overlay.remove(viewTrieKey(number, path)),
    };
    this.#marked = this.#hasMarks() ? "some" : "none";
  }

  /** The item of this key is otherwise than before, or gone. */
  changed(key: string): void {
    this.#changed.add(key);
  }

  /** Lays marks of what the trie does not have into the view's part of the store. */
  settle(): void {
    if (this.#changed.size === 0) return;
    for (const key of this.#changed) this.#store.putChanged(key);
    this.#changed.clear();
    this.#marked = "some";
  }

  /** Takes in what changed, as much as may be done without a pause, with items as they are by now: the root, once that is all. */
  takeIn(itemOf: ItemOf): Uint8Array | "more" {
    if (this.#changed.size > viewTrieKeysMax) this.settle();
    if (this.#marked === "some") {
      const taking = this.#taking ?? this.#takeMarked(itemOf);
      // One that throws is not gone on with: what it had not taken in is marked, and the next one finds it.
      this.#taking = undefined;
      if (taking.next().done !== true) {
        this.#taking = taking;
        return "more";
      }
      this.#marked = "none";
    }
    const root = this.#update(
      [...this.#changed].map((key) => this.#placed(key)),
      itemOf,
    );
    this.#changed.clear();
    return root;
  }

  *#takeMarked(itemOf: ItemOf): Generator<undefined, void, undefined> {
    let after: string | undefined;
    do {
      const gathered = new GatheredKeys();
      do {
        if (gathered.size > 0) yield;
        const keys = this.#store.changed({ after, limit: viewTrieKeysMax });
        for (const key of keys) gathered.add(this.#placed(key));
        after = keys.length < viewTrieKeysMax ? undefined : keys.at(-1);
      } while (after !== undefined && gathered.size < viewTrieGatheredMax);
      let taken = 0;
      for (const keys of gathered.pieces(viewTrieKeysMax)) {
        if (taken > 0) yield;
        this.#update(keys, itemOf);
        for (const { of } of keys) this.#store.removeChanged(of);
        taken += keys.length;
      }
      if (this.#hasMarks()) yield;
    } while (this.#hasMarks());
  }

  #hasMarks(): boolean {
    return this.#store.changed({ limit: 1 }).length > 0;
  }

  /** Where it throws, every mark is still there. */
  #update(keys: readonly PlacedKey[], itemOf: ItemOf): Uint8Array {
    try {
      const rows = keys.map(({ of, key }) => ({ key, row: this.#rowOf(of, itemOf(of)) }));
      return rows.length === 0 ? trieRoot(this.#hasher, this.#nodes) : updateTrie(this.#hasher, this.#nodes, rows).root;
    } catch (error) {
      if (!(error instanceof DamagedTrie)) throw error;
      throw new DamagedStore(`view ${this.#store.number}, its trie at depth ${error.depth}`, error.reason);
    }
  }

  #placed(of: string): PlacedKey {
    return { of, key: this.#hasher.hash("sinter 1 table key", bytesOfKey(of)) };
  }

  #rowOf(key: string, item: unknown): Uint8Array | undefined {
    if (item === undefined || this.#type.isBare(item, ALL_SEEN)) return undefined;
    const writer = this.#writer.again().prefixed(bytesOfKey(key));
    this.#type.writeItem(writer, item, this.#lanes, ALL_SEEN);
    return this.#hasher.hash("sinter 1 table row", writer.finish());
  }
}

/** A key of a table, and the key that it has in the trie. */
interface PlacedKey {
  readonly of: string;
  readonly key: Uint8Array;
}

/** Keys that are neighbours in the trie are taken in together: then many of them change a branch, and it is written once. */
class GatheredKeys {
  readonly #parts = Array.from({ length: 256 }, (): PlacedKey[] => []);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(placed: PlacedKey): void {
    this.#parts[placed.key[0] as number]?.push(placed);
    this.#size++;
  }

  *pieces(keysMax: number): Iterable<readonly PlacedKey[]> {
    let piece: PlacedKey[] = [];
    for (const part of this.#parts)
      for (const placed of part) {
        piece.push(placed);
        if (piece.length < keysMax) continue;
        yield piece;
        piece = [];
      }
    if (piece.length > 0) yield piece;
  }
}
