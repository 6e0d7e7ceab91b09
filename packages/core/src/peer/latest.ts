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

/** Some that wait for a reader, in the order they came. */
export class Backlog<T> {
  readonly #latest = new Latest();
  readonly #max: number;
  readonly #over: () => void;
  #waiting: T[] = [];

  /** `over`, when nothing is to be added any more: it has ended, or its reader has left. A reader may never begin. */
  constructor(max: number, over: () => void) {
    this.#max = max;
    this.#over = over;
  }

  add(item: T, overflow: () => Error): void {
    if (this.#waiting.length >= this.#max) return this.end(overflow());
    this.#waiting.push(item);
    this.#latest.changed();
  }

  end(why: Error | "closed"): void {
    this.#latest.end(why);
    this.#over();
  }

  /** All of them, as they come, until the end or the signal. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
    try {
      while (!signal?.aborted) {
        const { version } = this.#latest;
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const item of waiting) {
          yield item;
          if (signal?.aborted) return;
        }
        if (waiting.length > 0) continue;
        const { ended } = this.#latest;
        if (ended === "closed") return;
        if (ended !== undefined) throw ended;
        await this.#latest.after(version, signal);
      }
    } finally {
      this.#over();
    }
  }
}
