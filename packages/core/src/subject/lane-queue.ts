import type { LaneFold } from "./lane-fold.js";

/** Lanes that have something to fold, the one that goes first in front. */
export class LaneQueue {
  readonly #heap: LaneFold[] = [];
  readonly #isBefore: (left: LaneFold, right: LaneFold) => boolean;

  constructor(isBefore: (left: LaneFold, right: LaneFold) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#heap.length;
  }

  get first(): LaneFold | undefined {
    return this.#heap[0];
  }

  /** The one that is next to the first. */
  get second(): LaneFold | undefined {
    const [, left, right] = this.#heap;
    return left === undefined || right === undefined || this.#isBefore(left, right) ? left : right;
  }

  add(lane: LaneFold): void {
    const heap = this.#heap;
    heap.push(lane);
    for (let at = heap.length - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(heap[at] as LaneFold, heap[above] as LaneFold)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  /** The first has come to another event. */
  moved(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < heap.length && this.#isBefore(heap[left] as LaneFold, heap[least] as LaneFold)) least = left;
      if (right < heap.length && this.#isBefore(heap[right] as LaneFold, heap[least] as LaneFold)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  /** The first has nothing more. */
  drop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.moved();
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #swap(one: number, other: number): void {
    const heap = this.#heap;
    [heap[one], heap[other]] = [heap[other] as LaneFold, heap[one] as LaneFold];
  }
}

/** So operations mostly come behind what they were written in knowledge of; nothing depends on it. */
export function hasEarlierStamp(left: LaneFold, right: LaneFold): boolean {
  return left.wallMs < right.wallMs || (left.wallMs === right.wallMs && left.counter < right.counter);
}
