import { toHex } from "../bytes/hex.js";
import { FeedView } from "../feed/lane/feed-view.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import type { HybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import type { Appended, Frozen, Returned, Taken } from "../feed/write/feed-vocabulary.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Element } from "../merge/element-codec.js";
import type { LwwMapCommands } from "../merge/lww-map.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { OrMapCommands } from "../merge/or-map.js";
import { Driver } from "../protocol/driver.js";
import type { AnyMount, Mount } from "../protocol/mount.js";
import type { Json, PeerId, Vocabulary } from "../protocol/protocol.js";
import { throwIfAborted, unlessAborted } from "./abort.js";
import { partsOf, receiptOf } from "./appends.js";
import { Archive } from "./archive.js";
import { laneAsked } from "./asked-lane.js";
import type { DescribedSubjects } from "./described-api.js";
import type { EventOf, EventRecord, NewEvent, ReadOptions, Receipt } from "./event-api.js";
import type { ExportPart } from "./export.js";
import { busy, FeedCalls, unknownOutcome } from "./feed-calls.js";
import { Follower, Followers } from "./followers.js";
import { accused, type ForkSource, forkRows } from "./forks.js";
import { FrontierRoot } from "./frontier-root.js";
import { HybridSeals, type SealTaking } from "./hybrid-seals.js";
import type { SegmentShelf } from "./import.js";
import { Intake, type TakeOutcome } from "./intake.js";
import { KnownPaths } from "./known-paths.js";
import { ownEvent, wantedPage } from "./payloads.js";
import type {
  Accusation,
  AuditOptions,
  AuditReport,
  BackupOptions,
  BackupReport,
  ExportOptions,
  ExportReport,
  FeedRow,
  ForkRow,
  ImportOptions,
  ImportReport,
  PeerApi,
  PeerStatus,
  ProofOf,
  RedactionOf,
  SyncReport,
  WantedPage,
} from "./peer-api.js";
import { invited, linked, linksNow, subjectLinks, syncWith } from "./peer-links.js";
import type { PeerParts } from "./peer-parts.js";
import { Pending } from "./pending.js";
import { prove } from "./prove.js";
import { readEvents } from "./read-events.js";
import { readable, readably } from "./readable.js";
import { feedRows, heldSums } from "./rows.js";
import { auditPeer } from "./run-audit.js";
import { SinterError } from "./sinter-error.js";
import type { Subject, SubjectOptions, Written } from "./subject-api.js";
import { Subjects, type SubjectsParts } from "./subjects.js";
import { lanesIn, Syncing } from "./syncing.js";
import type { PutCommands, Table } from "./table.js";

