/**
 * The holder's end of a stream of single items: one is on its way at a time, and its source is asked for the next once the reader
 * has taken it. Of a source that gives what is latest, a slow reader is given that.
 */
export class ItemOutflow {
  readonly #send: (item: unknown) => void;
  #underWay = 0;
  #wake: (() => void) | undefined;
  #state: "open" | "stopped" = "open";

  constructor(send: (item: unknown) => void) {
    this.#send = send;
  }

  /** Sends what the source gives until it ends. Rejects as the source does. */
  async drain(source: AsyncIterable<unknown>): Promise<void> {
    for await (const item of source) {
      if (this.#isStopped()) return;
      this.#underWay += 1;
      this.#send(item);
      await this.#taken();
    }
  }

  /** The reader has taken that many. */
  more(count: number): void {
    this.#underWay = Math.max(0, this.#underWay - count);
    this.#wake?.();
  }

  /** Nothing is sent from here on. */
  stop(): void {
    this.#state = "stopped";
    this.#wake?.();
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }

  async #taken(): Promise<void> {
    while (this.#underWay > 0 && !this.#isStopped()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
