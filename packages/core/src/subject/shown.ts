import type { Writer } from "../bytes/writer.js";
import { idBytes } from "../identity/ids.js";
import type { Dot } from "../merge/dot.js";
import type { AnyMergeType, Circumstance } from "../merge/merge-type.js";
import type { ViewFold } from "./view-fold.js";

/** Operations of ours that are not folded yet: they count at once, as if they came behind all there is. */
export interface PendingWrite {
  readonly operations: readonly unknown[];
  /** Where they lie, once they are on disk: the last of them. */
  placed: { readonly lane: number; readonly seq: number } | undefined;
}

/** What an application sees: what is folded, and on top of it what it just wrote. */
export class Shown {
  readonly #type: AnyMergeType;
  /** Who writes here, in hexadecimal. */
  readonly #author: string;
  #fold: ViewFold;
  readonly #pending: PendingWrite[] = [];
  /** Those that lie somewhere by now, by seq. */
  readonly #placed = new Map<number, PendingWrite>();
  #counter = 0;
  /** Of keys that pending operations bear on. */
  #over = new Map<string, unknown>();

  constructor(type: AnyMergeType, fold: ViewFold, author: string) {
    this.#author = author;
    this.#type = type;
    this.#fold = fold;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Throws what the type does of an operation that it does not take; then nothing is added. */
  add(write: PendingWrite): void {
    this.#pending.push(write);
    try {
      this.#apply(write);
    } catch (error) {
      this.drop(write);
      throw error;
    }
  }

  /** It lies there now. */
  place(write: PendingWrite, placed: { readonly lane: number; readonly seq: number }): void {
    write.placed = placed;
    this.#placed.set(placed.seq, write);
  }

  /** What an event of ours asks, if it is known without reading it. */
  operationsAt(lane: number, seq: number): readonly unknown[] | undefined {
    const write = this.#placed.size === 0 ? undefined : this.#placed.get(seq);
    return write?.placed?.lane === lane ? write.operations : undefined;
  }

  /** It came to nothing. */
  drop(write: PendingWrite): void {
    const at = this.#pending.indexOf(write);
    if (at === -1) return;
    this.#pending.splice(at, 1);
    this.#rebuild();
  }

  /** More is folded, or otherwise. */
  refold(fold: ViewFold): void {
    this.#fold = fold;
    if (this.#pending.length === 0) return;
    const frontier = fold.frontier();
    const isFolded = ({ placed }: PendingWrite) => placed !== undefined && (frontier.get(placed.lane) ?? 0) >= placed.seq;
    const left = this.#pending.filter((write) => !isFolded(write));
    for (const write of this.#pending) if (write.placed !== undefined && isFolded(write)) this.#placed.delete(write.placed.seq);
    this.#pending.splice(0, this.#pending.length, ...left);
    this.#rebuild();
  }

  items(): ReadonlyMap<string, unknown> {
    const { all } = this.#fold.items;
    return this.#over.size === 0 ? all : new Map([...all, ...this.#over]);
  }

  item(key: string): unknown {
    return this.#over.get(key) ?? this.#fold.items.get(key);
  }

  /** Items of keys behind one, in the order of keys; the fold is settled. */
  page(prefix: string, after: string | undefined, limit: number): (readonly [key: string, item: unknown])[] {
    const page = this.#fold.items.page(prefix, after, limit);
    if (this.#over.size === 0) return page;
    const last = page.length < limit ? undefined : page.at(-1)?.[0];
    const isWithin = (key: string) => key.startsWith(prefix) && (after === undefined || key > after) && (last === undefined || key <= last);
    const items = new Map(page);
    for (const [key, item] of this.#over) if (isWithin(key)) items.set(key, item);
    return [...items].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  #rebuild(): void {
    this.#over = new Map();
    for (const write of this.#pending) this.#apply(write);
  }

  #apply({ operations }: PendingWrite): void {
    const at = this.#newest();
    for (const operation of operations) {
      const key = this.#type.keyOf(operation);
      let item = this.#over.get(key);
      if (item === undefined) {
        item = this.#fold.items.copy(key);
        this.#over.set(key, item);
      }
      at.dot = { lane: PENDING_LANE, seq: ++this.#counter, operation: 0, wallMs: Number.MAX_SAFE_INTEGER, counter: 0 };
      this.#type.apply(item, operation, at);
    }
  }

  /** Behind everything, in knowledge of everything, in a lane that no other is. */
  #newest(): { dot: Dot } & Circumstance {
    const { seen } = this.#fold;
    const { stored } = this.#fold.lanes;
    const lanes = {
      ...stored,
      compare: (left: number, right: number) => order(left) - order(right) || (left === right ? 0 : stored.compare(left, right)),
      author: (lane: number) => (lane === PENDING_LANE ? this.#author : stored.author(lane)),
      write: (writer: Writer, lane: number) => (lane === PENDING_LANE ? void writer.bytes(NO_LANE) : stored.write(writer, lane)),
    };
    return { dot: NO_DOT, lanes, seen, covers: () => true, ahead: [] };
  }
}

const NO_DOT: Dot = { lane: 0, seq: 0, operation: 0, wallMs: 0, counter: 0 };
const PENDING_LANE = -1;
/** For types that make ids of operations: no lane has it. */
const NO_LANE = new Uint8Array(idBytes).fill(0xff);

function order(lane: number): number {
  return lane === PENDING_LANE ? 1 : 0;
}
