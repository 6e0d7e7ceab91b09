import { toHex } from "../bytes/hex.js";
import { changesWaitingBytesMax, changesWaitingMax } from "../bytes/limits.js";
import { eventCodecs } from "../feed/event/event.js";
import type { NewParts } from "../feed/write/open-lane.js";
import { encodeItems } from "../merge/state.js";
import { encodeOperations } from "../merge/transaction.js";
import type { PendingWrite } from "../subject/shown.js";
import { stateAt } from "../subject/state-at.js";
import type { FoldedEvent } from "../subject/view-fold.js";
import { unlessAborted } from "./abort.js";
import type { EventRecord, ReadOptions, Receipt, StampText } from "./event-api.js";
import { explained, keysInConflict, operationToRestore } from "./explained.js";
import { heldBytes } from "./held-bytes.js";
import { Backlog, Latest } from "./latest.js";
import { OwnWrites } from "./own-writes.js";
import { SinterError } from "./sinter-error.js";
import type {
  Change,
  Conflict,
  ControlBus,
  Explanation,
  Published,
  Quarantined,
  SubjectProgress,
  SubjectStatus,
  SubjectView,
  Write,
} from "./subject-api.js";
import { SubjectControl } from "./subject-control.js";
import type { SubjectParts } from "./subject-parts.js";
import { subjectStatus } from "./subject-status.js";
import { OnItsWay } from "./written.js";

