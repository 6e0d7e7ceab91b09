import { SinterError } from "./sinter-error.js";

interface Waiting<T> {
  /** Told before anything that follows from the answer. */
  readonly first: ((value: T) => void) | undefined;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Calls that wait for an answer from a core, by the token they gave it. */
export class Pending {
  readonly #waiting = new Map<number, Waiting<unknown>>();
  #next = 0;
  #idle: (() => void) | undefined;

  /** `ask` hands the token over; a throw in it rejects. `first` is told the answer at once, a promise only later. */
  call<T>(ask: (token: number) => void, first?: (value: T) => void): Promise<T> {
    const token = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(token, {
        first: first as ((value: unknown) => void) | undefined,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      try {
        ask(token);
      } catch (error) {
        this.fail(token, error);
      }
    });
  }

  resolve(token: number, value: unknown): void {
    const waiting = this.#take(token);
    waiting?.first?.(value);
    waiting?.resolve(value);
  }

  reject(token: number, error: Error): void {
    this.#take(token)?.reject(error);
  }

  /** By whatever was thrown. */
  fail(token: number, error: unknown): void {
    this.reject(token, error instanceof Error ? error : new SinterError("internal", String(error), "Please report this."));
  }

  rejectAll(error: Error): void {
    for (const token of [...this.#waiting.keys()]) this.reject(token, error);
  }

  /** Resolves once nobody waits. For one caller, who lets nobody new in. */
  idle(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #take(token: number): Waiting<unknown> | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (this.#waiting.size === 0) this.#idle?.();
    return waiting;
  }
}
