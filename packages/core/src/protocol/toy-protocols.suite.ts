import { Malformed } from "../bytes/malformed.js";
import type { KeySpace } from "./key-space.js";
import type { Core, Effect, Input, Json, MessageClass, Outcome, PeerId, Protocol, Surroundings, Vocabulary } from "./protocol.js";

// Two toys that use all a driver offers. `ledger` keeps numbered lines on disk; `pinger` writes nothing.

const text = new TextEncoder();
const words = new TextDecoder();

/** What the cores of one mount were given, across recoveries. A fault is a broken promise of the driver. */
export class Journal {
  readonly inputs: Input<Vocabulary>[] = [];
  readonly faults: string[] = [];
  readonly around: Surroundings<Vocabulary>[] = [];
  created = 0;

  get heard(): string[] {
    return this.inputs.map(wordFor);
  }
}

/** Shared by all cores of a driver: no two may be at work at once. */
const busy = { at: "nothing" };

/** Checks what every core may rely on, before the input is looked at. */
class Watch {
  readonly #name: string;
  readonly #journal: Journal;
  readonly #links = new Set<PeerId>();
  #state: "fresh" | "started" = "fresh";

  constructor(name: string, journal: Journal) {
    this.#name = name;
    this.#journal = journal;
    journal.created++;
  }

  step<V extends Vocabulary>(input: Input<V>, around: Surroundings<V>, run: () => readonly Effect<V>[]): readonly Effect<V>[] {
    if (busy.at !== "nothing") this.#fault(`${this.#name} stepped while ${busy.at} was`);
    this.#see(input);
    const last = this.#journal.around.at(-1);
    if (last?.turn !== around.turn || last.now !== around.now || last.disk !== around.disk) this.#journal.around.push(around);
    if (last !== undefined && around.turn < last.turn) this.#fault("turns go back");
    if (last?.turn === around.turn && (last.now !== around.now || last.wallMs !== around.wallMs)) this.#fault("time passes within a turn");
    busy.at = this.#name;
    try {
      return run();
    } finally {
      busy.at = "nothing";
    }
  }

