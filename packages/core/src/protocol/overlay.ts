import { compareBytes } from "../bytes/order.js";
import type { Batch, Entry, KeySpace, Range, ReadableKeys } from "./key-space.js";

// What cores see of the store while turns are under way: the store's own keys, under the writes of turns that are
// committed but not yet flushed, under the writes of the turn being stepped.

interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly turn: number;
}

export class Overlay implements KeySpace {
  readonly #store: ReadableKeys;
  /** Newest change of each key that some unflushed turn wrote. */
  readonly #pending = new Map<string, Change>();
  readonly #turns = new Map<number, readonly string[]>();
  #current = new Map<string, Change>();
  #turn = 0;
  #bytes = 0;

  constructor(store: ReadableKeys) {
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#store.get(key) : change.value;
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#store.peek(key) : change.value;
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
    this.#current.set(textOf(key), { key, value, turn: this.#turn });
  }

  remove(key: Uint8Array): void {
    this.#bytes += key.length;
    this.#current.set(textOf(key), { key, value: undefined, turn: this.#turn });
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
    if (this.#current.size === 0) return [];
    const texts = [...this.#current.keys()].sort();
    const batch = texts.map((text) => {
      const change = this.#current.get(text) as Change;
      this.#pending.set(text, change);
      return [change.key, change.value] as const;
    });
    this.#turns.set(this.#turn, texts);
    this.#current = new Map();
    return batch;
  }

  /** The store itself shows the turn's changes from here on. */
  flushed(turn: number): void {
    for (const text of this.#turns.get(turn) ?? []) {
      if (this.#pending.get(text)?.turn === turn) this.#pending.delete(text);
    }
    this.#turns.delete(turn);
  }

  /** Forgets every turn that is not flushed. */
  reset(): void {
    this.#current.clear();
    this.#pending.clear();
    this.#turns.clear();
  }

  #changeOf(key: Uint8Array): Change | undefined {
    if (this.#current.size === 0 && this.#pending.size === 0) return undefined;
    const text = textOf(key);
    return this.#current.get(text) ?? this.#pending.get(text);
  }

  #changesWithin({ from, to, order }: Range): Change[] {
    if (this.#current.size === 0 && this.#pending.size === 0) return [];
    const first = textOf(from);
    const beyond = textOf(to);
    const found = new Map<string, Change>();
    for (const layer of [this.#pending, this.#current]) {
      for (const [text, change] of layer) if (text >= first && text < beyond) found.set(text, change);
    }
    const sign = order === "descending" ? -1 : 1;
    return [...found.values()].sort((left, right) => sign * compareBytes(left.key, right.key));
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
    let before = change === undefined ? 1 : sign * compareBytes(change.key, entry[0]);
    while (change !== undefined && before < 0) {
      at++;
      if (change.value !== undefined) {
        yield [change.key, change.value];
        if (--left <= 0) return;
      }
      change = changes[at];
      before = change === undefined ? 1 : sign * compareBytes(change.key, entry[0]);
    }
    // A change of the entry's own key hides it, and is yielded before the next entry.
    if (before === 0) continue;
    yield entry;
    if (--left <= 0) return;
  }
  for (; at < changes.length && left > 0; at++) {
    const { key, value } = changes[at] as Change;
    if (value === undefined) continue;
    yield [key, value];
    left--;
  }
}
