import { viewItemsCachedMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import type { Lanes, Seen } from "../merge/dot.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { Items } from "../merge/state.js";
import type { ViewStore } from "./view-store.js";

export interface ViewItemsParts {
  readonly type: AnyMergeType;
  readonly store: ViewStore;
  readonly lanes: Lanes;
  readonly seen: Seen;
  /** `whole`: all of them, whenever the view is open. `some`: what was asked for last, as a table has many. */
  readonly kept: "whole" | "some";
}

/** Most items are small. */
const ITEM_BYTES = 96;

/** The items of one view, as objects: those in use, and what of them the store does not have yet. */
export class ViewItems {
  readonly #parts: ViewItemsParts;
  readonly #items: Items = new Map();
  readonly #dirty = new Set<string>();
  readonly #writer = new Writer(ITEM_BYTES);
  /** The one touched last: often it is touched again at once. */
  #last: { readonly key: string; readonly item: unknown } | undefined;

  constructor(parts: ViewItemsParts) {
    this.#parts = parts;
    if (parts.kept === "whole") for (const [key, reader] of parts.store.items()) this.#items.set(key, this.#read(key, reader));
  }

  /** Those in use: of a view kept whole, all. */
  get all(): ReadonlyMap<string, unknown> {
    return this.#items;
  }

  /** Not yet in the store. */
  get dirty(): ReadonlySet<string> {
    return this.#dirty;
  }

  get(key: string): unknown {
    const known = this.#items.get(key);
    if (known !== undefined || this.#parts.kept === "whole") return known;
    const reader = this.#parts.store.item(key);
    if (reader === undefined) return undefined;
    const item = this.#read(key, reader);
    this.#items.set(key, item);
    return item;
  }

  /** Not kept in mind, where it is not already. */
  look(key: string): unknown {
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    const reader = this.#parts.store.item(key);
    return reader === undefined ? undefined : this.#read(key, reader);
  }

  /** For who changes it. */
  touch(key: string): unknown {
    if (this.#last?.key === key) return this.#last.item;
    let item = this.get(key);
    if (item === undefined) {
      item = this.#parts.type.fresh(key);
      this.#items.set(key, item);
    }
    this.#dirty.add(key);
    this.#last = { key, item };
    return item;
  }

  /** Those of keys behind one, in the order of keys, as many as may be held: what is not settled is not among them. */
  page(prefix: string, after: string | undefined, limit: number): (readonly [key: string, item: unknown])[] {
    const page: (readonly [string, unknown])[] = [];
    for (const [key, reader] of this.#parts.store.items(prefix, { after, limit }))
      page.push([key, this.#items.get(key) ?? this.#read(key, reader)]);
    return page;
  }

  /** Those of keys behind one as the store has them, in the order of keys: what is not settled is not among them. */
  *written(after: string | undefined, limit: number): Iterable<readonly [key: string, item: Uint8Array]> {
    for (const [key, reader] of this.#parts.store.items("", { after, limit })) yield [key, reader.take(reader.left).slice()];
  }

  /** One of its own, to be changed apart. */
  copy(key: string): unknown {
    const { type, lanes, seen } = this.#parts;
    const item = this.get(key);
    if (item === undefined) return type.fresh(key);
    if (type.copy !== undefined) return type.copy(item);
    const writer = this.#writer.again();
    type.writeItem(writer, item, lanes, seen);
    return this.#read(key, new Reader(writer.finish()));
  }

  /** Lays what changed into the view's part of the store. */
  settle(): void {
    const { type, store, lanes, seen } = this.#parts;
    for (const key of this.#dirty) {
      const item = this.#items.get(key);
      if (type.isBare(item, seen)) {
        store.removeItem(key);
        this.#items.delete(key);
      } else {
        const writer = this.#writer.again();
        type.writeItem(writer, item, lanes, seen);
        store.putItem(key, writer);
      }
    }
    this.#dirty.clear();
    this.#last = undefined;
    if (this.#parts.kept === "some" && this.#items.size > viewItemsCachedMax) this.#items.clear();
  }

  #read(key: string, reader: Reader): unknown {
    const item = this.#parts.type.readItem(reader, this.#parts.lanes, key);
    const checked = reader.finish(() => item);
    if (checked instanceof Malformed)
      throw new DamagedStore(`view ${this.#parts.store.number}, item of ${key.length} bytes`, checked.reason);
    return item;
  }
}