/** Mounts the cores on the driver, and speaks promises to the application. */
export class Peer implements PeerApi {
  readonly id: string;
  readonly author: string;
  readonly network: string;
  /** Synchronous reads of what the store holds. */
  readonly view: FeedView;
  readonly #parts: PeerParts;
  readonly #driver: Driver;
  readonly #feed: FeedCalls;
  readonly #frontier: FrontierRoot;
  readonly #pending = new Pending();
  readonly #paths = new KnownPaths();
  readonly #followers = new Followers();
  readonly #intake: Intake;
  readonly #hybrid: HybridSeals;
  readonly #archive: Archive;
  readonly #subjects: Subjects;
  readonly #syncing: Syncing | undefined;
  /** How many times a lane was frozen since it began. */
  #freezes = 0;
  #end: SinterError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: PeerParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.author = toHex(parts.author);
    this.network = parts.network.name;
    this.view = new FeedView(parts.ports.store.keys);
    const { hasher, signer, verifier, author, network, signatures } = parts;
    this.#feed = new FeedCalls({
      options: { hasher, signer, verifier, signatures, author, network: network.id },
      pending: this.#pending,
      command: (command) => this.#command(this.#feed.mount, command),
      soon: (run) => parts.ports.scheduler.soon(run),
      ended: () => this.#end,
      isFlushed: () => this.#driver.isFlushed,
      changed: (notice) => this.#changed(notice),
      filled: (path) => this.#subjects.views.wake(path),
    });
    this.#frontier = new FrontierRoot({
      hasher,
      network: network.id,
      pending: this.#pending,
      command: (command) => this.#command(this.#frontier.mount, command),
      lost: (command, loss) => this.#feed.lost(command, loss),
    });
    this.#hybrid = new HybridSeals({
      hasher,
      author,
      pending: this.#pending,
      sealed: (path) => {
        this.#subjects.views.sealed(path);
        this.#wake(path);
      },
      reaches: (lanes) => this.#syncing?.changed(lanes),
      command: (command) => this.#command(this.#hybrid.mount, command),
    });
    const onward = { soon: () => this.#soon(), goesOn: () => this.#goesOn() };
    this.#intake = new Intake({
      view: this.view,
      tools: { hasher, verifier, network: network.id },
      write: (range) => this.#feed.take(range),
      freeze: (fork) => this.#feed.freeze(fork),
      author,
      giveUp: (place, from) => this.#feed.giveUp(place, from),
      barrier: () => this.#feed.barrier(),
      ...onward,
    });
    this.#archive = new Archive({
      view: this.view,
      hasher,
      networkName: network.name,
      author,
      intake: this.#intake,
      takeSeal: (seal) => this.#hybrid.take(seal),
      durable: (read) => this.#durable(read),
      ...onward,
      files: parts.files,
    });
    this.#subjects = new Subjects(this.#forSubjects());
    const holds = { view: this.view, feed: this.#feed, intake: this.#intake, frontier: this.#frontier, hybrid: this.#hybrid };
    this.#syncing =
      parts.sync &&
      new Syncing({
        ...parts.sync,
        ...{ ...holds, hasher, verifier, author, network: network.id, self: parts.id as PeerId, pending: this.#pending },
        command: (command) => this.#syncing && this.#command(this.#syncing.mount, command),
        soon: (run) => parts.ports.scheduler.soon(run),
      });
    this.#driver = new Driver({ mounts: this.#mounts(), ports: parts.ports, halted: (reason) => this.#halted(reason) });
    this.#driver.start();
  }

  #mounts(): readonly AnyMount[] {
    const synced = this.#syncing === undefined ? [] : [this.#syncing.mount];
    const always = [this.#feed.mount, this.#frontier.mount, this.#hybrid.mount, this.#subjects.views.mount];
    return [...always, ...synced, ...(this.#parts.mounts ?? [])];
  }

  /** What subjects ask of their peer. */
  #forSubjects(): SubjectsParts {
    const { ports, hasher, author, network, laws } = this.#parts;
    return {
      view: this.view,
      hasher,
      clock: ports.clock,
      network: network.id,
      author,
      laws,
      pending: this.#pending,
      command: (command) => this.#command(this.#subjects.views.mount, command),
      append: async (path, event, extra) => {
        this.#goesOn();
        return receiptOf(this.author, await this.#feed.append(path, [event], extra));
      },
      reached: ({ lane, seq }, asked) => linked(this.#syncing).reached(lane, seq, asked),
      linked: (path) => subjectLinks(() => this.#linked(), this.#syncing, path),
      events: (path, options) => this.events(path, options),
      ended: () => this.#end,
      durable: (read) => this.#durable(read),
      soon: () => this.#soon(),
      pathOf: (text) => {
        this.#goesOn();
        return this.#paths.of(text);
      },
    };
  }

  async append(subject: string, events: readonly NewEvent[], options: { readonly signal?: AbortSignal } = {}): Promise<Receipt> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    throwIfAborted(options.signal);
    const written = this.#feed.append(path, events.map(partsOf));
    return receiptOf(this.author, await unlessAborted(written, options.signal, failOnTheWay));
  }

  async *events(subject: string, options: ReadOptions = {}): AsyncIterable<EventRecord> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    const follower = new Follower(path);
    this.#followers.add(follower);
    const { hasher } = this.#parts;
    const asking = { soon: () => this.#soon(), barrier: () => this.#feed.barrier(), ended: () => this.#end, freezes: () => this.#freezes };
    const source = { view: this.view, hasher, follower, ...asking };
    try {
      yield* readEvents(source, path, options);
    } catch (error) {
      throw readable(error);
    } finally {
      this.#followers.remove(follower);
    }
  }

  /** A subject read through a merge type. Without one: through the one that its lens names. */
  async subject<Value, Commands>(
    path: string,
    type: AnyMergeType<Value, Commands>,
    options?: SubjectOptions,
  ): Promise<Subject<Value, Commands>>;
  async subject(path: string, type?: undefined, options?: SubjectOptions): Promise<Subject<unknown, unknown>>;
  async subject(path: string, type?: AnyMergeType, options: SubjectOptions = {}): Promise<Subject<unknown, unknown>> {
    return await this.#subjects.subject(path, type, options);
  }

  /** Keys that each hold something: the last value written, or a state of a merge type. */
  async table<Value, Commands>(
    path: string,
    values: AnyMergeType<Value, Commands>,
    options?: SubjectOptions,
  ): Promise<Table<Value, Written<OrMapCommands<Commands>>, OrMapCommands<Commands>>>;
  async table<Value>(
    path: string,
    values: Element<Value>,
    options?: SubjectOptions,
  ): Promise<Table<Value, PutCommands<Value>, LwwMapCommands<Value>>>;
  async table(
    path: string,
    values: AnyMergeType | Element<unknown>,
    options: SubjectOptions = {},
  ): Promise<Table<unknown, unknown, unknown>> {
    return await this.#subjects.table(path, values, options);
  }

  get described(): DescribedSubjects {
    return this.#subjects.described;
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

  /** Takes in another author's hybrid seal over events that are here. */
  async takeSeal(checkpoint: HybridCheckpoint): Promise<SealTaking> {
    this.#goesOn();
    return await this.#hybrid.take(checkpoint);
  }

  /** Reads a lane directly, synchronously: for who knows its number (see `view`). */
  lane(number: number): LaneReader {
    return new LaneReader(this.view, this.#parts.hasher, number);
  }

  async feeds(subject?: string): Promise<readonly FeedRow[]> {
    this.#goesOn();
    const only = subject === undefined ? undefined : this.#paths.of(subject);
    return this.#durable(() => feedRows(this.view, this.#parts.hasher, only));
  }

  async forks(subject?: string): Promise<readonly ForkRow[]> {
    this.#goesOn();
    const only = subject === undefined ? undefined : this.#paths.of(subject);
    return this.#durable(() => forkRows(this.#forkSource(), only));
  }

  async accuse(proof: Uint8Array): Promise<Accusation> {
    this.#goesOn();
    return await accused(this.#forkSource(), proof, (fork) => this.#feed.freeze(fork));
  }

  #forkSource(): ForkSource {
    const { hasher, verifier, author, network } = this.#parts;
    return { view: this.view, hasher, verifier, author, networkName: network.name };
  }

  async prove(subject: string, what: ProofOf): Promise<Uint8Array> {
    const path = this.#paths.of(subject);
    this.#goesOn();
    const { hasher, verifier, network } = this.#parts;
    return this.#durable(() => prove({ view: this.view, hasher, verifier, networkName: network.name }, path, what));
  }

  async redact(subject: string, what: RedactionOf): Promise<Receipt> {
    const path = this.#paths.of(subject);
    const place = await this.#durable(() => ownEvent(this.view, this.#parts.author, path, what));
    return receiptOf(this.author, await this.#feed.redact(place));
  }

  async wanted(subject?: string, options: { readonly after?: string } = {}): Promise<WantedPage> {
    const only = subject === undefined ? undefined : this.#paths.of(subject);
    return this.#durable(() => wantedPage({ view: this.view, hasher: this.#parts.hasher }, only, options.after));
  }

  /** Puts in a payload that is wanted, wherever it was found: its hash says whether it is the one. Resolves once it is on disk. */
  async fill(subject: string, { seq, ...what }: EventOf, payload: Uint8Array): Promise<void> {
    const path = this.#paths.of(subject);
    const lane = await this.#durable(() => laneAsked(this.view, path, what).number);
    await this.#feed.fill(path, { lane, seq }, payload);
  }

  async status(): Promise<PeerStatus> {
    this.#goesOn();
    const { links, disk } = this.#linked();
    const { root } = await this.#frontier.settle();
    const held = await this.#durable(() => heldSums(this.view));
    return { peer: this.id, author: this.author, network: this.network, root: toHex(root), ...held, links, disk };
  }

  #linked() {
    const { links, ports } = this.#parts;
    return linksNow(links?.rows() ?? [], this.#syncing?.described(this.#driver.describe()), ports.store.roomBytes());
  }

  async sync(target: string, options: { readonly signal?: AbortSignal } = {}): Promise<SyncReport> {
    this.#goesOn();
    return await syncWith({ links: this.#parts.links, syncing: this.#syncing }, target, options);
  }

  /** Until it resumes, nothing is begun with other peers; what they ask is answered. */
  pace(pace: "pause" | "resume"): void {
    this.#goesOn();
    this.#syncing?.pace(pace);
  }

  async invite(): Promise<string> {
    this.#goesOn();
    return invited(this.#parts.links);
  }

  async audit(options: AuditOptions = {}): Promise<AuditReport> {
    const { hasher, verifier, network, ports, falcon } = this.#parts;
    const goesOn = () => {
      throwIfAborted(options.signal);
      this.#goesOn();
    };
    const pace = { now: () => ports.clock.now(), soon: () => this.#soon(), goesOn, quarantine: this.#syncing?.quarantine };
    return await auditPeer({ view: this.view, hasher, verifier, network: network.id, falcon, ...pace }, options);
  }

  async backup(dir: string, options: BackupOptions = {}): Promise<BackupReport> {
    this.#goesOn();
    throwIfAborted(options.signal);
    const { backup } = this.#parts;
    if (backup !== undefined) return await backup(dir, options);
    throw new SinterError("usage", "this peer's store is not on a disk", "Back up a peer that keeps its store in a directory.");
  }

  async export(subject: string, dir: string, options: ExportOptions = {}): Promise<ExportReport> {
    return await this.#archive.export(this.#paths.of(subject), dir, options);
  }

  async import(from: string, options: ImportOptions = {}): Promise<ImportReport> {
    return await this.#archive.import(from, options);
  }

  /** What `export` writes, for who keeps it elsewhere than in files: segments one by one, and in the end their index. */
  segments(subject: string): AsyncIterable<ExportPart> {
    return this.#archive.segments(this.#paths.of(subject));
  }

  /** What `import` does, from wherever segments are kept. */
  async takeSegments(shelf: SegmentShelf, options: ImportOptions = {}): Promise<ImportReport> {
    return await this.#archive.take(shelf, options);
  }

  async describe(): Promise<Json> {
    return { ...this.#driver.describe(), views: this.#subjects.views.describe() };
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
    this.#subjects.views.end(this.#end);
    await this.#pending.idle();
    await this.#subjects.views.close();
    // What is not sealed by the second key now stays marked, and is when the store is next opened.
    if (this.#parts.signatures === "hybrid") await this.#hybrid.finish().catch(() => undefined);
    // Where the clock cannot be laid to rest, the next run begins a moment ahead of its time, which harms nobody.
    await this.#feed.rest().catch(() => undefined);
    await new Promise<void>((resolve) => this.#driver.stop(resolve));
  }

  // --- what the cores say ---

  #changed(notice: Appended | Taken | Frozen | Returned): void {
    const { views } = this.#subjects;
    if (notice.kind === "frozen") this.#freezes++;
    if (notice.kind === "frozen" && notice.path !== undefined) views.frozen(notice.path, notice);
    if (notice.kind === "taken" && notice.replaced !== undefined) {
      this.#followers.replaced(notice.path, notice.replaced);
      views.replaced(notice.path, notice.replaced.lane, notice.replaced.from);
    }
    if (notice.path !== undefined) this.#wake(notice.path);
    const isWritten = notice.kind === "appended" || notice.kind === "returned";
    if (isWritten && this.#parts.signatures === "hybrid") this.#hybrid.grown();
    this.#frontier.changed();
    this.#syncing?.changed(lanesIn(this.view, this.#parts.author, notice));
  }

  #wake(path: SubjectPath): void {
    this.#subjects.views.wake(path);
    this.#followers.wake(path);
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
    this.#subjects.views.end(error);
    // A peer that nobody closes must not hold its store. Whoever does close it is told if that fails.
    this.close().catch(() => undefined);
  }

  // --- reads ---

  /** What `read` finds, once all of it is on disk. */
  async #durable<T>(read: () => T): Promise<T> {
    for (;;) {
      this.#goesOn();
      const found = readably(read);
      if ((await this.#feed.barrier()) === "passed") return found;
    }
  }

  #command<V extends Vocabulary>(mount: Mount<V>, command: V["Command"]): void {
    const taken = this.#driver.command(mount, command);
    if (taken === "full") throw busy();
    if (taken === "stopped") throw this.#end ?? new SinterError("stopped", "the peer is stopping", "Open it again.");
  }

  /** Once the rest of the process has had a turn. */
  #soon(): Promise<void> {
    return new Promise((resolve) => this.#parts.ports.scheduler.soon(resolve));
  }

  #goesOn(): void {
    if (this.#end !== undefined) throw this.#end;
  }
}

function failOnTheWay(): never {
  throw unknownOutcome("called off while it was on its way to the disk");
}
