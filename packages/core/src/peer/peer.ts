import { toHex } from "../bytes/hex.js";
import { localBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { auditStore } from "../feed/audit.js";
import { eventCodecs } from "../feed/event.js";
import { feedProtocol } from "../feed/feed-core.js";
import { FeedView } from "../feed/feed-view.js";
import type { Appended, FeedNotice, FeedVocabulary } from "../feed/feed-vocabulary.js";
import { type FrontierNotice, type FrontierVocabulary, frontierProtocol } from "../feed/frontier-core.js";
import { LaneReader } from "../feed/lane-reader.js";
import type { NewParts } from "../feed/open-lane.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../identity/crypto.js";
import type { AuthorId, NetworkId } from "../identity/ids.js";
import { normalizePath, type SubjectPath } from "../identity/subject-path.js";
import { Driver } from "../protocol/driver.js";
import type { AnyMount, Loss, Mount } from "../protocol/mount.js";
import type { Ports } from "../protocol/ports.js";
import type { Json, Vocabulary } from "../protocol/protocol.js";
import { Follower, Followers } from "./followers.js";
import type { AuditOptions, AuditReport, EventRecord, FeedRow, NewEvent, PeerApi, PeerStatus, ReadOptions, Receipt } from "./peer-api.js";
import { Pending } from "./pending.js";
import { readEvents } from "./read-events.js";
import { SinterError } from "./sinter-error.js";

export interface PeerParts {
  readonly ports: Ports;
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** The key it proves on links, in hexadecimal. */
  readonly id: string;
  readonly author: AuthorId;
  readonly network: { readonly name: string; readonly id: NetworkId };
  /** Nonce of the store instance. */
  readonly instance: Uint8Array;
  /** Cores beside those a peer always has. */
  readonly mounts?: readonly AnyMount[];
  /** Called first when the peer closes, while it still answers: let nobody new in, and those inside finish. */
  readonly retire?: () => Promise<void>;
  /** Called last, once, when the peer is closed or has halted: let go of files, sockets, locks. */
  readonly release: () => Promise<void>;
}

const APPLICATION_KIND = 128;
const AUDIT_SLICE_MS = 10;

/** Mounts the cores on the driver, and speaks promises to the application. */
export class Peer implements PeerApi {
  readonly id: string;
  readonly author: string;
  readonly network: string;
  /** Synchronous reads of what the store holds. */
  readonly view: FeedView;
  readonly #parts: PeerParts;
  readonly #driver: Driver;
  readonly #feed: Mount<FeedVocabulary>;
  readonly #frontier: Mount<FrontierVocabulary>;
  readonly #pending = new Pending();
  readonly #followers = new Followers();
  #bytesInFlight = 0;
  /** The frontier core has been told of a change that it has not taken in. */
  #frontierTold = false;
  /** Tokens of those who wait for the frontier's root. */
  readonly #settling = new Set<number>();
  #end: SinterError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: PeerParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.author = toHex(parts.author);
    this.network = parts.network.name;
    this.view = new FeedView(parts.ports.store.keys);
    const { hasher, signer, verifier, author, instance, network } = parts;
    this.#feed = {
      protocol: feedProtocol({ hasher, signer, verifier, author, instance, network: network.id }),
      notify: (notice) => this.#feedSays(notice),
      dropped: (command, loss) => this.#pending.reject(command.token, lost(loss)),
    };
    this.#frontier = {
      protocol: frontierProtocol({ hasher, network: network.id }),
      notify: (notice) => this.#frontierSays(notice),
      dropped: (command, loss) => (command.kind === "settle" ? this.#pending.reject(command.token, lost(loss)) : undefined),
    };
    const mounts = [this.#feed, this.#frontier, ...(parts.mounts ?? [])];
    this.#driver = new Driver({ mounts, ports: parts.ports, halted: (reason) => this.#halted(reason) });
    this.#driver.start();
  }

  async append(subject: string, events: readonly NewEvent[], options: { readonly signal?: AbortSignal } = {}): Promise<Receipt> {
    const path = pathOf(subject);
    this.#goesOn();
    throwIfAborted(options.signal);
    const parts = events.map(partsOf);
    const bytes = parts.reduce((sum, { payload }) => sum + payload.length, 0);
    if (this.#bytesInFlight + bytes > localBytesMax && this.#bytesInFlight > 0) throw busy();
    this.#bytesInFlight += bytes;
    let abort: (() => void) | undefined;
    try {
      const appended = await this.#pending.call<Appended>((token) => {
        this.#command(this.#feed, { kind: "append", token, path, events: parts });
        abort = () => this.#pending.reject(token, abortedOnTheWay());
        options.signal?.addEventListener("abort", abort, { once: true });
      });
      return receiptOf(this.author, appended);
    } finally {
      this.#bytesInFlight -= bytes;
      if (abort !== undefined) options.signal?.removeEventListener("abort", abort);
    }
  }

  async *events(subject: string, options: ReadOptions = {}): AsyncIterable<EventRecord> {
    const path = pathOf(subject);
    this.#goesOn();
    const follower = new Follower(path);
    if (options.follow) this.#followers.add(follower);
    const { hasher, ports } = this.#parts;
    const soon = () => new Promise<void>((resolve) => ports.scheduler.soon(resolve));
    const source = { view: this.view, hasher, follower, soon, barrier: () => this.#barrier(), ended: () => this.#end };
    try {
      yield* readEvents(source, path, options);
    } finally {
      this.#followers.remove(follower);
    }
  }

  /** Reads a lane directly, synchronously: for who knows its number (see `view`). */
  lane(number: number): LaneReader {
    return new LaneReader(this.view, this.#parts.hasher, number);
  }

  async feeds(subject?: string): Promise<readonly FeedRow[]> {
    this.#goesOn();
    const only = subject === undefined ? undefined : pathOf(subject);
    const rows: FeedRow[] = [];
    for (const { path, id } of this.view.subjects(only ?? "")) {
      if (only !== undefined && path !== only) continue;
      for (const { number, author, epoch } of this.view.lanes(id)) {
        const head = this.view.head(number);
        if (head === undefined) continue;
        const { size, headId, stamp } = head;
        rows.push({ subject: path, author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce), size, head: toHex(headId), stamp: [stamp.wallMs, stamp.counter] });
      }
    }
    await this.#barrier();
    return rows;
  }

  async status(): Promise<PeerStatus> {
    this.#goesOn();
    const settled = await this.#settle();
    const subjects = [];
    for (const { path, id } of this.view.subjects()) {
      let events = 0;
      for (const { number } of this.view.lanes(id)) events += this.view.head(number)?.size ?? 0;
      subjects.push({ path, events });
    }
    const disk = this.#parts.ports.store.roomBytes() > 0 ? "roomy" : "full";
    return { peer: this.id, author: this.author, network: this.network, root: toHex(settled.root), subjects, links: [], disk };
  }

  async audit(options: AuditOptions = {}): Promise<AuditReport> {
    this.#goesOn();
    const { hasher, verifier, network, ports } = this.#parts;
    const steps = auditStore(this.view, { hasher, verifier, network: network.id });
    let pauseAt = ports.clock.now() + AUDIT_SLICE_MS;
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (ports.clock.now() < pauseAt) continue;
      options.progress?.(step.value);
      await new Promise<void>((resolve) => ports.scheduler.soon(resolve));
      throwIfAborted(options.signal);
      this.#goesOn();
      pauseAt = ports.clock.now() + AUDIT_SLICE_MS;
    }
  }

  async describe(): Promise<Json> {
    return this.#driver.describe();
  }

  /** Finishes what was accepted, then lets go of the store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#parts.retire?.();
    if (this.#end === undefined) {
      // What was accepted before is durable once the barrier is passed; a peer that halts meanwhile has nothing to wait for.
      await this.#barrier().catch(() => undefined);
      this.#end = new SinterError("stopped", "the peer is closed", "Open it again.");
      await new Promise<void>((resolve) => this.#driver.stop(resolve));
      this.#pending.rejectAll(this.#end);
      this.#followers.wakeAll();
    }
    await this.#parts.release();
  }

  // --- what the cores say ---

  #feedSays(notice: FeedNotice): void {
    if (notice.kind === "refused") return this.#pending.reject(notice.token, new SinterError(notice.code, notice.reason, notice.fix));
    this.#pending.resolve(notice.token, notice);
    if (notice.kind === "passed") return;
    this.#followers.wake(notice.path);
    if (this.#frontierTold) return;
    this.#frontierTold = this.#driver.command(this.#frontier, { kind: "changed" }) === "accepted";
  }

  #frontierSays(notice: FrontierNotice): void {
    if (notice.kind === "settled") return this.#pending.resolve(notice.token, notice);
    if (notice.kind === "unsettled") {
      return this.#pending.reject(notice.token, new SinterError("corrupt", notice.reason, "Run sinter audit to see what else is wrong."));
    }
    this.#frontierTold = false;
    if (notice.kind === "clean") return;
    for (const token of this.#settling) {
      if (this.#driver.command(this.#frontier, { kind: "settle", token }) === "full") this.#pending.reject(token, busy());
    }
  }

  async #settle(): Promise<{ readonly root: Uint8Array }> {
    let asked: number | undefined;
    try {
      return await this.#pending.call((token) => {
        asked = token;
        this.#settling.add(token);
        this.#command(this.#frontier, { kind: "settle", token });
      });
    } finally {
      if (asked !== undefined) this.#settling.delete(asked);
    }
  }

  #halted(reason: string): void {
    this.#end = new SinterError("stopped", `the peer has stopped: ${reason}`, "Start it again; if it stops again, run sinter audit on its store.");
    this.#pending.rejectAll(this.#end);
    this.#followers.wakeAll();
    // Whoever closes a halted peer releases it; one that nobody closes must not hold its store.
    void this.close();
  }

  /** Resolves once all that the store shows now is on disk. */
  async #barrier(): Promise<void> {
    await this.#pending.call((token) => this.#command(this.#feed, { kind: "barrier", token }));
  }

  #command<V extends Vocabulary>(mount: Mount<V>, command: V["Command"]): void {
    const taken = this.#driver.command(mount, command);
    if (taken === "full") throw busy();
    if (taken === "stopped") throw this.#ended();
  }

  #goesOn(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  #ended(): SinterError {
    return this.#end ?? new SinterError("stopped", "the peer is closing", "Open it again.");
  }
}

