import type { Pending } from "./pending.js";

/** Calls whose answer a core puts off to a later turn. A core that begins anew knows of none of them, and is asked again. */
export class PutOff<C extends { readonly token: number }> {
  readonly #pending: Pending;
  readonly #command: (command: C) => void;
  /** Not answered yet, by token. */
  readonly #asked = new Map<number, C>();

  /** `command`: to the core, through the driver; throws where it takes no more. */
  constructor(pending: Pending, command: (command: C) => void) {
    this.#pending = pending;
    this.#command = command;
  }

  async ask<T>(commandOf: (token: number) => C): Promise<T> {
    let asked: number | undefined;
    try {
      return await this.#pending.call<T>((token) => {
        asked = token;
        const command = commandOf(token);
        this.#asked.set(token, command);
        this.#command(command);
      });
    } finally {
      if (asked !== undefined) this.#asked.delete(asked);
    }
  }

  /** That one is told that nothing came of it, and is not to be asked again. */
  lost(token: number): void {
    this.#asked.delete(token);
  }

  /** The core has begun anew. */
  again(): void {
    for (const [token, command] of this.#asked) {
      try {
        this.#command(command);
      } catch (error) {
        this.#pending.fail(token, error);
      }
    }
  }
}
