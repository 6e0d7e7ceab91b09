import { compareBytes } from "../bytes/order.js";
import { MemoryKeys, type MemorySnapshot } from "../store/memory-keys.js";
import { applyBatch } from "../store/memory-store.js";
import type { Batch } from "./key-space.js";
import type { Clock, Compute, LinkEvents, Ports, Scheduler, Store, StoreFailure, TraceLine, Transport } from "./ports.js";
import type { Instant, LinkTraits, MessageClass, Outcome, PeerId, Random } from "./protocol.js";

// Ports cranked by hand: nothing happens until the test says so, one thing at a time.

export class HandClock implements Clock {
  ms = 0;
  wall = 1_800_000_000_000;
  /** Each reading moves the clock on by this much. */
  stepMs = 0;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): Instant {
    this.ms += this.stepMs;
    return this.ms as Instant;
  }

  wallMs(): number {
    return this.wall + Math.floor(this.ms);
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.ms + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets time pass; what falls due runs in its order. */
  advance(ms: number): void {
    const until = this.ms + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.ms = Math.max(this.ms, due.at);
      due.run();
    }
    this.ms = until;
  }
}

export class HandScheduler implements Scheduler {
  readonly #queue: (() => void)[] = [];

  soon(run: () => void): void {
    this.#queue.push(run);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs one of those waiting. */
  tick(): void {
    this.#queue.shift()?.();
  }

  settle(): void {
    for (let ticks = 0; this.#queue.length > 0; ticks++) {
      if (ticks > 100_000) throw new Error("it never comes to rest");
      this.tick();
    }
  }
}

interface Commit {
  readonly batch: Batch;
  readonly done: (failure?: StoreFailure) => void;
}

/** Each commit is done, or fails, when the test says so. */
export class HandStore implements Store {
  readonly keys = new MemoryKeys();
  readonly commits: Commit[] = [];
  /** As of the last flush: what a failure goes back to. */
  #flushed = this.keys.snapshot();
  room = 2 ** 40;
  /** What is asked of every batch as it comes in. */
  check: (batch: Batch) => void = () => {};

  commit(batch: Batch, done: (failure?: StoreFailure) => void): void {
    for (let at = 1; at < batch.length; at++) {
      const [[left], [right]] = [batch[at - 1], batch[at]] as [Batch[number], Batch[number]];
      if (compareBytes(left, right) >= 0) throw new Error("a batch out of order");
    }
    this.check(batch);
    this.commits.push({ batch, done });
  }

  /** Brings the oldest commits to disk. */
  flush(count = this.commits.length): void {
    for (let left = Math.min(count, this.commits.length); left > 0; left--) {
      const { batch, done } = this.commits.shift() as Commit;
      const shown = this.keys.snapshot();
      this.keys.restore(this.#flushed);
      applyBatch(this.keys, batch);
      this.#flushed = this.keys.snapshot();
      this.keys.restore(shown);
      applyBatch(this.keys, batch);
      done();
    }
  }

  /** What is on disk: less than what it shows, maybe. */
  get onDisk(): MemorySnapshot {
    return this.#flushed;
  }

  /** Lets readers see the oldest commits before they are on disk. */
  show(count: number): void {
    this.keys.restore(this.#flushed);
    for (const { batch } of this.commits.slice(0, count)) applyBatch(this.keys, batch);
  }

  /** The oldest commit fails, and what was shown of it and its successors is gone. */
  failOne(failure: StoreFailure): void {
    const commit = this.commits.shift();
    if (commit === undefined) return;
    this.keys.restore(this.#flushed);
    commit.done(failure);
  }

  fail(failure: StoreFailure = { reason: "no such luck", outcome: "not written" }): void {
    while (this.commits.length > 0) this.failOne(failure);
  }

  roomBytes(): number {
    return this.room;
  }
}

export interface Sent {
  readonly to: PeerId;
  readonly frame: Uint8Array;
  readonly messageClass: MessageClass;
}

/** Of links made by hand, where nobody cares. */
export const plainTraits: LinkTraits = { delivery: "lossless", integrity: "unchecked" };

export class HandTransport implements Transport {
  events: LinkEvents | undefined;
  readonly sent: Sent[] = [];
  readonly credits = new Map<PeerId, number>();
  readonly closed: (readonly [peer: PeerId, reason: string])[] = [];

  listen(events: LinkEvents): void {
    this.events = events;
  }

  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    this.sent.push({ to, frame, messageClass });
  }

  credit(from: PeerId, bytes: number): void {
    this.credits.set(from, (this.credits.get(from) ?? 0) + bytes);
  }

  close(peer: PeerId, reason: string): void {
    this.closed.push([peer, reason]);
  }
}

interface Job {
  readonly protocol: string;
  readonly job: unknown;
  readonly done: (outcome: Outcome<unknown>) => void;
}

export class HandCompute implements Compute {
  readonly jobs: Job[] = [];

  run(protocol: string, job: unknown, done: (outcome: Outcome<unknown>) => void): void {
    this.jobs.push({ protocol, job, done });
  }

  finish(outcome: Outcome<unknown>, at = 0): void {
    this.jobs.splice(at, 1)[0]?.done(outcome);
  }
}

/** Counts up: a test sees at once whose turn it was. */
class CountingRandom implements Random {
  #next = 0;

  below(bound: number): number {
    return this.#next++ % bound;
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(length).fill(this.#next++ & 0xff);
  }
}

export class HandPorts implements Ports {
  readonly clock = new HandClock();
  readonly scheduler = new HandScheduler();
  readonly random = new CountingRandom();
  readonly transport = new HandTransport();
  readonly store = new HandStore();
  readonly compute = new HandCompute();
  readonly lines: TraceLine[] = [];
  readonly trace = (line: TraceLine): void => void this.lines.push(line);
}
