import type { Socket } from "node:net";
import {
  type AuditReport,
  controlAnswerCharsMax,
  controlCallsMax,
  controlHelloMsMax,
  controlLineBytesMax,
  controlPartCharsMax,
  controlSocketBytesMax,
  controlStreamsMax,
  type ErrorCode,
  isMalformed,
  LineReader,
  localBytesMax,
  type NewEvent,
  type PeerApi,
  parseForkText,
  SinterError,
  type Withdrawal,
} from "@sinter/core";
import { endSoon } from "../end-soon.js";
import { type AccuseCall, type WireAccusation, wireForkRow } from "./fork-messages.js";
import { ItemOutflow } from "./item-outflow.js";
import {
  type Call,
  type ClientLine,
  controlVersion,
  type EventsCall,
  type HolderKind,
  newEventFromWire,
  parseClientLine,
  type ServerLine,
  wireEvent,
  wireProof,
  wireReceipt,
} from "./messages.js";
import { Outflow } from "./outflow.js";
import { answerOf, itemsOf } from "./subject-answers.js";
import type { SubjectStreamCall } from "./subject-messages.js";

/** What goes out only as fast as it is taken. */
interface Flow {
  more(count: number): void;
  stop(): void;
}

interface Stream {
  readonly stopping: AbortController;
  readonly outflow?: Flow;
}

const progressEveryMs = 100;
const leaving = new SinterError("holder-lost", "the process that holds the store is ending", "Try again.");

