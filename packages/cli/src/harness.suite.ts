import { EventEmitter } from "node:events";
import type { MemoryStores } from "./memory-stores.suite.js";
import { run } from "./run.js";
import type { Io, Sink, Source } from "./terminal/io.js";

/** Keeps what is written to it, and can be slow or gone as a pipe can. */
export class MemorySink extends EventEmitter implements Sink {
  text = "";
  isTTY = false;
  mode: "taking" | "slow" | "gone" | "full" = "taking";

  write(chunk: string | Uint8Array, left?: () => void): boolean {
    if (this.mode === "gone") {
      setImmediate(() => this.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" })));
      return false;
    }
    if (this.mode === "full") {
      const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      setImmediate(() => this.emit("error", error));
      return true;
    }
    if (left !== undefined) setImmediate(left);
    this.text += chunk;
    if (this.mode === "slow") setImmediate(() => this.emit("drain"));
    return this.mode === "taking";
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  get json(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** A standard input that a test feeds. */
export class MemorySource implements Source {
  isTTY = false;
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #wake = () => {};

  get waiting(): number {
    return this.#chunks.length;
  }

  feed(text: string): void {
    this.#chunks.push(Buffer.from(text));
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

export class Session {
  readonly stdin = new MemorySource();
  readonly stdout = new MemorySink();
  readonly stderr = new MemorySink();
  readonly #listeners = new Set<() => void>();
  forced: number | undefined;
  done: Promise<number> = Promise.resolve(-1);

  interrupt(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  io(stores: MemoryStores, env: Readonly<Record<string, string>>): Io {
    return {
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      env,
      onSignal: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      forceExit: (code) => {
        this.forced = code;
      },
      open: stores.open,
      repair: stores.repair,
      restore: stores.restore,
      checkLaws: stores.checkLaws,
      keyFile: (dir) => `${dir}/keys.json`,
    };
  }
}

export interface Setting {
  readonly stores: MemoryStores;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a command as a process of its own would run it, but here. */
export function start(setting: Setting, argv: readonly string[], prepare: (session: Session) => void = () => {}): Session {
  const session = new Session();
  prepare(session);
  session.done = run(argv, session.io(setting.stores, setting.env));
  return session;
}

/** Runs a command to its end. */
export async function finish(setting: Setting, argv: readonly string[], prepare?: (session: Session) => void) {
  const session = start(setting, argv, prepare);
  const code = await session.done;
  return { code, stdout: session.stdout, stderr: session.stderr.text };
}
