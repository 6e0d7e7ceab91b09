import { compareBytes } from "../../bytes/order.js";
import { type AuthorId, compareEpochs, type Epoch } from "../../identity/ids.js";
import { counterAt, originAt, wallAt } from "../event/event.js";

// The total order of a subject's events (docs/wire.md, "Order"): one order at every peer, whatever came when. An event that
// was appended again stands where it first stood. That is its author's claim: whoever claims one place twice, by design
// or because two stores of one author both brought back what they had lost, is put in one order all the same.

/** Where an event stands in the order. A cursor may change its place as it moves: copy what is kept. */
export interface Place {
  readonly wallMs: number;
  readonly counter: number;
  readonly author: AuthorId;
  readonly epoch: Epoch;
  readonly seq: number;
  /** Of the event as it was first appended: its own, or its origin's. */
  readonly id: Uint8Array;
  /** Where the event itself lies in its feed. */
  readonly lies: { readonly epoch: Epoch; readonly seq: number };
}

export function comparePlaces(left: Place, right: Place): number {
  return compareFirst(left, right) || compareEpochs(left.lies.epoch, right.lies.epoch) || left.lies.seq - right.lies.seq;
}

/** By where they were first appended. */
function compareFirst(left: Place, right: Place): number {
  return (
    left.wallMs - right.wallMs ||
    left.counter - right.counter ||
    compareBytes(left.author, right.author) ||
    compareEpochs(left.epoch, right.epoch) ||
    left.seq - right.seq ||
    compareBytes(left.id, right.id)
  );
}

/** Whether two events are one, appended again: the first of them in the order counts. In the order they are neighbours. */
export function isSameEvent(left: Place, right: Place): boolean {
  return compareFirst(left, right) === 0;
}

/** One operation of an event that carries several. */
export interface OperationPlace extends Place {
  readonly operation: number;
}

export function compareOperations(left: OperationPlace, right: OperationPlace): number {
  return comparePlaces(left, right) || left.operation - right.operation;
}

export interface PlaceInLane {
  readonly author: AuthorId;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly id: Uint8Array;
}

/** The place of the event at `offset`: its origin's, where it was appended again. */
export function placeAt(bytes: Uint8Array, offset: number, own: PlaceInLane): Place {
  const { author } = own;
  const origin = originAt(bytes, offset);
  if (origin === undefined) {
    const { epoch, seq, id } = own;
    return { wallMs: wallAt(bytes, offset), counter: counterAt(bytes, offset), author, epoch, seq, id, lies: own };
  }
  const { stamp, epoch, seq, id } = origin;
  return { wallMs: stamp.wallMs, counter: stamp.counter, author, epoch, seq, id, lies: own };
}

/** Stands at one thing after another, their places rising. */
export interface OrderedCursor {
  /** Of the thing it stands at; nothing behind the last. */
  readonly place: Place | undefined;
  next(): void;
}

/** Merges ordered cursors: `current` is the one whose place comes first. A lane's events are a cursor while none has an
 * origin; those that have one stand elsewhere in the order and need a cursor of their own (SortedPlaces). */
export class Merge<Cursor extends OrderedCursor> {
  /** A binary heap: no cursor comes before the one at half its index. */
  readonly #heap: Cursor[];

  constructor(cursors: Iterable<Cursor>) {
    this.#heap = [...cursors].filter((cursor) => cursor.place !== undefined);
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  get current(): Cursor | undefined {
    return this.#heap[0];
  }

  /** Moves the current cursor on. */
  next(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    first.next();
    if (first.place === undefined) {
      const last = this.#heap.pop() as Cursor;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const sinking = heap[from] as Cursor;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1] as Cursor, heap[child] as Cursor)) child++;
      if (!precedes(heap[child] as Cursor, sinking)) break;
      heap[at] = heap[child] as Cursor;
      at = child;
    }
    heap[at] = sinking;
  }
}

function precedes(left: OrderedCursor, right: OrderedCursor): boolean {
  return comparePlaces(left.place as Place, right.place as Place) < 0;
}

/** A cursor over things gathered in any order. */
export class SortedPlaces<Thing extends Place> implements OrderedCursor {
  readonly #things: readonly Thing[];
  #at = 0;

  constructor(things: Iterable<Thing>) {
    this.#things = [...things].sort(comparePlaces);
  }

  get place(): Thing | undefined {
    return this.#things[this.#at];
  }

  next(): void {
    this.#at++;
  }
}
