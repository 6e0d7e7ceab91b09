import { Queue } from "../protocol/queue.js";
import { onAbort } from "./abort.js";

/** Wakes those who wait for something to be another than it was. */
export class Latest {
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  #end: Error | "closed" | undefined;

  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version++;
    this.#wake();
  }

  /** Told of each change and of the end. Answers how to stop that. */
  listen(told: () => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  /** Nothing more comes: an error, or nothing at all. */
  end(why: Error | "closed"): void {
    this.#end ??= why;
    this.#wake();
  }

  /** The end, once there is one. */
  get ended(): Error | "closed" | undefined {
    return this.#end;
  }

  /** Resolves once it is another version than that one, or at its end, or when the signal is raised. */
  after(version: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#version !== version || this.#end !== undefined || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        forget?.();
        this.#waiting.delete(wake);
        resolve();
      };
      const forget = signal && onAbort(signal, wake);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    for (const told of [...this.#listeners]) told();
  }
}

export interface BacklogParts<T> {
  /** So many may wait. */
  readonly max: number;
  /** And hold so many bytes together. One that is larger waits alone. */
  readonly bytesMax: number;
  readonly bytesOf: (item: T) => number;
  /** Nothing is to be added any more: it has ended, or its reader has left. A reader may never begin. */
  readonly over: () => void;
  /** What a reader is told that fell too far behind. */
  readonly overflow: () => Error;
}

/** Some that wait for a reader, in the order they came. */
export class Backlog<T> {
  readonly #parts: BacklogParts<T>;
  readonly #latest = new Latest();
  readonly #waiting = new Queue<{ readonly item: T; readonly bytes: number }>();
  #bytes = 0;

  constructor(parts: BacklogParts<T>) {
    this.#parts = parts;
  }

  add(item: T): void {
    const { max, bytesMax, bytesOf, overflow } = this.#parts;
    if (this.#latest.ended !== undefined) return;
    const bytes = bytesOf(item);
    const { length } = this.#waiting;
    if (length >= max || (length > 0 && this.#bytes + bytes > bytesMax)) return this.end(overflow());
    this.#waiting.push({ item, bytes });
    this.#bytes += bytes;
    this.#latest.changed();
  }

  end(why: Error | "closed"): void {
    this.#latest.end(why);
    this.#parts.over();
  }

  /** All of them, as they come, until the end or the signal. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
    try {
      while (!signal?.aborted) {
        const { version } = this.#latest;
        const next = this.#waiting.shift();
        if (next !== undefined) {
          this.#bytes -= next.bytes;
          yield next.item;
          continue;
        }
        const { ended } = this.#latest;
        if (ended === "closed") return;
        if (ended !== undefined) throw ended;
        await this.#latest.after(version, signal);
      }
    } finally {
      this.#parts.over();
    }
  }
}