  #see(input: Input<Vocabulary>): void {
    this.#journal.inputs.push(input);
    if (input.kind === "started") {
      if (this.#state === "started") this.#fault("started twice");
      this.#state = "started";
    } else if (this.#state === "fresh") this.#fault(`${input.kind} before started`);
    if (input.kind === "connected") {
      if (this.#links.has(input.peer)) this.#fault(`connected twice: ${input.peer}`);
      this.#links.add(input.peer);
    }
    if (input.kind === "disconnected" && !this.#links.delete(input.peer)) this.#fault(`disconnected, and was not connected: ${input.peer}`);
    if (input.kind === "received" && !this.#links.has(input.from)) this.#fault(`heard ${input.from}, who is not connected`);
  }

  #fault(what: string): void {
    this.#journal.faults.push(what);
  }
}

function wordFor(input: Input<Vocabulary>): string {
  switch (input.kind) {
    case "connected":
    case "disconnected":
      return `${input.kind} ${input.peer}`;
    case "received":
      return `received ${JSON.stringify(input.message)} from ${input.from}`;
    case "commanded":
      return `commanded ${JSON.stringify(input.command)}`;
    case "expired":
      return `expired ${input.timer}`;
    case "flushed":
      return `flushed ${input.turn}`;
    case "computed":
      return `computed ${JSON.stringify(input.job)}: ${input.outcome.kind}`;
    default:
      return input.kind;
  }
}

/** JSON on the wire, with one byte ahead that says whether it is bulk. */
function toyCodec<M extends { readonly kind: string }>(kinds: readonly string[]) {
  return {
    encode: (message: M): Uint8Array => text.encode(JSON.stringify(message)),
    decode: (bytes: Uint8Array): M | Malformed => {
      const written = words.decode(bytes);
      if (written === "explode") throw new Error("this decoder is not total");
      try {
        const message = JSON.parse(written) as M;
        return kinds.includes(message.kind) ? message : new Malformed(`no such message: ${written}`);
      } catch (error) {
        return new Malformed(String(error));
      }
    },
  };
}

/** A frame of a toy, as the other end would send it. */
export function toyFrame(tag: number, message: unknown): Uint8Array {
  const body = text.encode(typeof message === "string" ? message : JSON.stringify(message));
  const frame = new Uint8Array(body.length + 1);
  frame[0] = tag;
  frame.set(body, 1);
  return frame;
}

/** What a toy put on the wire. */
export function readToyFrame(frame: Uint8Array): unknown {
  return JSON.parse(words.decode(frame.subarray(1)));
}

// --- ledger ---

export type LedgerMessage =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "load"; readonly text: string }
  | { readonly kind: "held"; readonly number: number };

export type LedgerCommand = { readonly id: number } & (
  | { readonly kind: "add"; readonly bytes?: number }
  /** Reads, and answers once what it read is on disk. */
  | { readonly kind: "list" }
  /** Reads, and answers at once. */
  | { readonly kind: "peek" }
  /** Writes nothing new, but says it wrote. */
  | { readonly kind: "touch" }
  | { readonly kind: "explode" }
  /** The closing of its turn throws. */
  | { readonly kind: "spoil" }
  /** Writes, and wants an effect out before the flush. */
  | { readonly kind: "hasty" }
  | { readonly kind: "remind"; readonly timer: string; readonly delayMs: number; readonly after?: "step" }
  | { readonly kind: "forget"; readonly timer: string }
  | { readonly kind: "work"; readonly job: string }
  | { readonly kind: "tell"; readonly to: PeerId; readonly text: string }
  | { readonly kind: "leave"; readonly peer: PeerId }
);

export type LedgerNotice =
  | { readonly kind: "answer"; readonly id: number; readonly to: LedgerCommand["kind"]; readonly lines: number }
  | { readonly kind: "worked"; readonly job: string; readonly outcome: Outcome<string> }
  | { readonly kind: "rang"; readonly timer: string };

export type LedgerWrite =
  | { readonly kind: "line"; readonly number: number; readonly text: string }
  | { readonly kind: "seal"; readonly turn: number; readonly lines: number }
  | { readonly kind: "nothing" };

export interface LedgerView {
  lines(): readonly string[];
}

export interface Ledger extends Vocabulary {
  Message: LedgerMessage;
  Command: LedgerCommand;
  Notice: LedgerNotice;
  Timer: string;
  Write: LedgerWrite;
  View: LedgerView;
  Job: string;
  Result: string;
}

export const lineRange = { from: Uint8Array.of(1), to: Uint8Array.of(2) };

function numbered(table: number, number: number): Uint8Array {
  const key = new Uint8Array(5);
  new DataView(key.buffer).setUint32(1, number);
  key[0] = table;
  return key;
}

export function lineKey(number: number): Uint8Array {
  return numbered(1, number);
}

export function linesIn(keys: Pick<KeySpace, "range">): string[] {
  return [...keys.range(lineRange)].map(([, value]) => words.decode(value));
}

function openLedger(keys: KeySpace): { readonly view: LedgerView; apply(write: LedgerWrite): void } {
  return {
    view: { lines: () => linesIn(keys) },
    apply: (write) => {
      if (write.kind === "line") keys.put(numbered(1, write.number), text.encode(write.text));
      if (write.kind === "seal") keys.put(numbered(2, write.turn), text.encode(String(write.lines)));
    },
  };
}

class LedgerCore implements Core<Ledger> {
  readonly #watch: Watch;
  #lines = 0;
  #unsealed = 0;
  #spoiled = 0;
  #lastTurn = 0;

  constructor(journal: Journal) {
    this.#watch = new Watch("ledger", journal);
  }

  step(input: Input<Ledger>, around: Surroundings<Ledger>): readonly Effect<Ledger>[] {
    return this.#watch.step(input, around, () => this.#step(input, around));
  }

  describe(): Json {
    return { lines: this.#lines };
  }

  #step(input: Input<Ledger>, around: Surroundings<Ledger>): readonly Effect<Ledger>[] {
    if (this.#unsealed > 0 && this.#lastTurn !== around.turn) throw new Error("a turn that was not closed");
    this.#lastTurn = around.turn;
    switch (input.kind) {
      case "started":
        this.#lines = around.view.lines().length;
        return [];
      case "received":
        return this.#received(input.from, input.message);
      case "commanded":
        return this.#commanded(input.command, around);
      case "computed":
        return [{ kind: "notify", notice: { kind: "worked", job: input.job, outcome: input.outcome } }];
      case "expired":
        return [{ kind: "notify", notice: { kind: "rang", timer: input.timer } }];
      case "closing":
        return this.#close(around.turn);
      default:
        return [];
    }
  }

  #close(turn: number): readonly Effect<Ledger>[] {
    if (this.#spoiled > 0) throw new Error("a spoiled turn");
    const lines = this.#unsealed;
    this.#unsealed = 0;
    return lines === 0 ? [] : [{ kind: "write", write: { kind: "seal", turn, lines } }];
  }

  #received(from: PeerId, message: LedgerMessage): readonly Effect<Ledger>[] {
    if (message.kind === "held") return [];
    if (message.text === "bad") throw new Error("a line nobody can write");
    if (message.text === "spoil") this.#spoiled++;
    const write = this.#add(message.text);
    return [write, { kind: "send", to: from, message: { kind: "held", number: this.#lines } }];
  }

  #add(line: string): Effect<Ledger> {
    this.#unsealed++;
    return { kind: "write", write: { kind: "line", number: this.#lines++, text: line } };
  }

  #commanded(command: LedgerCommand, { view, disk }: Surroundings<Ledger>): readonly Effect<Ledger>[] {
    const answer = (lines = this.#lines): Effect<Ledger> & { readonly kind: "notify" } => ({
      kind: "notify",
      notice: { kind: "answer", id: command.id, to: command.kind, lines },
    });
    switch (command.kind) {
      case "add":
        if (disk === "full") return [answer(-1)];
        return [this.#add("x".repeat(command.bytes ?? 0) + command.id), answer()];
      case "list":
        return [answer(view.lines().length)];
      case "peek":
        return [{ ...answer(view.lines().length), after: "step" }];
      case "touch":
        return [{ kind: "write", write: { kind: "nothing" } }, answer()];
      case "explode":
        throw new Error("told to");
      case "spoil":
        this.#spoiled++;
        return [this.#add(`${command.id}`), answer()];
      case "hasty":
        return [{ ...answer(), after: "step" }, this.#add(`${command.id}`)];
      case "remind":
        return [
          { kind: "schedule", timer: command.timer, delayMs: command.delayMs, ...(command.after === "step" ? { after: "step" } : {}) },
          answer(),
        ];
      case "forget":
        return [{ kind: "cancel", timer: command.timer }, answer()];
      case "work":
        return [{ kind: "compute", job: command.job }, answer()];
      case "tell":
        return [{ kind: "send", to: command.to, message: { kind: "load", text: command.text } }, answer()];
      case "leave":
        return [{ kind: "disconnect", peer: command.peer, reason: "enough" }, answer()];
    }
  }
}

export function ledgerProtocol(journal: Journal): Protocol<Ledger> {
  return {
    name: "ledger",
    tag: 1,
    closesTurns: true,
    create: () => new LedgerCore(journal),
    codec: toyCodec<LedgerMessage>(["line", "load", "held"]),
    classOf: (message): MessageClass => (message.kind === "load" ? "bulk" : "control"),
    costOf: (input) => (input.kind === "commanded" && input.command.kind === "work" ? 400 : 1),
    open: openLedger,
  };
}

// --- pinger ---

export type PingerMessage = { readonly kind: "ping" | "pong"; readonly number: number };
export type PingerCommand =
  | { readonly kind: "ping"; readonly id: number; readonly to: PeerId }
  | { readonly kind: "explode"; readonly id: number };
export type PingerNotice = { readonly kind: "asked"; readonly id: number } | { readonly kind: "answered"; readonly number: number };

export interface Pinger extends Vocabulary {
  Message: PingerMessage;
  Command: PingerCommand;
  Notice: PingerNotice;
  Timer: never;
  Write: never;
  View: undefined;
  Job: never;
  Result: never;
}

class PingerCore implements Core<Pinger> {
  readonly #watch: Watch;

  constructor(journal: Journal) {
    this.#watch = new Watch("pinger", journal);
  }

  step(input: Input<Pinger>, around: Surroundings<Pinger>): readonly Effect<Pinger>[] {
    return this.#watch.step(input, around, () => this.#step(input));
  }

  describe(): Json {
    return null;
  }

  #step(input: Input<Pinger>): readonly Effect<Pinger>[] {
    if (input.kind === "closing" || input.kind === "flushed") throw new Error("it closes no turns, and writes nothing");
    if (input.kind === "received") {
      const { kind, number } = input.message;
      if (kind === "ping") return [{ kind: "send", to: input.from, message: { kind: "pong", number }, after: "step" }];
      return [{ kind: "notify", notice: { kind: "answered", number }, after: "step" }];
    }
    if (input.kind !== "commanded") return [];
    if (input.command.kind === "explode") throw new Error("told to");
    const { id, to } = input.command;
    return [
      { kind: "send", to, message: { kind: "ping", number: id }, after: "step" },
      { kind: "notify", notice: { kind: "asked", id }, after: "step" },
    ];
  }
}

export function pingerProtocol(journal: Journal): Protocol<Pinger> {
  return {
    name: "pinger",
    tag: 2,
    closesTurns: false,
    create: () => new PingerCore(journal),
    codec: toyCodec<PingerMessage>(["ping", "pong"]),
    classOf: () => "control",
    costOf: () => 1,
    open: () => ({ view: undefined, apply: () => {} }),
  };
}
