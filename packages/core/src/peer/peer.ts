import { toHex } from "../bytes/hex.js";
import { localBytesMax } from "../bytes/limits.js";
import { auditStore } from "../feed/audit.js";
import { eventCodecs, eventHeaderBytes } from "../feed/event.js";
import { feedProtocol } from "../feed/feed-core.js";
import { DamagedStore, FeedView } from "../feed/feed-view.js";
import type { AppendCommand, Appended, FeedCommand, FeedNotice, FeedVocabulary } from "../feed/feed-vocabulary.js";
import { type FrontierCommand, type FrontierNotice, type FrontierVocabulary, frontierProtocol } from "../feed/frontier-core.js";
import { LaneReader } from "../feed/lane-reader.js";
import type { NewParts } from "../feed/open-lane.js";
import type { RangeOffer } from "../feed/verified-range.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../identity/crypto.js";
import type { AuthorId, NetworkId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { Driver } from "../protocol/driver.js";
import type { AnyMount, Loss, Mount } from "../protocol/mount.js";
import type { Ports } from "../protocol/ports.js";
import type { Json, Vocabulary } from "../protocol/protocol.js";
import { unlessAborted } from "./abort.js";
import { Follower, Followers } from "./followers.js";
import { Gathering } from "./gathering.js";
import { Intake, type TakeOutcome } from "./intake.js";
import { KnownPaths } from "./known-paths.js";
import type {
  AuditOptions,
  AuditReport,
  BackupOptions,
  BackupReport,
  EventRecord,
  FeedRow,
  NewEvent,
  PeerApi,
  PeerStatus,
  ProofOf,
  ReadOptions,
  Receipt,
} from "./peer-api.js";
import { Pending } from "./pending.js";
import { prove } from "./prove.js";
import { readEvents } from "./read-events.js";
import { feedRows, subjectSums } from "./rows.js";
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
  /** Copies the store it runs on, where that is somewhere it can be copied from. */
  readonly backup?: (dir: string, options: BackupOptions) => Promise<BackupReport>;
  /** Called first when the peer closes, while it still answers: let nobody new in, and those inside finish. */
  readonly retire?: () => Promise<void>;
  /** Called last, once, when the peer is closed or has halted: let go of files, sockets, locks. */
  readonly release: () => Promise<void>;
}

