import { compareBytes } from "../bytes/order.js";
import type { Batch, Entry, KeySpace, Range, ReadableKeys } from "./key-space.js";

// What cores see of the store while turns are under way: the store's own keys, under the writes of turns that are
// committed but not yet flushed, under the writes of the turn being stepped.

/** As it will stand in the batch; without a value, the key is removed. */
type Change = Batch[number];

/** What one turn changes, by key. */
type Layer = Map<string, Change>;

export class Overlay implements KeySpace {
  readonly #store: ReadableKeys;
  /** Of turns committed and not yet flushed, oldest first. */
  readonly #unflushed: { readonly turn: number; readonly layer: Layer }[] = [];
  #current: Layer = new Map();
  #turn = 0;
  #bytes = 0;

  constructor(store: ReadableKeys) {
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#store.get(key) : change[1];
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#store.peek(key) : change[1];
  }

  range(range: Range): Iterable<Entry> {
    const changes = this.#changesWithin(range);
    if (changes.length === 0) return this.#store.range(range);
    // Each change may hide one entry below it, so that many more are asked for.
    const below = range.limit === undefined ? range : { ...range, limit: range.limit + changes.length };
    return merged(this.#store.range(below), changes, range);
  }

  /** Written by the turn being stepped, counting a key as often as it was written. */
  get bytes(): number {
    return this.#bytes;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#bytes += key.length + value.length;
    this.#current.set(textOf(key), [key, value]);
  }

  remove(key: Uint8Array): void {
    this.#bytes += key.length;
    this.#current.set(textOf(key), [key, undefined]);
  }

  begin(turn: number): void {
    this.#turn = turn;
    this.#bytes = 0;
  }

  /** Forgets what the turn being stepped wrote. */
  drop(): void {
    this.#current.clear();
  }

  /** Ends the turn being stepped: its changes in key order, kept visible until `flushed`. */
  seal(): Batch {
    const layer = this.#current;
    if (layer.size === 0) return [];
    this.#unflushed.push({ turn: this.#turn, layer });
    this.#current = new Map();
    return [...layer.keys()].sort().map((text) => layer.get(text) as Change);
  }

  /** The store itself shows the turn's changes from here on. */
  flushed(turn: number): void {
    if (this.#unflushed[0]?.turn === turn) this.#unflushed.shift();
  }

  /** Forgets every turn that is not flushed. */
  reset(): void {
    this.#current.clear();
    this.#unflushed.length = 0;
  }

  #changeOf(key: Uint8Array): Change | undefined {
    if (this.#current.size === 0 && this.#unflushed.length === 0) return undefined;
    const text = textOf(key);
    let change = this.#current.get(text);
    for (let at = this.#unflushed.length - 1; at >= 0 && change === undefined; at--) change = this.#unflushed[at]?.layer.get(text);
    return change;
  }

  #changesWithin({ from, to, order }: Range): Change[] {
    if (this.#current.size === 0 && this.#unflushed.length === 0) return [];
    const first = textOf(from);
    const beyond = textOf(to);
    const found: Layer = new Map();
    const take = (layer: Layer): void => {
      for (const [text, change] of layer) if (text >= first && text < beyond) found.set(text, change);
    };
    for (const { layer } of this.#unflushed) take(layer);
    take(this.#current);
    const texts = [...found.keys()].sort();
    if (order === "descending") texts.reverse();
    return texts.map((text) => found.get(text) as Change);
  }
}

/** Keys are short, and a string is what a Map compares fastest. One character a byte: strings and keys have one order. */
function textOf(key: Uint8Array): string {
  return String.fromCharCode.apply(undefined, key as unknown as number[]);
}

function* merged(below: Iterable<Entry>, changes: readonly Change[], { order, limit }: Range): Iterable<Entry> {
  const sign = order === "descending" ? -1 : 1;
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  let at = 0;
  // Ending this loop early closes the store's iterator, which would otherwise pin its pages.
  for (const entry of below) {
    let change = changes[at];
    let before = change === undefined ? 1 : sign * compareBytes(change[0], entry[0]);
    while (change !== undefined && before < 0) {
      at++;
      if (change[1] !== undefined) {
        yield change as Entry;
        if (--left <= 0) return;
      }
      change = changes[at];
      before = change === undefined ? 1 : sign * compareBytes(change[0], entry[0]);
    }
    // A change of the entry's own key hides it, and is yielded before the next entry.
    if (before === 0) continue;
    yield entry;
    if (--left <= 0) return;
  }
  for (; at < changes.length && left > 0; at++) {
    if (changes[at]?.[1] === undefined) continue;
    yield changes[at] as Entry;
    left--;
  }
}
