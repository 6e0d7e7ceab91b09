import type { Socket } from "node:net";
import {
  controlAnswerCharsMax,
  controlHelloMsMax,
  controlLineBytesMax,
  isMalformed,
  LineReader,
  SinterError,
  type Withdrawal,
} from "@sinter/core";
import {
  type Call,
  type ClientLine,
  controlVersion,
  type HolderKind,
  parseServerLine,
  type ServerLine,
  type WireEvent,
} from "./messages.js";

export interface Holder {
  readonly pid: number;
  readonly kind: HolderKind;
}

/** Who waits for the answer to one call, or reads a stream. `done` or `failed` comes once, and last. */
export interface Listener {
  batch?(events: readonly WireEvent[]): void;
  item?(item: unknown): void;
  progress?(done: number, total: number): void;
  withdrawn?(what: Withdrawal): void;
  done(result: unknown): void;
  failed(error: SinterError): void;
}

interface Pending {
  readonly call: Call["call"];
  readonly listener: Listener;
  parts: string[];
  partChars: number;
}

const writing: readonly Call["call"][] = ["append", "redact", "changeSubject", "restoreConflict", "tablePut", "tableDelete"];
const lostFix = "Try again: the next command takes the store over.";

/** The client's end of the socket: calls out, answers in, and what becomes of the calls when the other end goes away. */
export class ClientWire {
  readonly lost: Promise<void>;
  readonly #socket: Socket;
  readonly #lines = new LineReader(controlLineBytesMax);
  readonly #pending = new Map<number, Pending>();
  readonly #greeted: Promise<Holder | undefined>;
  #settleGreeting: (outcome: Holder | SinterError | undefined) => void = () => {};
  #nextId = 1;
  #corked = false;
  /** Why no call can be made any more. */
  #over: { readonly error: SinterError; readonly begun: "maybe" | "no" } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const timer = setTimeout(() => this.#breakOff(silent()), controlHelloMsMax);
    this.#greeted = new Promise((resolve, reject) => {
      this.#settleGreeting = (outcome) => {
        clearTimeout(timer);
        if (outcome instanceof SinterError) reject(outcome);
        else resolve(outcome);
      };
    });
    this.lost = new Promise((resolve) => {
      socket.once("close", () => {
        this.#closed();
        resolve();
      });
    });
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => this.#receive(chunk));
    this.#say({ say: "hello", version: controlVersion });
  }

  /** Undefined where the other end left before it greeted. */
  greeted(): Promise<Holder | undefined> {
    return this.#greeted;
  }

  call(call: Call, listener: Listener): number {
    const id = this.#nextId++;
    if (this.#over !== undefined) {
      listener.failed(this.#over.error);
      return id;
    }
    const line = `${JSON.stringify({ say: "call", id, ...call })}\n`;
    if (Buffer.byteLength(line) > controlLineBytesMax) {
      listener.failed(new SinterError("too-large", "one call holds more than the control socket takes", "Append fewer events at a time."));
      return id;
    }
    this.#pending.set(id, { call: call.call, listener, parts: [], partChars: 0 });
    this.#write(line);
    return id;
  }

  more(id: number): void {
    if (this.#pending.has(id)) this.#say({ say: "more", id, batches: 1 });
  }

  cancel(id: number): void {
    if (this.#pending.has(id)) this.#say({ say: "cancel", id });
  }

  /** Cancels, and hears no more of it. */
  drop(id: number): void {
    this.cancel(id);
    this.#pending.delete(id);
  }

  async close(): Promise<void> {
    this.#over ??= { error: new SinterError("stopped", "the connection to the store was closed", "Open it again."), begun: "maybe" };
    this.#socket.end();
    this.#socket.resume();
    await this.lost;
  }

  #receive(chunk: Uint8Array): void {
    const lines = this.#lines.push(chunk);
    if (isMalformed(lines)) return this.#breakOff(garbled(lines.reason));
    for (const line of lines) {
      const said = parseServerLine(line);
      if (isMalformed(said)) return this.#breakOff(garbled(said.reason));
      this.#hear(said);
    }
  }

  #hear(said: ServerLine): void {
    switch (said.say) {
      case "hello":
        return this.#greetedBy(said);
      case "refused":
        return this.#breakOff(new SinterError(said.code, `the process that holds the store refused: ${said.reason}`, "Try again."));
      case "end":
        this.#over = { error: new SinterError("holder-lost", "the process that held the store has ended", lostFix), begun: "no" };
        this.#failAll();
        this.#socket.end();
        return;
      case "batch":
        return this.#pending.get(said.id)?.listener.batch?.(said.events);
      case "progress":
        return this.#pending.get(said.id)?.listener.progress?.(said.done, said.total);
      case "withdrawn":
        return this.#pending.get(said.id)?.listener.withdrawn?.(said.what);
      case "part":
        return this.#takePart(said.id, said.text);
      case "item":
        return this.#item(said.id, said.item);
      case "done":
        return this.#done(said.id, said.result);
      case "failed": {
        const pending = this.#pending.get(said.id);
        this.#pending.delete(said.id);
        pending?.listener.failed(new SinterError(said.code, said.message, said.fix));
      }
    }
  }

  #greetedBy(said: Extract<ServerLine, { say: "hello" }>): void {
    if (said.version === controlVersion) return this.#settleGreeting({ pid: said.pid, kind: said.holder });
    const message = `process ${said.pid} holds the store and speaks version ${said.version} of the control socket, not ${controlVersion}`;
    this.#breakOff(new SinterError("wrong-store", message, "Use the same version of sinter for both, or stop that process."));
  }

  #takePart(id: number, text: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.partChars += text.length;
    if (pending.partChars > controlAnswerCharsMax) return this.#breakOff(garbled("the answer is longer than any may be"));
    pending.parts.push(text);
  }

  #done(id: number, result: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    const whole = wholeOf(pending, result);
    if (whole instanceof SinterError) pending.listener.failed(whole);
    else pending.listener.done(whole);
  }

  #item(id: number, item: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const whole = wholeOf(pending, item);
    if (!(whole instanceof SinterError)) return pending.listener.item?.(whole);
    this.drop(id);
    pending.listener.failed(whole);
  }

  #breakOff(error: SinterError): void {
    this.#over ??= { error, begun: "maybe" };
    this.#settleGreeting(error);
    this.#socket.destroy();
  }

  #closed(): void {
    this.#over ??= { error: new SinterError("holder-lost", "the process that held the store went away", lostFix), begun: "maybe" };
    this.#settleGreeting(undefined);
    this.#failAll();
  }

  #failAll(): void {
    const over = this.#over;
    if (over === undefined) return;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { call, listener } of pending)
      listener.failed(writing.includes(call) && over.begun === "maybe" ? unknownOutcome(over.error) : over.error);
  }

  #say(line: ClientLine): void {
    this.#write(`${JSON.stringify(line)}\n`);
  }

  /** What is said in one turn of the event loop leaves in one write. */
  #write(line: string): void {
    if (!this.#socket.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(line);
  }
}

/** What came in parts before its end, if any did. */
function wholeOf(pending: Pending, end: unknown): unknown {
  if (pending.parts.length === 0) return end;
  const text = pending.parts.join("");
  pending.parts = [];
  pending.partChars = 0;
  try {
    return JSON.parse(text);
  } catch (error) {
    return garbled(error instanceof Error ? error.message : String(error));
  }
}

function silent(): SinterError {
  return new SinterError("in-use", "the process that holds the store does not answer", "Stop it, then try again.");
}

function garbled(reason: string): SinterError {
  return new SinterError("internal", `the holder's answer cannot be read: ${reason}`, "Use the same version of sinter for both.");
}

function unknownOutcome(cause: SinterError): SinterError {
  return new SinterError(
    "unknown-outcome",
    "the process that held the store went away before it said whether these events are stored",
    "Read the subject's last events to see, then append what is missing.",
    { cause },
  );
}
