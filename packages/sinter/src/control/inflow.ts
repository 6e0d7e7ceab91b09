import { type EventRecord, isMalformed, SinterError, type Withdrawal } from "@sinter/core";
import type { ClientWire, Listener } from "./client-wire.js";
import { type EventsCall, eventFromWire, type WireEvent } from "./messages.js";

/** The client's end of one stream. At most `controlBatchesAheadMax` batches wait here: the holder sends no more unasked. */
export class Inflow implements Listener {
  readonly #batches: EventRecord[][] = [];
  #end: { readonly error?: SinterError } | undefined;
  #wake: (() => void) | undefined;
  readonly #withdrawn: (what: Withdrawal) => void;

  constructor(withdrawn: (what: Withdrawal) => void = () => undefined) {
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
    this.#batches.push(batch);
    this.#wake?.();
  }

  withdrawn(what: Withdrawal): void {
    this.#withdrawn(what);
  }

  done(): void {
    this.#finish({});
  }

  failed(error: SinterError): void {
    this.#finish({ error });
  }

  async *read(wire: ClientWire, call: EventsCall, signal: AbortSignal | undefined): AsyncGenerator<EventRecord, void> {
    if (signal?.aborted) return;
    const stop = () => this.#finish({});
    signal?.addEventListener("abort", stop, { once: true });
    const id = wire.call(call, this);
    try {
      for (;;) {
        const batch = await this.#next();
        if (batch === undefined) return;
        for (const event of batch) {
          if (signal?.aborted) return;
          yield event;
        }
        wire.more(id);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      wire.drop(id);
    }
  }

  #finish(end: { readonly error?: SinterError }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  async #next(): Promise<EventRecord[] | undefined> {
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