const APPLICATION_KIND = 128;
const AUDIT_SLICE_MS = 10;
/** Answers a barrier that did not hold. */
const LOST = "lost";

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
  readonly #paths = new KnownPaths();
  readonly #followers = new Followers();
  readonly #gathering: Gathering<AppendCommand>;
  readonly #intake: Intake;
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
      dropped: (command, loss) => this.#lost(command, loss),
    };
    this.#frontier = {
      protocol: frontierProtocol({ hasher, network: network.id }),
      notify: (notice) => this.#frontierSays(notice),
      dropped: (command, loss) => (command.kind === "settle" ? this.#lost(command, loss) : undefined),
    };
    this.#gathering = new Gathering({
      handOn: (token, append) => this.#handOn(token, append),
      soon: (run) => parts.ports.scheduler.soon(run),
    });
    this.#intake = new Intake({
      view: this.view,
      tools: { hasher, verifier, network: network.id },
      write: (range) => this.#pending.call((token) => this.#command(this.#feed, { kind: "take", token, range })),
      barrier: () => this.#barrier(),
      soon: () => new Promise((resolve) => parts.ports.scheduler.soon(resolve)),
      goesOn: () => this.#goesOn(),
    });
    const mounts = [this.#feed, this.#frontier, ...(parts.mounts ?? [])];
    this.#driver = new Driver({ mounts, ports: parts.ports, halted: (reason) => this.#halted(reason) });
    this.#driver.start();
  }

  async append(subject: string, events: readonly NewEvent[], options: { readonly signal?: AbortSignal } = {}): Promise<Receipt> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    throwIfAborted(options.signal);
    const parts = events.map(partsOf);
    const bytes = parts.reduce((sum, { payload, key }) => sum + eventHeaderBytes + payload.length + (key?.length ?? 0), 0);
    if (this.#bytesInFlight + bytes > localBytesMax && this.#bytesInFlight > 0) throw busy();
    const written = this.#write({ path, events: parts, bytes });
    return receiptOf(this.author, await unlessAborted(written, options.signal, failOnTheWay));
  }

  /** Bytes count as in flight until the core has answered, whether or not the caller still waits. */
  async #write({
    path,
    events,
    bytes,
  }: {
    readonly path: SubjectPath;
    readonly events: readonly NewParts[];
    readonly bytes: number;
  }): Promise<Appended> {
    this.#bytesInFlight += bytes;
    try {
      return await this.#pending.call<Appended>((token) => this.#gathering.add(token, { kind: "append", token, path, events }, bytes));
    } finally {
      this.#bytesInFlight -= bytes;
    }
  }

  #handOn(token: number, append: AppendCommand): void {
    try {
      this.#command(this.#feed, append);
    } catch (error) {
      this.#gathering.answered(token);
      this.#pending.reject(token, error as SinterError);
    }
  }

  async *events(subject: string, options: ReadOptions = {}): AsyncIterable<EventRecord> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    const follower = new Follower(path);
    if (options.follow) this.#followers.add(follower);
    const { hasher, ports } = this.#parts;
    const soon = () => new Promise<void>((resolve) => ports.scheduler.soon(resolve));
    const source = { view: this.view, hasher, follower, soon, barrier: () => this.#barrier(), ended: () => this.#end };
    try {
      yield* readEvents(source, path, options);
    } catch (error) {
      throw readable(error);
    } finally {
      this.#followers.remove(follower);
    }
  }

  /** Takes in what others wrote, by whomever it is offered. Resolves once it is on disk, or says why it is not taken. */
  async take(offer: RangeOffer): Promise<TakeOutcome> {
    this.#goesOn();
    try {
      return await this.#intake.take(offer);
    } catch (error) {
      throw readable(error);
    }
  }

  /** Reads a lane directly, synchronously: for who knows its number (see `view`). */
  lane(number: number): LaneReader {
    return new LaneReader(this.view, this.#parts.hasher, number);
  }

  async feeds(subject?: string): Promise<readonly FeedRow[]> {
    this.#goesOn();
    const only = subject === undefined ? undefined : this.#paths.of(subject);
    return this.#durable(() => feedRows(this.view, only));
  }

  async prove(subject: string, what: ProofOf): Promise<Uint8Array> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    const { hasher, verifier, network } = this.#parts;
    return this.#durable(() => prove({ view: this.view, hasher, verifier, networkName: network.name }, path, what));
  }

  async status(): Promise<PeerStatus> {
    this.#goesOn();
    const settled = await this.#settle();
    const subjects = await this.#durable(() => subjectSums(this.view));
    const disk = this.#parts.ports.store.roomBytes() > 0 ? "roomy" : "full";
    return { peer: this.id, author: this.author, network: this.network, root: toHex(settled.root), subjects, links: [], disk };
  }

  async audit(options: AuditOptions = {}): Promise<AuditReport> {
    this.#goesOn();
    throwIfAborted(options.signal);
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

  async backup(dir: string, options: BackupOptions = {}): Promise<BackupReport> {
    this.#goesOn();
    throwIfAborted(options.signal);
    const { backup } = this.#parts;
    if (backup !== undefined) return await backup(dir, options);
    throw new SinterError("usage", "this peer's store is not on a disk", "Back up a peer that keeps its store in a directory.");
  }

  async describe(): Promise<Json> {
    return this.#driver.describe();
  }

  /** Why it takes no more calls, once it takes none: it was closed, or it halted. */
  get ended(): SinterError | undefined {
    return this.#end;
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
    try {
      await this.#parts.retire?.();
    } finally {
      try {
        await this.#finish();
      } finally {
        await this.#parts.release();
      }
    }
  }

  async #finish(): Promise<void> {
    if (this.#end !== undefined) return;
    // From here on nobody new is let in; whoever was is answered first.
    this.#end = new SinterError("stopped", "the peer is closed", "Open it again.");
    this.#followers.wakeAll();
    await this.#pending.idle();
    // Where the clock cannot be laid to rest, the next run begins a moment ahead of its time, which harms nobody.
    await this.#pending.call((token) => this.#command(this.#feed, { kind: "rest", token })).catch(() => undefined);
    await new Promise<void>((resolve) => this.#driver.stop(resolve));
  }

  // --- what the cores say ---

  #feedSays(notice: FeedNotice): void {
    this.#gathering.answered(notice.token);
    if (notice.kind === "refused") return this.#pending.reject(notice.token, new SinterError(notice.code, notice.reason, notice.fix));
    this.#pending.resolve(notice.token, notice);
    if (notice.kind === "passed" || notice.kind === "stale") return;
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

  #lost({ kind, token }: FeedCommand | (FrontierCommand & { readonly token: number }), { outcome, reason }: Loss): void {
    this.#gathering.answered(token);
    // What was read before the barrier may be gone: it is read again.
    if (kind === "barrier") return this.#pending.resolve(token, LOST);
    if ((kind === "append" || kind === "take") && outcome === "unknown")
      return this.#pending.reject(token, unknownOutcome(`it may or may not be written: ${reason}`));
    const error =
      this.#end ??
      new SinterError(
        "internal",
        `nothing was written: ${reason}`,
        "Try again; if it fails again, look at the peer's quarantine (describe()).",
      );
    // A driver that halts says so in a moment, and then that is what is wrong.
    void Promise.resolve().then(() => this.#pending.reject(token, error));
  }

  #halted(reason: string): void {
    const error = new SinterError(
      "stopped",
      `the peer has stopped: ${reason}`,
      "Start it again; if it stops again, run sinter audit on its store.",
    );
    this.#end ??= error;
    this.#pending.rejectAll(error);
    this.#followers.wakeAll();
    // A peer that nobody closes must not hold its store. Whoever does close it is told if that fails.
    this.close().catch(() => undefined);
  }

  // --- reads ---

  /** What `read` finds, once all of it is on disk. */
  async #durable<T>(read: () => T): Promise<T> {
    for (;;) {
      this.#goesOn();
      const found = readably(read);
      if ((await this.#barrier()) === "passed") return found;
    }
  }

  /** Once all that the store shows now is on disk, or is lost. */
  async #barrier(): Promise<"passed" | "lost"> {
    const answer = await this.#pending.call((token) => this.#command(this.#feed, { kind: "barrier", token }));
    return answer === LOST ? "lost" : "passed";
  }

  #command<V extends Vocabulary>(mount: Mount<V>, command: V["Command"]): void {
    const taken = this.#driver.command(mount, command);
    if (taken === "full") throw busy();
    if (taken === "stopped") throw this.#end ?? new SinterError("stopped", "the peer is stopping", "Open it again.");
  }

  #goesOn(): void {
    if (this.#end !== undefined) throw this.#end;
  }
}

