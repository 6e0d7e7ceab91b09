import { commandBatchBytesMax, commandBatchEventsMax, commandBatchesMax, type NewEvent, type Receipt, SinterError } from "@sinter/core";
import type { SharedStore, StoreHandle } from "./store-link.js";

interface Batch {
  readonly events: readonly NewEvent[];
  readonly settled: Promise<void>;
  handle: StoreHandle;
  outcome: Promise<Receipt | SinterError>;
}

/**
 * Appends in order with a few batches under way. While they are, events gather, so that the slower the disk, the larger
 * the next commit. Receipts come out in the order of the events.
 */
export class AppendWindow {
  readonly #store: SharedStore;
  readonly #subject: string;
  readonly #stored: (receipt: Receipt) => Promise<void>;
  readonly #underWay: Batch[] = [];
  #waiting: NewEvent[] = [];
  #waitingBytes = 0;
  /** Settles with the youngest batch; never rejects. */
  #tail: Promise<void> = Promise.resolve();
  #startingAgain: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;

  constructor(store: SharedStore, subject: string, stored: (receipt: Receipt) => Promise<void>) {
    this.#store = store;
    this.#subject = subject;
    this.#stored = stored;
  }

  /** Waits while too much is under way. Throws what an earlier append failed with. */
  async add(event: NewEvent): Promise<void> {
    const bytes = event.payload.length;
    if (this.#waiting.length >= commandBatchEventsMax || (this.#waiting.length > 0 && this.#waitingBytes + bytes > commandBatchBytesMax)) {
      await this.#room();
      await this.#start();
    }
    this.#waiting.push(event);
    this.#waitingBytes += bytes;
  }

  /** The source pauses here: what has gathered leaves now, unless enough is under way already. */
  async pause(): Promise<void> {
    this.#throwFailure();
    if (this.#underWay.length < commandBatchesMax) await this.#start();
  }

  /** Resolves once every event is stored; rejects once it is settled which are not. */
  async finish(): Promise<void> {
    try {
      await this.#room();
      await this.#start();
    } finally {
      await this.#tail;
    }
    this.#throwFailure();
  }

  async #room(): Promise<void> {
    while (this.#underWay.length >= commandBatchesMax) await this.#underWay[0]?.settled;
    this.#throwFailure();
  }

  async #start(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await this.#startingAgain;
    const handle = await this.#store.current();
    const events = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const settled = this.#tail.then(() => this.#settle(batch));
    const batch: Batch = { events, handle, settled, outcome: this.#append(handle, events) };
    this.#underWay.push(batch);
    this.#tail = settled;
  }

  #append(handle: StoreHandle, events: readonly NewEvent[]): Promise<Receipt | SinterError> {
    return handle.peer.append(this.#subject, events).catch((error: unknown) => {
      if (error instanceof SinterError) return error;
      return new SinterError("internal", error instanceof Error ? error.message : String(error), "Please report it.", { cause: error });
    });
  }

  /** Called for one batch at a time, the oldest. */
  async #settle(batch: Batch): Promise<void> {
    let outcome = await batch.outcome;
    while (outcome instanceof SinterError && outcome.code === "holder-lost" && this.#failed === undefined) {
      this.#startingAgain = this.#startAgain(batch.handle).catch((error: unknown) => {
        this.#failed ??= { error };
      });
      await this.#startingAgain;
      outcome = await batch.outcome;
    }
    if (outcome instanceof SinterError) this.#failed ??= { error: outcome };
    else
      await this.#stored(outcome).catch((error: unknown) => {
        this.#failed ??= { error };
      });
    this.#underWay.shift();
  }

  /**
   * A holder that refused one batch has begun none of the later ones, whatever became of them: all go, in order, to the
   * next holder.
   */
  async #startAgain(lost: StoreHandle): Promise<void> {
    await Promise.all(this.#underWay.map((batch) => batch.outcome));
    await this.#store.renew(lost);
    const handle = await this.#store.current();
    for (const batch of this.#underWay) {
      batch.handle = handle;
      batch.outcome = this.#append(handle, batch.events);
    }
  }

  #throwFailure(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}
