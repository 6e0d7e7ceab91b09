import { toHex } from "../bytes/hex.js";
import { sketchKeptRowsMin, sketchKeptSymbolsMax, sketchLargeRowsMin, sketchSymbolsMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import { type FeedView, unlessLost } from "../feed/lane/feed-view.js";
import { hybridSizeOf } from "../feed/lane/lane-reach.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import { type FrontierOptions, frontierRow } from "../feed/write/frontier-core.js";
import { asId, idBytes, type LaneId, type SpaceId } from "../identity/ids.js";
import { leafHash } from "../proof/trie-node.js";
import { LaneTable } from "./lane-table.js";
import type { Item, Scope } from "./messages.js";
import { partsHeld } from "./scope-parts.js";
import { Sketch } from "./sketch.js";
import { mix32, type SketchSalt, sketchSalt } from "./sketch-walk.js";

// All rows of a store as items of eight bytes, in memory: what is asked of many rows at a time is answered without reading them.
// Nothing of it is on disk; whoever owns it takes all lanes in anew, one after the other, and each lane again that changes.

export interface IndexedRow {
  readonly space: SpaceId;
  /** The lane's id, of which the first bytes count. */
  readonly id: Uint8Array;
  /** The hash of its leaf in the trie. */
  readonly leaf: Uint8Array;
  readonly hybridSize: number;
}

interface SpaceRows {
  readonly number: number;
  readonly id: SpaceId;
  /** A lane's number and 1; 0: none. */
  first: number;
  rows: number;
  /** The 64 bits of all of them, folded into one. */
  high: number;
  low: number;
  sketch: Sketch | undefined;
}

const FIRST_LANES = 64;

export class RowIndex {
  readonly salt: SketchSalt;
  readonly #options: FrontierOptions;
  readonly #table: LaneTable;
  // By lane number: the item, 64 bits more that stand for it, its space's number and 1 (0: no row), the lanes beside it in its space.
  #lanes = new Uint32Array(FIRST_LANES);
  #rows = new Uint32Array(FIRST_LANES);
  #high = new Uint32Array(FIRST_LANES);
  #low = new Uint32Array(FIRST_LANES);
  #spaceOf = new Uint32Array(FIRST_LANES);
  #next = new Uint32Array(FIRST_LANES);
  #before = new Uint32Array(FIRST_LANES);
  readonly #spaces: SpaceRows[] = [];
  readonly #spaceNumbers = new Map<string, number>();
  #lastSpace: SpaceRows | undefined;
  #count = 0;
  #end = 0;

  constructor(options: FrontierOptions, salt: Uint8Array) {
    this.#options = options;
    this.salt = sketchSalt(salt);
    this.#table = new LaneTable(() => this.#lanes, this.salt[3]);
  }

  get rows(): number {
    return this.#count;
  }

  /** One more than the largest number of a lane that ever had a row. */
  get lanesEnd(): number {
    return this.#end;
  }

  /** Takes a lane in as it stands now. Of one whose row the disk has lost there is none: whoever has it tells of it. */
  update(view: FeedView, lane: number): void {
    this.put(
      lane,
      unlessLost(() => this.#rowOf(view, lane)),
    );
  }

  #rowOf(view: FeedView, lane: number): IndexedRow | undefined {
    const { key, row } = frontierRow(this.#options, view, lane);
    if (row === undefined) return undefined;
    const hybridSize = sealedWithin(view, lane);
    const space = asId<SpaceId>(key.subarray(0, idBytes));
    return { space, id: key.subarray(2 * idBytes), leaf: leafHash(this.#options.hasher, key, row), hybridSize };
  }

  /** `undefined`: nothing of the lane counts. */
  put(lane: number, row: IndexedRow | undefined): void {
    if (row === undefined) return this.#remove(lane);
    const { id, leaf, hybridSize } = row;
    const beginning = wordAt(id, 0);
    const word = sealedWord(wordAt(leaf, 0), hybridSize);
    const [high, low] = [sealedWord(wordAt(leaf, 4), hybridSize), sealedWord(wordAt(leaf, 8), hybridSize)];
    if (this.holds(lane)) {
      if (this.#lanes[lane] === beginning && this.#rows[lane] === word && this.#high[lane] === high && this.#low[lane] === low) return;
      this.#remove(lane);
    }
    this.#room(lane);
    this.#lanes[lane] = beginning;
    this.#rows[lane] = word;
    this.#high[lane] = high;
    this.#low[lane] = low;
    this.#table.add(lane);
    this.#enter(this.#space(row.space), lane);
    this.#count++;
    this.#end = Math.max(this.#end, lane + 1);
  }

  /** Whether anything of the lane counts. */
  holds(lane: number): boolean {
    return lane < this.#end && this.#spaceOf[lane] !== 0;
  }

  itemOf(lane: number): Item | undefined {
    return this.holds(lane) ? { lane: this.#lanes[lane] as number, row: this.#rows[lane] as number } : undefined;
  }

  lanesOf(item: Item): number[] {
    return this.#table.lanesBeginning(item.lane).filter((lane) => this.#rows[lane] === item.row);
  }

  /** A lane of which something counts, by the id that everybody knows it by. */
  laneOfId(view: FeedView, id: Uint8Array): number | undefined {
    const isOf = (lane: number): boolean => equalBytes(new LaneReader(view, this.#options.hasher, lane).laneId(), id as LaneId);
    return this.#table.lanesBeginning(wordAt(id, 0)).find(isOf);
  }

  /** The lanes of a scope, in no order. */
  *lanes(view: FeedView, scope: Scope): Generator<number, void, undefined> {
    for (const place of this.#places(view, scope)) {
      if (typeof place === "number") yield place;
      else for (let lane = place.first; lane !== 0; lane = this.#next[lane - 1] as number) yield lane - 1;
    }
  }

  /** The same from a number on, in the order of their numbers. */
  *lanesFrom(view: FeedView, scope: Scope, first: number): Generator<number, void, undefined> {
    const isIn = this.members(view, scope);
    for (let lane = first; lane < this.#end; lane++) if (isIn(lane)) yield lane;
  }

  /** Whether a lane is in the scope and something of it counts, at this moment. */
  members(view: FeedView, scope: Scope): (lane: number) => boolean {
    if (scope.kind === "all") return (lane) => this.holds(lane);
    const spaces = new Set<number>();
    const lanes = new Set<number>();
    for (const place of this.#places(view, scope)) {
      if (typeof place === "number") lanes.add(place);
      else spaces.add(place.number + 1);
    }
    return (lane) => this.holds(lane) && (spaces.has(this.#spaceOf[lane] as number) || lanes.has(lane));
  }

  rowsIn(view: FeedView, scope: Scope): number {
    let rows = 0;
    for (const place of this.#places(view, scope)) rows += typeof place === "number" ? 1 : place.rows;
    return rows;
  }

  /** 64 bits that stand for all items of a scope: of equal items they are equal. Two numbers. */
  sum(view: FeedView, scope: Scope): Uint32Array<ArrayBuffer> {
    const sum = new Uint32Array(2);
    for (const place of this.#places(view, scope)) {
      (sum[0] as number) ^= typeof place === "number" ? (this.#high[place] as number) : place.high;
      (sum[1] as number) ^= typeof place === "number" ? (this.#low[place] as number) : place.low;
    }
    return sum;
  }

  /** The same of the items in each of 2^`bits` buckets, one behind the other. */
  sums(view: FeedView, scope: Scope, bits: number): Uint32Array<ArrayBuffer> {
    const sums = new Uint32Array(2 ** (bits + 1));
    for (const lane of this.lanes(view, scope)) {
      const bucket = this.bucketOf(lane, bits);
      (sums[2 * bucket] as number) ^= this.#high[lane] as number;
      (sums[2 * bucket + 1] as number) ^= this.#low[lane] as number;
    }
    return sums;
  }

  bucketOf(lane: number, bits: number): number {
    return (this.#lanes[lane] as number) >>> (32 - bits);
  }

  /** The symbols of a scope's items from one on. */
  symbols(view: FeedView, scope: Scope, from: number, count: number): Sketch {
    const sketch = new Sketch(this.salt, from, count);
    for (const place of this.#places(view, scope)) {
      if (typeof place === "number") this.#fold(sketch, place, 1);
      else if (place.sketch !== undefined && from + count <= place.sketch.length) sketch.foldSketch(place.sketch, 1);
      else for (let lane = place.first; lane !== 0; lane = this.#next[lane - 1] as number) this.#fold(sketch, lane - 1, 1);
    }
    return sketch;
  }

  /** Whole spaces, and lanes of single subjects. */
  *#places(view: FeedView, scope: Scope): Generator<SpaceRows | number, void, undefined> {
    if (scope.kind === "all") {
      yield* this.#spaces;
      return;
    }
    for (const { space, subject } of partsHeld(scope.parts)) {
      if (subject !== undefined) {
        for (const { number } of view.lanes(subject)) if (this.holds(number)) yield number;
        continue;
      }
      const number = this.#spaceNumbers.get(toHex(space));
      if (number !== undefined) yield this.#spaces[number] as SpaceRows;
    }
  }

  #fold(sketch: Sketch, lane: number, by: 1 | -1): void {
    sketch.fold(this.#lanes[lane] as number, this.#rows[lane] as number, by);
  }

  #space(id: SpaceId): SpaceRows {
    if (this.#lastSpace !== undefined && equalBytes(this.#lastSpace.id, id)) return this.#lastSpace;
    const name = toHex(id);
    const known = this.#spaceNumbers.get(name);
    if (known !== undefined) return (this.#lastSpace = this.#spaces[known] as SpaceRows);
    const space = { number: this.#spaces.length, id: asId<SpaceId>(id.slice()), first: 0, rows: 0, high: 0, low: 0, sketch: undefined };
    this.#spaceNumbers.set(name, space.number);
    this.#spaces.push(space);
    return (this.#lastSpace = space);
  }

  #enter(space: SpaceRows, lane: number): void {
    this.#spaceOf[lane] = space.number + 1;
    this.#before[lane] = 0;
    this.#next[lane] = space.first;
    if (space.first !== 0) this.#before[space.first - 1] = lane + 1;
    space.first = lane + 1;
    space.rows++;
    space.high ^= this.#high[lane] as number;
    space.low ^= this.#low[lane] as number;
    const kept = keptSymbols(space.rows);
    if (space.sketch !== undefined && space.sketch.length >= kept) return this.#fold(space.sketch, lane, 1);
    if (kept === 0) return;
    space.sketch = new Sketch(this.salt, 0, kept);
    for (let each = space.first; each !== 0; each = this.#next[each - 1] as number) this.#fold(space.sketch, each - 1, 1);
  }

  #remove(lane: number): void {
    if (!this.holds(lane)) return;
    const space = this.#spaces[(this.#spaceOf[lane] as number) - 1] as SpaceRows;
    const [next, before] = [this.#next[lane] as number, this.#before[lane] as number];
    if (before === 0) space.first = next;
    else this.#next[before - 1] = next;
    if (next !== 0) this.#before[next - 1] = before;
    space.high ^= this.#high[lane] as number;
    space.low ^= this.#low[lane] as number;
    if (space.sketch !== undefined) this.#fold(space.sketch, lane, -1);
    if (--space.rows === 0) space.sketch = undefined;
    this.#table.remove(lane);
    this.#spaceOf[lane] = 0;
    this.#count--;
  }

  #room(lane: number): void {
    if (lane < this.#lanes.length) return;
    const length = Math.max(lane + 1, Math.ceil(this.#lanes.length * 1.5));
    this.#lanes = grown(this.#lanes, length);
    this.#rows = grown(this.#rows, length);
    this.#high = grown(this.#high, length);
    this.#low = grown(this.#low, length);
    this.#spaceOf = grown(this.#spaceOf, length);
    this.#next = grown(this.#next, length);
    this.#before = grown(this.#before, length);
  }
}

/** Most lanes have no second signature: their heads are not read again for it. */
function sealedWithin(view: FeedView, lane: number): number {
  const head = view.hybrid(lane) === undefined ? undefined : view.head(lane);
  return head === undefined ? 0 : hybridSizeOf(view, lane, head);
}

function keptSymbols(rows: number): number {
  if (rows < sketchKeptRowsMin) return 0;
  return rows < sketchLargeRowsMin ? sketchKeptSymbolsMax : sketchSymbolsMax;
}

function grown(words: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(words);
  return longer;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  );
}

/** A word of a leaf's hash, which says nothing of second signatures, as one that does. */
function sealedWord(word: number, hybridSize: number): number {
  if (hybridSize === 0) return word;
  return mix32(word ^ mix32((hybridSize >>> 0) + mix32(Math.floor(hybridSize / 0x1_0000_0000) + 1)));
}