/** Bytes are looked at here, where it is the caller that fails: in a step it would be the core. */
function partsOf({ payload, kind, codec, key }: NewEvent): NewParts {
  if (!isBytes(payload) || (key !== undefined && !isBytes(key))) {
    throw new SinterError(
      "usage",
      "an event whose payload or key is not bytes",
      "Give a Uint8Array: new TextEncoder().encode(text), for one.",
    );
  }
  return { kind: kind ?? APPLICATION_KIND, codec: eventCodecs[codec ?? "raw"], payload, key };
}

function receiptOf(author: string, { epoch, seqs, ids }: Appended): Receipt {
  const seq = (index: number) => seqs.each?.[index] ?? seqs.first + index;
  const id = (index: number) => toHex(ids.subarray((seq(index) - seqs.first) * hashBytes, (seq(index) - seqs.first + 1) * hashBytes));
  return { author, epoch, count: seqs.count, seq, id };
}

/** At last by name: an array from another realm is none of ours, and still bytes. */
function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing was written.", { cause: signal.reason });
}

function failOnTheWay(): never {
  throw unknownOutcome("called off while it was on its way to the disk");
}

function unknownOutcome(message: string): SinterError {
  return new SinterError("unknown-outcome", message, "Read the subject to see whether it was written.");
}

function busy(): SinterError {
  return new SinterError(
    "busy",
    "more is waiting to be written than this peer may hold",
    "Await some of your appends before you begin more.",
  );
}

function readably<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readable(error);
  }
}

function readable(error: unknown): unknown {
  return error instanceof DamagedStore
    ? new SinterError("corrupt", error.message, "Run sinter audit to see what else is wrong.", { cause: error })
    : error;
}
