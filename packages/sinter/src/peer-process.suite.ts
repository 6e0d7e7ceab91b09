import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Figures, Order } from "../fixtures/measured-peer.js";

// Programs of the tests in processes of their own, that are told what to do and answer once each time.

const runner = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Says one thing after the other, and hears one answer to each. */
export class Told<Said, Answer> {
  readonly child: ChildProcess;
  readonly #first: Promise<Answer>;
  #last: Promise<unknown>;

  constructor(program: string, argv: readonly string[]) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(runner, [fixture(program), ...argv], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [], env });
    this.child = child;
    this.#first = this.#answer();
    this.#last = this.#first;
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  /** What it says of itself once it is up. */
  get first(): Promise<Answer> {
    return this.#first;
  }

  tell(what: Said): Promise<Answer> {
    const answered = this.#last.then(() => {
      const answer = this.#answer();
      this.child.send(what as object | string);
      return answer;
    });
    this.#last = answered;
    return answered;
  }

  async #answer(): Promise<Answer> {
    const over = new AbortController();
    const ended = once(this.child, "exit", over).then(([code, signal]) => {
      throw new Error(`${this.child.spawnargs.at(2)} ended: ${signal ?? code}`);
    });
    try {
      const [answer] = (await Promise.race([once(this.child, "message", over), ended])) as [Answer];
      return answer;
    } finally {
      over.abort();
      // What is called off says so.
      await ended.catch(() => undefined);
    }
  }
}

export class PeerProcess extends Told<Order, Figures> {
  constructor(...argv: readonly string[]) {
    super("measured-peer.ts", argv);
  }
}