/** The holder's end of one client. Every answer goes out in the order it came about; a wrong line ends the connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #peer: PeerApi;
  readonly #lines = new LineReader(controlLineBytesMax);
  readonly #calls = new Map<number, Promise<void>>();
  readonly #streams = new Map<number, Stream>();
  readonly #helloTimer: NodeJS.Timeout;
  #state: "greeting" | "open" | "leaving" | "closed" = "greeting";
  #appendBytes = 0;

  constructor(socket: Socket, peer: PeerApi, holder: HolderKind) {
    this.#socket = socket;
    this.#peer = peer;
    this.#helloTimer = setTimeout(() => this.#refuse("usage", "no greeting came"), controlHelloMsMax);
    this.#helloTimer.unref();
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#flow());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
    this.#say({ say: "hello", version: controlVersion, pid: process.pid, holder });
  }

  /** Answers what is under way, begins nothing new, and says so last. */
  async leave(): Promise<void> {
    if (this.#state !== "closed") this.#state = "leaving";
    for (const stream of this.#streams.values()) stream.stopping.abort();
    await Promise.allSettled(this.#calls.values());
    if (this.#socket.destroyed || !this.#socket.writable) return;
    this.#say({ say: "end" });
    this.#state = "closed";
    endSoon(this.#socket);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isClosed()) return;
    const lines = this.#lines.push(chunk);
    if (isMalformed(lines)) return this.#refuse("too-large", lines.reason);
    for (const line of lines) {
      const said = parseClientLine(line);
      if (isMalformed(said)) return this.#refuse("usage", said.reason);
      this.#hear(said);
      if (this.#isClosed()) return;
    }
    this.#flow();
  }

  #hear(said: ClientLine): void {
    if (this.#state === "greeting") return this.#greet(said);
    switch (said.say) {
      case "hello":
        return this.#refuse("usage", "greeted twice");
      case "more":
        return this.#streams.get(said.id)?.outflow?.more(said.batches);
      case "cancel":
        return this.#streams.get(said.id)?.stopping.abort();
      case "call":
        return this.#begin(said.id, said);
    }
  }

  #greet(said: ClientLine): void {
    if (said.say !== "hello") return this.#refuse("usage", "a greeting expected first");
    if (said.version !== controlVersion) {
      return this.#refuse("wrong-store", `this holder speaks version ${controlVersion}, not ${said.version}; use the same sinter for both`);
    }
    clearTimeout(this.#helloTimer);
    this.#state = "open";
  }

  #begin(id: number, call: Call): void {
    if (this.#calls.has(id)) return this.#refuse("usage", `call ${id} is under way already`);
    if (this.#state === "leaving") return this.#fail(id, leaving);
    const work = this.#run(id, call)
      .catch((error: unknown) => this.#fail(id, error))
      .finally(() => {
        this.#calls.delete(id);
        this.#flow();
      });
    this.#calls.set(id, work);
  }

  async #run(id: number, call: Call): Promise<void> {
    switch (call.call) {
      case "append":
        return this.#append(id, call);
      case "events":
        return this.#events(id, call);
      case "audit":
        return this.#answer(id, await this.#audit(id));
      case "backup":
        return this.#answer(
          id,
          await this.#cleanly(id, (signal, say) =>
            this.#peer.backup(call.dir, { keys: call.keys, signal, progress: ({ bytes, total }) => say(bytes, total) }),
          ),
        );
      case "export":
        return this.#answer(
          id,
          await this.#cleanly(id, (signal, say) =>
            this.#peer.export(call.subject, call.dir, { signal, progress: ({ events, total }) => say(events, total) }),
          ),
        );
      case "import":
        return this.#answer(
          id,
          await this.#cleanly(id, (signal, say) =>
            this.#peer.import(call.from, { signal, progress: ({ events, total }) => say(events, total) }),
          ),
        );
      case "feeds":
        return this.#answer(id, await this.#peer.feeds(call.subject));
      case "prove":
        return this.#answer(id, wireProof(await this.#peer.prove(call.subject, call)));
      case "redact":
        return this.#answer(id, wireReceipt(await this.#peer.redact(call.subject, call)));
      case "wanted":
        return this.#answer(id, await this.#peer.wanted(call.subject, call));
      case "forks":
        return this.#answer(id, (await this.#peer.forks(call.subject)).map(wireForkRow));
      case "accuse":
        return this.#answer(id, await this.#accuse(call));
      case "status":
        return this.#answer(id, await this.#peer.status());
      case "invite":
        return this.#answer(id, await this.#peer.invite());
      case "sync":
        return this.#answer(id, await this.#cleanly(id, (signal) => this.#peer.sync(call.target, { signal })));
      case "describe":
        return this.#answer(id, await this.#peer.describe());
      case "followSubject":
      case "changesOf":
        return this.#items(id, call);
      default:
        return this.#answer(id, await answerOf(this.#peer.described, call));
    }
  }

  async #append(id: number, call: Extract<Call, { call: "append" }>): Promise<void> {
    const events: NewEvent[] = [];
    let bytes = 0;
    for (const wire of call.events) {
      const event = newEventFromWire(wire);
      if (isMalformed(event))
        throw new SinterError("usage", `an event that cannot be read: ${event.reason}`, "Use the same sinter for both.");
      events.push(event);
      bytes += event.payload.length;
    }
    this.#appendBytes += bytes;
    try {
      this.#answer(id, wireReceipt(await this.#peer.append(call.subject, events)));
    } finally {
      this.#appendBytes -= bytes;
    }
  }

  async #events(id: number, call: EventsCall): Promise<void> {
    const outflow = new Outflow((events) => this.#say({ say: "batch", id, events: events.map(wireEvent) }));
    const { subject, from, to, follow, system, assurance } = call;
    await this.#stream(id, outflow, (signal) => {
      const span = { ...(from && { from }), ...(to && { to }) };
      const withdrawn = (what: Withdrawal) => this.#say({ say: "withdrawn", id, what });
      const asked = { ...(follow && { follow }), ...(system && { system }), ...(assurance && { assurance }) };
      const options = { signal, withdrawn, ...span, ...asked };
      return outflow.drain(this.#peer.events(subject, options));
    });
    this.#answer(id, null);
  }

  async #items(id: number, call: SubjectStreamCall): Promise<void> {
    const outflow = new ItemOutflow((item) => this.#long(id, "item", item));
    await this.#stream(id, outflow, (signal) => outflow.drain(itemsOf(this.#peer.described, call, signal)));
    this.#answer(id, null);
  }

  async #accuse({ proof: text }: AccuseCall): Promise<WireAccusation> {
    const proof = parseForkText(text);
    if (isMalformed(proof)) throw new SinterError("usage", `a proof that cannot be read: ${proof.reason}`, "Give all of it.");
    const { news, fork } = await this.#peer.accuse(proof);
    return { news, fork: wireForkRow(fork) };
  }

  async #audit(id: number): Promise<AuditReport> {
    const say = this.#progress(id);
    return await this.#stream(id, undefined, (signal) => this.#peer.audit({ signal, progress: ({ events, total }) => say(events, total) }));
  }

  /** Runs what fills a directory or the store. What was begun is cleared away before anybody is told: whoever asks again finds
   * the place as it was. */
  async #cleanly<T>(id: number, work: (signal: AbortSignal, say: (done: number, total: number) => void) => Promise<T>): Promise<T> {
    let working: Promise<T> | undefined;
    try {
      return await this.#stream(id, undefined, (signal) => {
        working = work(signal, this.#progress(id));
        return working;
      });
    } finally {
      // The caller is told why it ended.
      await working?.catch(() => undefined);
    }
  }

  #progress(id: number): (done: number, total: number) => void {
    let saidAtMs = 0;
    return (done, total) => {
      const nowMs = performance.now();
      if (nowMs - saidAtMs < progressEveryMs) return;
      saidAtMs = nowMs;
      this.#say({ say: "progress", id, done, total });
    };
  }

  /** Runs what goes on until it is told to stop: a stop is answered at once, whether or not the work heeds it. */
  async #stream<T>(id: number, outflow: Flow | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#streams.size >= controlStreamsMax) {
      throw new SinterError("busy", `${controlStreamsMax} streams are open on this connection`, "End one of them first.");
    }
    const stopping = new AbortController();
    this.#streams.set(id, outflow === undefined ? { stopping } : { stopping, outflow });
    const stopped = new Promise<never>((_, reject) => {
      stopping.signal.addEventListener("abort", () => {
        outflow?.stop();
        reject(this.#state === "leaving" ? leaving : new SinterError("aborted", "stopped by the reader", "Nothing is to be done."));
      });
    });
    try {
      return await Promise.race([work(stopping.signal), stopped]);
    } finally {
      this.#streams.delete(id);
      // The race has told of it, if it came before the work's own end.
      stopped.catch(() => {});
    }
  }

  /** Stops reading while this client has too much under way or takes too little, so that its own calls wait. */
  #flow(): void {
    const unanswered = this.#calls.size - this.#streams.size;
    const tooMuch =
      unanswered >= controlCallsMax || this.#appendBytes >= localBytesMax || this.#socket.writableLength > controlSocketBytesMax;
    if (tooMuch && this.#state === "open") this.#socket.pause();
    else this.#socket.resume();
  }

  #answer(id: number, result: unknown): void {
    this.#long(id, "done", result);
  }

  #long(id: number, say: "done" | "item", what: unknown): void {
    const text = JSON.stringify(what);
    const member = say === "done" ? "result" : "item";
    if (text.length > controlAnswerCharsMax) {
      throw new SinterError(
        "too-large",
        "the answer is too large for the control socket",
        "Stop the process that holds the store, then try again.",
      );
    }
    if (text.length <= controlPartCharsMax) return this.#write(`{"say":"${say}","id":${id},"${member}":${text}}\n`);
    for (let at = 0; at < text.length; at += controlPartCharsMax)
      this.#say({ say: "part", id, text: text.slice(at, at + controlPartCharsMax) });
    this.#write(`{"say":"${say}","id":${id},"${member}":null}\n`);
  }

  #fail(id: number, error: unknown): void {
    const known =
      error instanceof SinterError
        ? error
        : new SinterError("internal", error instanceof Error ? error.message : String(error), "Report this.");
    this.#say({ say: "failed", id, code: known.code, message: known.message, fix: known.fix });
  }

  #refuse(code: ErrorCode, reason: string): void {
    if (this.#isClosed()) return;
    this.#say({ say: "refused", code, reason });
    this.#state = "closed";
    this.#stopAll();
    endSoon(this.#socket);
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #say(line: ServerLine): void {
    this.#write(`${JSON.stringify(line)}\n`);
  }

  #write(line: string): void {
    if (this.#state !== "closed" && this.#socket.writable) this.#socket.write(line);
  }

  #closed(): void {
    this.#state = "closed";
    clearTimeout(this.#helloTimer);
    this.#stopAll();
  }

  #stopAll(): void {
    for (const stream of this.#streams.values()) stream.stopping.abort();
  }
}
