import { runEventsMax } from "./limits.js";

// Virtual time: a heap of what is to happen, each at its moment. Nothing here waits; time jumps to the next event.

/** Moments are whole multiples of this, so that sums of them are exact: a timer is never early by a rounding error. */
export const quantumMs = 2 ** -10;

interface Event {
  readonly at: number;
  /** Of two events of one moment, the one asked for first happens first. */
  readonly order: number;
  run: (() => void) | undefined;
}

export interface RunOptions {
  /** Ends the run this much virtual time from now. */
  readonly forMs?: number;
  /** Ends the run as soon as it holds; asked before every event. */
  readonly until?: () => boolean;
  readonly eventsMax?: number;
}

/** Why a run ended: its condition holds, nothing is left to happen, or its time is over. */
export type RunEnd = "condition" | "quiet" | "deadline";

export class Timeline {
  #heap: Event[] = [];
  #now = 0;
  #order = 0;
  #cancelled = 0;
  #happened = 0;

  get now(): number {
    return this.#now;
  }

  /** Events happened so far. */
  get happened(): number {
    return this.#happened;
  }

  /** Events still to happen. */
  get waiting(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Runs once, `delayMs` from now, rounded up; never before the call returns. The answer cancels it. */
  after(delayMs: number, run: () => void): () => void {
    if (!(delayMs >= 0)) throw new RangeError(`not a delay: ${delayMs}`);
    const event: Event = { at: this.#now + Math.ceil(delayMs / quantumMs) * quantumMs, order: this.#order++, run };
    this.#push(event);
    return () => {
      if (event.run === undefined) return;
      event.run = undefined;
      this.#cancelled += 1;
      if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#sweep();
    };
  }

  run({ forMs = Number.POSITIVE_INFINITY, until, eventsMax = runEventsMax }: RunOptions = {}): RunEnd {
    const deadline = this.#now + Math.ceil(forMs / quantumMs) * quantumMs;
    for (let events = 0; ; events++) {
      if (until?.() === true) return "condition";
      if (events >= eventsMax) throw new Error(`${eventsMax} events and no end at ${this.#now} ms: something goes round in circles`);
      const next = this.#next();
      if (next === undefined || next.at > deadline) {
        if (deadline !== Number.POSITIVE_INFINITY) this.#now = deadline;
        return next === undefined ? "quiet" : "deadline";
      }
      this.#pop();
      this.#now = next.at;
      this.#happened += 1;
      const { run } = next;
      next.run = undefined;
      run?.();
    }
  }

  #next(): Event | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.run !== undefined) return first;
      this.#pop();
      this.#cancelled -= 1;
    }
  }

  #sweep(): void {
    const live = this.#heap.filter((event) => event.run !== undefined);
    this.#heap = live.sort((left, right) => (before(left, right) ? -1 : 1));
    this.#cancelled = 0;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above] as Event;
      if (before(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (before(last, heap[child] as Event)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function before(left: Event, right: Event): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/** One boot of a peer. When it is over, nothing that was asked for during it happens any more: what a crash is. */
export class Lifetime {
  readonly #timeline: Timeline;
  #state: "going on" | "over" = "going on";

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get now(): number {
    return this.#timeline.now;
  }

  get over(): boolean {
    return this.#state === "over";
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#timeline.after(delayMs, () => {
      if (this.#state === "going on") run();
    });
  }

  end(): void {
    this.#state = "over";
  }
}