function pathOf(subject: string): SubjectPath {
  const path = normalizePath(subject);
  if (isMalformed(path)) throw new SinterError("invalid-path", `not a subject: ${path.reason}`, "A subject is 1 to 8 parts joined by slashes, such as workspace/alpha/object/votes.");
  return path;
}

function partsOf({ payload, kind, codec, key }: NewEvent): NewParts {
  return { kind: kind ?? APPLICATION_KIND, codec: eventCodecs[codec ?? "raw"], payload, key };
}

function receiptOf(author: string, { epoch, seqs, ids }: Appended): Receipt {
  const seq = (index: number) => seqs.each?.[index] ?? seqs.first + index;
  const id = (index: number) => toHex(ids.subarray((seq(index) - seqs.first) * hashBytes, (seq(index) - seqs.first + 1) * hashBytes));
  return { author, epoch, count: seqs.count, seq, id };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SinterError("aborted", "called off before it began", "Nothing was done.", { cause: signal.reason });
}

function abortedOnTheWay(): SinterError {
  return new SinterError("unknown-outcome", "called off while it was on its way to the disk", "Read the subject to see whether it was written.");
}

function busy(): SinterError {
  return new SinterError("busy", "more is waiting to be written than this peer may hold", "Await some of your appends before you begin more.");
}

function lost({ outcome, reason }: Loss): SinterError {
  if (outcome === "unknown") return new SinterError("unknown-outcome", `it may or may not be written: ${reason}`, "Read the subject to see.");
  return new SinterError("internal", `not written: ${reason}`, "Try again; if it fails again, look at the peer's quarantine (sinter status --json).");
}
