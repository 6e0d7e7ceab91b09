interface Closable {
  current(): Promise<void>;
  close(): Promise<void>;
}

interface Open<T> {
  readonly it: T;
  users: number;
}

/** Once all that is here is folded. One that cannot be is nobody's, and closed again. */
export async function currentOrClosed<T extends Closable>(opened: T): Promise<T> {
  try {
    await opened.current();
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What was asked for last stays open for who asks for it again. What somebody uses is closed by nobody else. */
export class KeptOpen<T extends Closable> {
  readonly #max: number;
  /** The one asked for last goes last. */
  readonly #open = new Map<string, Open<T>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** What `work` comes to, once all that is here is folded. */
  async use<R>(key: string, open: () => T, work: (it: T) => R | PromiseLike<R>): Promise<R> {
    const used = this.#open.get(key) ?? { it: open(), users: 0 };
    this.#open.delete(key);
    this.#open.set(key, used);
    used.users++;
    try {
      await this.#current(key, used);
      return await work(used.it);
    } finally {
      used.users--;
      this.#close();
    }
  }

  /** One that failed is opened anew by who asks next. */
  async #current(key: string, used: Open<T>): Promise<void> {
    try {
      await currentOrClosed(used.it);
    } catch (error) {
      if (this.#open.get(key) === used) this.#open.delete(key);
      throw error;
    }
  }

  /** Those that were asked for first, of too many. */
  #close(): void {
    for (const [key, { it, users }] of this.#open) {
      if (this.#open.size <= this.#max) return;
      if (users > 0) continue;
      this.#open.delete(key);
      // What it did not put on disk is folded again, and is nothing to whoever asked for another.
      it.close().catch(() => undefined);
    }
  }
}
