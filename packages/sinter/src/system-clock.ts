import { type Clock, type Instant, nodeTimerMsMax, type Scheduler } from "@sinter/core";

export interface SystemClockOptions {
  /** Whether a timer that has not run yet keeps the process alive; `release` if left out. */
  readonly timers?: "hold" | "release";
}

export class SystemClock implements Clock, Scheduler {
  readonly #timers: "hold" | "release";

  constructor(options: SystemClockOptions = {}) {
    this.#timers = options.timers ?? "release";
  }

  now(): Instant {
    return performance.now() as Instant;
  }

  wallMs(): number {
    return Date.now();
  }

  after(delayMs: number, run: () => void): () => void {
    const dueMs = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      timer = setTimeout(expired, Math.min(nodeTimerMsMax, Math.max(0, Math.ceil(dueMs - performance.now()))));
      if (this.#timers === "release") timer.unref();
    };
    // Node counts whole milliseconds of its own clock, so a timer may fire a little before `now` says it is due.
    const expired = (): void => (performance.now() < dueMs ? arm() : run());
    arm();
    return () => clearTimeout(timer);
  }

  soon(run: () => void): void {
    setImmediate(run);
  }
}
