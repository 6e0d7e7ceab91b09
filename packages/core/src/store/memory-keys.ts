import { compareBytes } from "../bytes/order.js";
import type { Entry, KeySpace, Range, ReadableKeys } from "../protocol/key-space.js";

// An ordered map in memory: chunks of sorted entries, copied before they are changed once a reader may hold them.
// Putting costs two binary searches and a move of at most CHUNK_ENTRIES references, whatever the size of the map.

const CHUNK_ENTRIES = 128;

/** One map between two snapshots of it. Told apart by identity: chunks go from map to map. */
type Generation = { readonly of: "chunks" };

interface Chunk {
  /** The generation that may change this chunk in place; an older one is copied first. */
  readonly generation: Generation;
  readonly entries: Entry[];
}

/** A state of a map, unchanged by all that comes later. Taking one costs nothing. */
export interface MemorySnapshot extends ReadableKeys {
  readonly size: number;
}

class Snapshot implements MemorySnapshot {
  readonly chunks: readonly Chunk[];
  readonly size: number;

  constructor(chunks: readonly Chunk[], size: number) {
    this.chunks = chunks;
    this.size = size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return find(this.chunks, key);
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    return find(this.chunks, key);
  }

  range(range: Range): Iterable<Entry> {
    return walk(this.chunks, range);
  }
}

export class MemoryKeys implements KeySpace {
  #chunks: Chunk[] = [];
  #size = 0;
  #generation: Generation = { of: "chunks" };
  /** Whether somebody may still read the chunks as they are now. */
  #shared: "yes" | "no" = "no";

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return find(this.#chunks, key);
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    return find(this.#chunks, key);
  }

  range(range: Range): Iterable<Entry> {
    this.#shared = "yes";
    return walk(this.#chunks, range);
  }

  snapshot(): MemorySnapshot {
    this.#shared = "yes";
    return new Snapshot(this.#chunks, this.#size);
  }

  /** Goes back (or over) to the state of a snapshot, which stays usable. */
  restore(snapshot: MemorySnapshot): void {
    if (!(snapshot instanceof Snapshot)) throw new TypeError("not a snapshot of a memory map");
    this.#chunks = snapshot.chunks as Chunk[];
    this.#size = snapshot.size;
    this.#shared = "yes";
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#unshare();
    const at = chunkOf(this.#chunks, key);
    if (at < 0) {
      this.#chunks.unshift({ generation: this.#generation, entries: [] });
      this.#insert(0, 0, [key, value]);
      return;
    }
    const { entries } = this.#changeable(at);
    const place = lowerBound(entries, key);
    const found = entries[place];
    if (found !== undefined && compareBytes(found[0], key) === 0) entries[place] = [found[0], value];
    else this.#insert(at, place, [key, value]);
  }

  remove(key: Uint8Array): void {
    const at = chunkOf(this.#chunks, key);
    if (at < 0) return;
    const place = lowerBound((this.#chunks[at] as Chunk).entries, key);
    const found = (this.#chunks[at] as Chunk).entries[place];
    if (found === undefined || compareBytes(found[0], key) !== 0) return;
    this.#unshare();
    const { entries } = this.#changeable(at);
    entries.splice(place, 1);
    if (entries.length === 0) this.#chunks.splice(at, 1);
    this.#size -= 1;
  }

  #insert(at: number, place: number, entry: Entry): void {
    const chunk = this.#chunks[at] as Chunk;
    chunk.entries.splice(place, 0, entry);
    this.#size += 1;
    if (chunk.entries.length <= CHUNK_ENTRIES) return;
    // Keys often come in ascending order: a full last chunk then stays full.
    const ascending = at === this.#chunks.length - 1 && place === chunk.entries.length - 1;
    const rest = chunk.entries.splice(ascending ? CHUNK_ENTRIES : CHUNK_ENTRIES / 2);
    this.#chunks.splice(at + 1, 0, { generation: this.#generation, entries: rest });
  }

  #unshare(): void {
    if (this.#shared === "no") return;
    this.#chunks = [...this.#chunks];
    this.#generation = { of: "chunks" };
    this.#shared = "no";
  }

  #changeable(at: number): Chunk {
    const chunk = this.#chunks[at] as Chunk;
    if (chunk.generation === this.#generation) return chunk;
    const copy = { generation: this.#generation, entries: [...chunk.entries] };
    this.#chunks[at] = copy;
    return copy;
  }
}

function find(chunks: readonly Chunk[], key: Uint8Array): Uint8Array | undefined {
  const at = chunkOf(chunks, key);
  if (at < 0) return undefined;
  const { entries } = chunks[at] as Chunk;
  const entry = entries[lowerBound(entries, key)];
  return entry !== undefined && compareBytes(entry[0], key) === 0 ? entry[1] : undefined;
}

/** The last chunk that begins at or before the key; the first for a key before all; -1 where there is none. */
function chunkOf(chunks: readonly Chunk[], key: Uint8Array): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const first = ((chunks[middle] as Chunk).entries[0] as Entry)[0];
    if (compareBytes(first, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low === 0 && chunks.length > 0 ? 0 : low - 1;
}

/** The first place whose key is not before the key. */
function lowerBound(entries: readonly Entry[], key: Uint8Array): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes((entries[middle] as Entry)[0], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function walk(chunks: readonly Chunk[], range: Range): Iterable<Entry> {
  return { [Symbol.iterator]: () => (range.order === "descending" ? descending(chunks, range) : ascending(chunks, range)) };
}

function* ascending(chunks: readonly Chunk[], { from, to, limit = Number.POSITIVE_INFINITY }: Range): Generator<Entry> {
  let left = limit;
  let at = Math.max(0, chunkOf(chunks, from));
  let place = at < chunks.length ? lowerBound((chunks[at] as Chunk).entries, from) : 0;
  for (; at < chunks.length; at++, place = 0) {
    const { entries } = chunks[at] as Chunk;
    for (; place < entries.length; place++, left--) {
      const entry = entries[place] as Entry;
      if (left <= 0 || compareBytes(entry[0], to) >= 0) return;
      yield entry;
    }
  }
}

function* descending(chunks: readonly Chunk[], { from, to, limit = Number.POSITIVE_INFINITY }: Range): Generator<Entry> {
  let left = limit;
  let at = chunkOf(chunks, to);
  let place = at < 0 ? -1 : lowerBound((chunks[at] as Chunk).entries, to) - 1;
  while (at >= 0) {
    const { entries } = chunks[at] as Chunk;
    for (; place >= 0; place--, left--) {
      const entry = entries[place] as Entry;
      if (left <= 0 || compareBytes(entry[0], from) < 0) return;
      yield entry;
    }
    at -= 1;
    place = at < 0 ? -1 : (chunks[at] as Chunk).entries.length - 1;
  }
}