/** A subject read through a merge type: what it comes to, now and whenever that changes. */
export class LiveSubject<Value, Commands> implements SubjectView<Value, Commands> {
  readonly path: string;
  readonly type: string;
  readonly #parts: SubjectParts;
  readonly #latest = new Latest();
  readonly #changes = new Set<Backlog<Change<Value>>>();
  readonly #control: SubjectControl;
  readonly #writes: OwnWrites;
  readonly #silence: (() => void)[] = [];
  #value: { readonly value: Value; readonly version: number } | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: SubjectParts) {
    this.#parts = parts;
    this.path = parts.path;
    this.type = parts.type.name;
    this.#writes = new OwnWrites(parts);
    this.#control = new SubjectControl(parts, (event) => this.#publish(event));
    this.#silence.push(
      parts.live.listen({
        changed: () => this.#latest.changed(),
        withdrawn: (reason) => this.#control.tell({ kind: "withdrawn", reason }),
        sealed: () => this.#control.tell({ kind: "sealed" }),
        passedOver: ({ lane: { author, epoch }, seq, reason }) => {
          const event = { author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), seq, reason };
          this.#control.tell({ kind: "quarantined", event });
        },
        frozen: ({ place: { author, epoch }, freezeAt }) =>
          this.#control.frozen({ kind: "frozen", author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), freezeAt }),
        failed: (error) => this.#end(error),
      }),
    );
  }

  get value(): Value {
    this.goesOn();
    const { version } = this.#latest;
    if (this.#value?.version !== version) this.#value = { value: this.#parts.type.value(this.#parts.live.shown.items()) as Value, version };
    return this.#value.value;
  }

  get progress(): SubjectProgress {
    const { live } = this.#parts;
    if (live.failure !== undefined) return { state: "stuck", reason: live.failure.message };
    if (!live.isCurrent) return { state: "folding" };
    for (const [lane, { why }] of live.waits) return { state: "waiting", why, author: toHex(lane.entry.author), seq: lane.seq };
    return { state: "current" };
  }

  async status(): Promise<SubjectStatus> {
    this.goesOn();
    const { path, id: subject, view, live, clock, durable, linked } = this.#parts;
    // What is on its way to the disk is told to nobody before it is there.
    await durable();
    const links = await linked();
    this.goesOn();
    const waits = [...live.waits].map(([lane, wait]) => ({ author: toHex(lane.entry.author), seq: lane.seq, wait }));
    const fold = live.isCurrent ? "current" : "folding";
    const quarantined = [...this.#control.quarantined()];
    return subjectStatus({ ...links, path, subject, view, fold, waits, wallMs: clock.wallMs(), quarantined });
  }

  get control(): ControlBus {
    return this.#control;
  }

  change(make: (commands: Commands) => void): Write {
    const sent: unknown[] = [];
    const answer: unknown = make(this.#parts.type.commands((operation) => sent.push(operation)) as Commands);
    if (answer instanceof Promise)
      throw new SinterError("usage", "a change that is made asynchronously", "Call the commands before the function returns.");
    return this.write(sent);
  }

  /** One event of these operations. */
  write(operations: readonly unknown[]): Write {
    this.goesOn();
    const { type, live } = this.#parts;
    if (operations.length === 0)
      throw new SinterError("usage", "a change that changes nothing", "Call one of its commands, or leave it out.");
    const { kind, payload } = encodeOperations(type, operations);
    const write: PendingWrite = { operations, placed: undefined };
    live.shown.add(write);
    live.tell();
    const sent = this.#send({ kind, codec: eventCodecs.raw, payload }, (lane, seq) => {
      live.shown.place(write, { lane, seq });
    });
    const dropped = () => {
      live.shown.drop(write);
      live.tell();
    };
    void sent.then(undefined, dropped);
    return sent;
  }

  async *values({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Value, void, undefined> {
    while (!signal?.aborted) {
      const { version } = this.#latest;
      yield this.value;
      if (signal?.aborted) return;
      await this.#latest.after(version, signal);
      const { ended } = this.#latest;
      if (ended === "closed") return;
      if (ended !== undefined) throw ended;
    }
  }

  changes({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<Change<Value>> {
    this.goesOn();
    // From the call on: what comes before the first of them is taken is not missed.
    const backlog = new Backlog<Change<Value>>({
      max: changesWaitingMax,
      bytesMax: changesWaitingBytesMax,
      bytesOf: (change) => heldBytes(change, changesWaitingBytesMax),
      over: () => {
        silence();
        this.#changes.delete(backlog);
      },
      overflow: fellBehind,
    });
    this.#changes.add(backlog);
    const folded = (event: FoldedEvent) => {
      try {
        backlog.add(this.#changeOf(event));
      } catch (error) {
        // A value that cannot be told is no fault of the fold, which others read.
        backlog.end(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const silence = this.#parts.live.listen({ changed: () => {}, folded });
    return backlog.read(signal);
  }

  subscribe(told: (value: Value) => void): () => void {
    let state: "idle" | "due" | "over" = "idle";
    const tell = () => {
      if (state !== "due") return;
      state = "idle";
      try {
        if (this.#latest.ended === undefined) told(this.value);
      } catch (error) {
        this.#control.failed(error);
      }
    };
    const due = () => {
      if (state !== "idle") return;
      state = "due";
      void this.#parts.soon().then(tell);
    };
    const silence = this.#latest.listen(due);
    due();
    return () => {
      state = "over";
      silence();
    };
  }

  explain(key = ""): Explanation {
    this.goesOn();
    return explained(this.#parts, key);
  }

  conflicts(): readonly Conflict[] {
    this.goesOn();
    return keysInConflict(this.#parts);
  }

  restore(conflict: Conflict): Write {
    return this.write([operationToRestore(this.#parts, conflict)]);
  }

  async at(stamp: StampText): Promise<Value> {
    this.goesOn();
    const { type, view, hasher, id, assurance, soon } = this.#parts;
    const [wallMs, counter] = stamp;
    const steps = stateAt({ view, hasher, subject: id, type, assurance }, { wallMs, counter });
    for (;;) {
      const { done, value } = steps.next();
      if (done) return type.value(value) as Value;
      await soon();
      this.goesOn();
    }
  }

  quarantined(): readonly Quarantined[] {
    this.goesOn();
    return [...this.#control.quarantined()];
  }

  publish(event: Published): Write {
    return this.#publish(event);
  }

  events(options: ReadOptions = {}): AsyncIterable<EventRecord> {
    return this.#parts.events(options);
  }

  encoded(): Uint8Array {
    this.goesOn();
    const { fold } = this.#parts.live;
    return encodeItems(this.#parts.type, new Map(fold.items.all), { lanes: fold.lanes.canonical, seen: fold.seen });
  }

  async current({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.goesOn();
    await unlessAborted(this.#parts.live.current(), signal, () => {
      throw new SinterError("aborted", "called off", "Nothing was written.", { cause: signal?.reason });
    });
  }

  /** Told once, when nothing more comes. */
  onEnd(told: (why: Error | "closed") => void): () => void {
    return this.#latest.listen(() => {
      if (this.#latest.ended !== undefined) told(this.#latest.ended);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#end("closed");
    for (const silence of this.#silence) silence();
    await this.#parts.release();
  }

  #end(why: Error | "closed"): void {
    this.#latest.end(why);
    for (const backlog of this.#changes) backlog.end(why);
    this.#control.end(why);
  }

  #publish({ kind, data }: Published): Write {
    this.goesOn();
    return this.#send({ kind: kind ?? APPLICATION_KIND, codec: eventCodecs.raw, payload: data });
  }

  #send(parts: NewParts, placed?: (lane: number, seq: number) => void): Write {
    let at: { readonly lane: number; readonly seq: number } | undefined;
    const receipt = this.#append(parts, (lane, seq) => {
      at = { lane, seq };
      placed?.(lane, seq);
    });
    return new OnItsWay(receipt, async (peers, options) => {
      if (at !== undefined) await this.#parts.reached(at, { ...options, peers });
    });
  }

  async #append(parts: NewParts, placed?: (lane: number, seq: number) => void): Promise<Receipt> {
    const { live, lens, append } = this.#parts;
    const observed = live.fold.frontier();
    try {
      return await append(parts, {
        observed,
        lens,
        placed: ({ lane, seqs }) => {
          this.#writes.placed({ lane, seq: seqs.first });
          placed?.(lane, seqs.first);
        },
      });
    } catch (error) {
      this.#control.failed(error);
      throw this.#writes.failed(parts, observed, error);
    }
  }

  #changeOf({ lane, seq, wallMs, counter, keys }: FoldedEvent): Change<Value> {
    const { author, epoch } = lane;
    const { type, live } = this.#parts;
    const value = type.value(live.fold.items.all) as Value;
    const told = [...new Set(keys)].map((key) => type.keyText(key));
    return { author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), seq, stamp: [wallMs, counter], keys: told, value };
  }

  /** Throws why it tells nothing any more, if so. */
  goesOn(): void {
    const ended = this.#parts.ended() ?? (this.#latest.ended === "closed" ? closed() : this.#latest.ended);
    if (ended !== undefined) throw ended;
  }
}

const APPLICATION_KIND = 128;

function fellBehind(): SinterError {
  return new SinterError(
    "busy",
    "this reader of changes fell too far behind",
    "Take them faster, or read values(), which gives the latest.",
  );
}

function closed(): SinterError {
  return new SinterError("stopped", "the subject is closed", "Ask the peer for it again.");
}
