import { controlBatchBytesMax, controlBatchEventsMax, controlBatchesAheadMax, type EventRecord } from "@sinter/core";

/**
 * The holder's end of one stream: gathers events into batches, sends a batch when it is full or nothing more comes at
 * once, and lets its source wait when the reader is `controlBatchesAheadMax` batches behind.
 */
export class Outflow {
  readonly #send: (events: readonly EventRecord[]) => void;
  #held: EventRecord[] = [];
  #heldBytes = 0;
  #credit = controlBatchesAheadMax;
  #flushing = false;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(send: (events: readonly EventRecord[]) => void) {
    this.#send = send;
  }

  /** Sends what the source gives until it ends. Rejects as the source does. */
  async drain(source: AsyncIterable<EventRecord>): Promise<void> {
    for await (const event of source) {
      if (this.#stopped) return;
      this.#held.push(event);
      this.#heldBytes += event.payload?.length ?? 0;
      this.#flushSoon();
      if (this.#full()) await this.#flushed(() => !this.#full());
    }
    await this.#flushed(() => this.#held.length === 0);
  }

  /** The reader has taken that many batches. */
  more(batches: number): void {
    this.#credit = Math.min(controlBatchesAheadMax, this.#credit + batches);
    this.#flush();
  }

  /** Nothing is sent from here on. */
  stop(): void {
    this.#stopped = true;
    this.#held = [];
    this.#wake?.();
  }

  #full(): boolean {
    return this.#held.length >= controlBatchEventsMax || this.#heldBytes >= controlBatchBytesMax;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#stopped || this.#held.length === 0 || this.#credit === 0) return;
    this.#credit -= 1;
    const events = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#send(events);
    this.#wake?.();
  }

  async #flushed(enough: () => boolean): Promise<void> {
    this.#flush();
    while (!enough() && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
