import type { Receipt } from "./event-api.js";
import { SinterError } from "./sinter-error.js";
import type { ReachOptions, Write, Written } from "./subject-api.js";

/** What was written, and whether it is on disk. Nobody need await it: what fails is told on the control bus, too. */
export class OnItsWay implements Write {
  readonly applied = true;
  readonly #receipt: Promise<Receipt>;
  readonly #reached: (peers: number, options: ReachOptions) => Promise<void>;

  constructor(receipt: Promise<Receipt>, reached: (peers: number, options: ReachOptions) => Promise<void>) {
    this.#receipt = receipt;
    this.#reached = reached;
    receipt.catch(() => undefined);
  }

  async reached(peers: number, options: ReachOptions = {}): Promise<Receipt> {
    if (!Number.isSafeInteger(peers) || peers < 0)
      throw new SinterError("usage", `${peers} is no number of peers`, "Give how many others are to hold it.");
    const receipt = await this.#receipt;
    await this.#reached(peers, options);
    return receipt;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaited, it is on disk
  then<Done = Receipt, Failed = never>(
    done?: ((receipt: Receipt) => Done | PromiseLike<Done>) | null,
    failed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    return this.#receipt.then(done, failed);
  }
}

type Method = (...given: readonly unknown[]) => unknown;

/** The commands of a type, each of which writes what it sent at once. `write` is given the operations of one call. */
export function written<Commands>(
  makeCommands: (send: (operation: unknown) => void) => Commands,
  write: (operations: readonly unknown[]) => Write,
): Written<Commands> {
  let sent: unknown[] = [];
  const commands = makeCommands((operation) => {
    sent.push(operation);
  });
  const called = (method: Method, owner: unknown, given: readonly unknown[]): unknown => {
    sent = [];
    const answer = method.apply(owner, given as unknown[]);
    // Commands of what lies under a key: they write when they are called.
    return isObject(answer) ? wrapped(answer) : write(sent);
  };
  const wrapped = (commandsOf: object): object =>
    Object.fromEntries(
      Object.entries(commandsOf).map(([name, what]: [string, unknown]) => {
        if (typeof what === "function") return [name, (...given: unknown[]) => called(what as Method, commandsOf, given)];
        return [name, isObject(what) ? wrapped(what) : what];
      }),
    );
  return wrapped(commands as object) as Written<Commands>;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
