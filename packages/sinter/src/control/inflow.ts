import { type EventRecord, isMalformed, SinterError, type Withdrawal } from "@sinter/core";
import type { ClientWire, Listener } from "./client-wire.js";
import { type Call, eventFromWire, type WireEvent } from "./messages.js";
import type { Guard } from "./shape.js";

/** The client's end of one stream. What waits here is bounded: the holder sends no more unasked. */
abstract class Inflow<T> implements Listener {
  readonly #batches: (readonly T[])[] = [];
  #end: { readonly error?: SinterError } | undefined;
  #wake: (() => void) | undefined;

  done(): void {
    this.#finish({});
  }

  failed(error: SinterError): void {
    this.#finish({ error });
  }

  async *read(wire: ClientWire, call: Call, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    if (signal?.aborted) return;
    const stop = () => this.#finish({});
    signal?.addEventListener("abort", stop, { once: true });
    const id = wire.call(call, this);
    try {
      for (;;) {
        const batch = await this.#next();
        if (batch === undefined) return;
        for (const one of batch) {
          if (signal?.aborted) return;
          yield one;
        }
        wire.more(id);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      wire.drop(id);
    }
  }

  protected take(batch: readonly T[]): void {
    this.#batches.push(batch);
    this.#wake?.();
  }

  #finish(end: { readonly error?: SinterError }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  async #next(): Promise<readonly T[] | undefined> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch !== undefined) return batch;
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

/** Of events, which come in batches: at most `controlBatchesAheadMax` of them wait here. */
export class EventInflow extends Inflow<EventRecord> {
  readonly #withdrawn: (what: Withdrawal) => void;

  constructor(withdrawn: (what: Withdrawal) => void = () => undefined) {
    super();
    this.#withdrawn = withdrawn;
  }

  batch(events: readonly WireEvent[]): void {
    const batch: EventRecord[] = [];
    for (const wire of events) {
      const event = eventFromWire(wire);
      if (isMalformed(event)) {
        return this.failed(new SinterError("internal", `the holder sent an event that cannot be read: ${event.reason}`, "Report this."));
      }
      batch.push(event);
    }
    this.take(batch);
  }

  withdrawn(what: Withdrawal): void {
    this.#withdrawn(what);
  }
}

/** Of what comes one by one. */
export class ItemInflow<T> extends Inflow<T> {
  readonly #guard: Guard<T>;

  constructor(guard: Guard<T>) {
    super();
    this.#guard = guard;
  }

  item(item: unknown): void {
    if (this.#guard(item)) return this.take([item]);
    this.failed(new SinterError("internal", "the holder sent something that cannot be read", "Use the same version of sinter for both."));
  }
}
