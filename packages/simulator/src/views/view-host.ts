import {
  authorOfKey,
  decodeOperations,
  encodeOperations,
  FeedView,
  type Hasher,
  isMalformed,
  type NetworkId,
  OutcomeUnknown,
  type Peer,
  type Receipt,
  type Signer,
  SinterError,
  type SubjectId,
  toHex,
  type Verifier,
} from "@sinter/core";
import type { FeedIdentity } from "../feeds/founding.js";
import { auditOf } from "../feeds/station.js";
import type { SeededRandom } from "../seeded-random.js";
import type { Boot, SimulatedPeer } from "../simulated-peer.js";
import type { World } from "../world.js";
import { runSettled, type Settled } from "./settled-run.js";
import { type DurableView, durableViews, foldedAfresh, idOf, isOutdated, readPlainly, toldAs } from "./view-checks.js";
import { drawOf, type OpenView, type ViewKind, words } from "./view-kinds.js";
import { ViewPeer } from "./view-peer.js";

export interface ViewHostParts {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly settled: Settled;
  readonly kinds: readonly ViewKind[];
  readonly subjectOf: (kind: ViewKind) => SubjectId;
  /** Draws what is written. */
  readonly random: SeededRandom;
  /** Events that somebody asked to have redacted. */
  readonly redacted: Set<string>;
  /** Authors of whom one store goes on from what another one goes on from, and cannot know it. */
  readonly mayFork: Set<string>;
  readonly broken: (what: string) => void;
}

/** An operation that is on disk: so this host said. */
export interface Acked {
  readonly kind: ViewKind;
  readonly id: string;
  readonly shown: readonly string[];
}

/** One that is on its way there. */
interface UnderWay {
  readonly kind: ViewKind;
  readonly view: OpenView;
  readonly shown: readonly string[];
}

/** Losses that come of what the disk did; any other is a fault of ours. */
const LOSSES = /(no space left on the disk|the disk cannot (write|sync)|the store is closed|the disk is full|the peer is stopping)/;
/** Longer than anything here takes, in virtual time. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 20;

export type Answer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown }
  /** The peer went down before that. */
  | { readonly kind: "gone" };

/** One place in the world where a peer runs, over all its boots and whatever disk is put into it; and what it promised there. */
export class ViewHost {
  readonly index: number;
  signer: Signer;
  /** Of the data file: with another one the store knows that it was copied. */
  inode: bigint;
  /** In the order in which they were acknowledged; what its disk lost with a former life is not there any more. */
  acked: Acked[] = [];
  /** Views that were opened and found to be right, and events that were folded for that. */
  readonly counts = { acked: 0, opened: 0, resumed: 0, folded: 0, anew: 0, settled: 0 };
  readonly #parts: ViewHostParts;
  readonly #open = new Map<ViewKind, OpenView>();
  readonly #underWay = new Set<UnderWay>();
  #world: World<ViewPeer> | undefined;
  /** Faults that its disk had when it came up. */
  #faultsBefore = 0;
  #isShutting = false;
  /** Told at the moment at which something is acknowledged. */
  acknowledged: (() => void) | undefined;

  constructor(index: number, signer: Signer, parts: ViewHostParts) {
    this.index = index;
    this.signer = signer;
    this.inode = BigInt(index + 1);
    this.#parts = parts;
  }

  boot(...[ports, setup]: Parameters<Boot<ViewPeer>>): ViewPeer {
    const { hasher, verifier } = this.#parts;
    return new ViewPeer({ ports, setup, hasher, verifier, identity: this.identity });
  }

  join(world: World<ViewPeer>): void {
    this.#world = world;
  }

  get identity(): FeedIdentity {
    return { signer: this.signer, author: authorOfKey(this.signer.publicKey), network: this.#parts.network, inode: this.inode };
  }

  get author(): string {
    return toHex(this.identity.author);
  }

  get #there(): World<ViewPeer> {
    return this.#world as World<ViewPeer>;
  }

  get simulated(): SimulatedPeer<ViewPeer> {
    return this.#there.peer(this.index);
  }

  /** While it runs. */
  get peer(): Peer | undefined {
    const { simulated } = this;
    return simulated.state === "up" && simulated.booted.why === undefined ? simulated.booted.peer : undefined;
  }

  get view(): FeedView {
    return new FeedView(this.simulated.store.keys);
  }

  broken(what: string): void {
    this.#parts.broken(`host ${this.index}, boot ${this.simulated.boots}, at ${this.#there.now.toFixed(1)} ms: ${what}`);
  }

  /** The answer, once there is one. */
  async of<T>(what: string, work: Promise<T>): Promise<Answer<T>> {
    const { boots } = this.simulated;
    let answer: Answer<T> | undefined;
    work.then(
      (value) => {
        answer = { kind: "value", value };
      },
      (error: unknown) => {
        answer = { kind: "error", error };
      },
    );
    const isOver = () => answer !== undefined || this.simulated.state === "down" || this.simulated.boots !== boots;
    const end = await runSettled(this.#there, this.#parts.settled, { forMs: PATIENCE_MS, until: isOver });
    if (end !== "condition") this.broken(`no end of ${what}`);
    const answered = answer as Answer<T> | undefined;
    if (answered?.kind === "error") this.failed(what, answered.error);
    return answered ?? { kind: "gone" };
  }

  /** What fails for another reason than a disk that failed is a fault. */
  failed(what: string, error: unknown): void {
    const reason = error instanceof SinterError ? error.message : `unawares: ${error instanceof Error ? error.stack : String(error)}`;
    // Of a peer whose disk fails while it is closed that is all that is said.
    const isClosed = isStopped(error) && this.simulated.disk.fired.length > this.#faultsBefore;
    if (!isClosed && !(error instanceof SinterError && LOSSES.test(reason))) this.broken(`${what} failed: ${reason}`);
  }

  /** A peer that came to an end by itself had a disk that failed. */
  ended(why: string): void {
    if (!LOSSES.test(why)) this.broken(`it came to an end: ${why}`);
  }

  /** Of what takes several steps: it ends there where the peer is closed meanwhile. */
  brokenOff(what: string, error: unknown): void {
    if (!this.#isShutting || !isStopped(error)) this.failed(what, error);
  }

  // --- up, and what is found then ---

  /** Runs it again, and looks whether all its views go on where they were. */
  async start(): Promise<void> {
    const { hasher, verifier, network, kinds } = this.#parts;
    this.#open.clear();
    this.#underWay.clear();
    this.#faultsBefore = this.simulated.disk.fired.length;
    this.simulated.start();
    const { keys } = this.simulated.store;
    for (const { what, where, detail } of auditOf(keys, { hasher, verifier, signer: this.signer }, network.id))
      this.broken(`audit: ${what} at ${where}: ${detail}`);
    const durable = durableViews(keys, hasher);
    const isReady = () => this.simulated.state === "down" || this.peer !== undefined || this.simulated.booted.why !== undefined;
    await runSettled(this.#there, this.#parts.settled, { forMs: PATIENCE_MS, until: isReady });
    for (const kind of kinds) if (this.peer !== undefined) await this.open(kind, durable);
  }

  /** `durable`: what was on disk when the peer began. */
  async open(kind: ViewKind, durable?: ReadonlyMap<string, DurableView>): Promise<void> {
    if (this.peer === undefined || this.#open.has(kind)) return;
    const opened = await this.of(`opening ${kind.path}`, kind.open(this.peer));
    if (opened.kind !== "value" || this.peer === undefined) return;
    this.#open.set(kind, opened.value);
    if (kind.shown !== undefined) opened.value.watch((shown) => this.#shows(kind, shown, this.#wanted(kind, opened.value)));
    this.counts.opened++;
    await this.compare(kind, durable?.get(toHex(this.#parts.subjectOf(kind))));
  }

  /** `begun`: whoever asks for it at once finds that it is not closed yet. */
  async close(kind: ViewKind, how: "done" | "begun"): Promise<void> {
    const open = this.#open.get(kind);
    if (open === undefined) return;
    this.#open.delete(kind);
    const closing = open.close();
    if (how === "done") await this.of(`closing ${kind.path}`, closing);
    else closing.catch((error: unknown) => this.brokenOff(`closing ${kind.path}`, error));
  }

  /** Events that it acknowledged, and that nobody asked to have redacted: those are not appended again. */
  promised(kind: ViewKind): readonly string[] {
    return this.acked.flatMap(({ kind: of, id }) => (of === kind && !this.#parts.redacted.has(id) ? [id] : []));
  }

  isOpen(kind: ViewKind): boolean {
    return this.#open.has(kind);
  }

  async stateOf(kind: ViewKind): Promise<string> {
    return (await this.#open.get(kind)?.state()) ?? "not open";
  }

  /** An open view against what the store says without it, as soon as it has folded all there is. Answers how many lanes cannot be
   * folded to their end. */
  async compare(kind: ViewKind, durable?: DurableView): Promise<number> {
    const patientUntilMs = this.#there.now + PATIENCE_MS;
    for (;;) {
      const seen = await this.#seen(kind);
      if (seen === undefined) return 0;
      if (seen !== "moving") {
        if (durable !== undefined) this.#wentOn(kind, durable, seen.described);
        this.#hold(kind, seen);
        return seen.afresh.waiting;
      }
      if (this.#there.now > patientUntilMs) {
        this.broken(`${kind.path} does not come to its end: ${JSON.stringify(await this.peer?.describe())}`);
        return 0;
      }
      await runSettled(this.#there, this.#parts.settled, { forMs: LOOK_AGAIN_MS });
    }
  }

  /** All of it at one moment; none, where the view is not open, or the peer went down. */
  async #seen(kind: ViewKind): Promise<Seen | "moving" | undefined> {
    const before = await this.#described(kind);
    const open = this.#open.get(kind);
    if (open !== undefined && this.peer !== undefined && before === undefined)
      this.broken(`${kind.path} is open, and nothing is told of it`);
    if (before === undefined || open === undefined) return undefined;
    // What is not flushed is seen by who reads the store, and told to nobody yet.
    if (before.state !== "current" || before.pending > 0 || before.unflushed > 0) return "moving";
    const state = await this.of(`the state of ${kind.path}`, open.state());
    const value = await this.of(`reading ${kind.path}`, open.value());
    const described = await this.#described(kind);
    if (state.kind !== "value" || value.kind !== "value" || described === undefined) return undefined;
    if (JSON.stringify(described) !== JSON.stringify(before)) return "moving";
    const afresh = foldedAfresh(this.view, this.#parts.hasher, kind, this.#parts.subjectOf(kind));
    if (afresh.events !== described.events) return "moving";
    const logged = open.logged && words.map((word) => open.logged?.(word));
    return { described, afresh, state: state.value, value: value.value, logged };
  }

  async #described({ path }: ViewKind): Promise<Described | undefined> {
    const peer = (await this.peer?.describe()) as unknown as
      | { readonly unflushed: number; readonly views: readonly Described[] }
      | undefined;
    const view = peer?.views.find((each) => each.path === path);
    return peer && view && { ...view, unflushed: peer.unflushed };
  }

  /** Nothing is folded again that was on disk. */
  #wentOn(kind: ViewKind, durable: DurableView, { view, events, since }: Described): void {
    let kept = 0;
    for (const { seq } of durable.cursors.values()) kept += seq;
    if (view === durable.number) {
      this.counts.resumed += kept;
      this.counts.folded += since;
      if (since !== events - kept) this.broken(`${kind.path} folded ${since} events, and ${events - kept} of ${events} were not on disk`);
      return;
    }
    this.counts.anew++;
    if (!isOutdated(this.view, this.#parts.hasher, this.#parts.subjectOf(kind), durable))
      this.broken(`${kind.path} was folded anew, and nothing of it was taken away`);
  }

  #hold(kind: ViewKind, { afresh, state, value, logged }: Seen): void {
    const { path, type } = kind;
    if (state !== afresh.state) this.broken(`${path} is ${state}, and folded from the beginning ${afresh.state}`);
    this.#there.trace?.note(this.#there.now, `host ${this.index}`, `${path} ${state}`);
    const events = readPlainly(this.view, this.#parts.hasher, this.#parts.subjectOf(kind));
    const here = new Set(events.map(idOf));
    if (!this.#parts.mayFork.has(this.author))
      for (const id of this.promised(kind)) if (!here.has(id)) this.broken(`${path} lost ${id}, which was acknowledged`);
    // What waits for a payload is read, and not folded.
    if (afresh.waiting > 0) return;
    const operations = events.flatMap((event) => operationsOf(kind, event));
    const keys = operations.map((operation) => type.keyText(type.keyOf(operation)));
    const asked = logged && words.map((word) => keys.filter((key) => key === word).length);
    if (asked?.join() !== logged?.join())
      this.broken(`${path} logged ${logged?.join()} operations under its words, and ${asked?.join()} were asked`);
    const told = kind.plainOf === undefined || this.#parts.mayFork.size === 0 ? kind.plain?.(operations) : undefined;
    if (told !== undefined && toldAs(value) !== toldAs(told))
      this.broken(`${path} reads ${toldAs(value)}, and its events come to ${toldAs(told)}`);
  }

  // --- writing ---

  write(kind: ViewKind, number: number): void {
    const view = this.#open.get(kind);
    if (view === undefined || this.peer === undefined) return;
    const { random } = this.#parts;
    const operations = kind.asked(drawOf(random, number));
    const underWay: UnderWay = { kind, view, shown: kind.shown === undefined ? [] : operations.map(kind.shown) };
    const { boots } = this.simulated;
    const isNow = () => this.simulated.boots === boots && this.simulated.state === "up";
    this.#underWay.add(underWay);
    view.write(drawOf(random, number)).then(
      (receipt) => {
        if (isNow()) this.#written(underWay, receipt);
      },
      (error: unknown) => {
        if (isNow()) this.#unwritten(underWay, operations, error);
      },
    );
    void this.#looks(kind);
  }

  #written(underWay: UnderWay, receipt: Receipt): void {
    const { kind, shown } = underWay;
    this.#underWay.delete(underWay);
    this.counts.acked++;
    this.acked.push({ kind, id: receipt.id(0), shown });
    void this.#looks(kind);
    this.acknowledged?.();
  }

  #unwritten(underWay: UnderWay, operations: readonly unknown[], error: unknown): void {
    const { kind } = underWay;
    this.#underWay.delete(underWay);
    this.failed(`a write to ${kind.path}`, error);
    if (error instanceof OutcomeUnknown) void this.#settle(kind, operations, error);
  }

  /** What is said to have become of a write, against what lies in the store. */
  async #settle(kind: ViewKind, operations: readonly unknown[], error: OutcomeUnknown): Promise<void> {
    const { hasher, subjectOf } = this.#parts;
    const { boots } = this.simulated;
    const { kind: code, payload } = encodeOperations(kind.type, operations);
    const said = `${code} ${toHex(payload)}`;
    try {
      const settled = await error.settle();
      if (this.simulated.boots !== boots || this.peer === undefined) return;
      const written = readPlainly(this.view, hasher, subjectOf(kind)).map((event) => saidBy(event));
      this.counts.settled++;
      if (settled === "applied" && !written.includes(said)) this.broken(`a write to ${kind.path} is said to be applied, and is not there`);
      if (settled === "not applied" && kind.shown !== undefined && written.includes(said))
        this.broken(`a write to ${kind.path} is said not to be applied, and is there`);
    } catch (failure) {
      if (this.simulated.boots === boots) this.brokenOff(`settling a write to ${kind.path}`, failure);
    }
  }

  async #looks(kind: ViewKind): Promise<void> {
    const open = this.#open.get(kind);
    if (kind.shown === undefined || open === undefined || this.peer === undefined) return;
    const wanted = this.#wanted(kind, open);
    try {
      this.#shows(kind, (await open.value()) as ReadonlySet<string>, wanted);
    } catch (error) {
      this.brokenOff(`reading ${kind.path}`, error);
    }
  }

  /** What was written here is in view from the call on, whatever is folded, kept or lost meanwhile. */
  #wanted(kind: ViewKind, open: OpenView): ReadonlySet<string> {
    const wanted = new Set<string>();
    if (this.#parts.mayFork.has(this.author)) return wanted;
    for (const { kind: of, id, shown } of this.acked)
      if (of === kind && !this.#parts.redacted.has(id)) for (const each of shown) wanted.add(each);
    for (const { view, shown } of this.#underWay) if (view === open) for (const each of shown) wanted.add(each);
    return wanted;
  }

  #shows(kind: ViewKind, shown: ReadonlySet<string>, wanted: ReadonlySet<string>): void {
    for (const each of wanted) if (!shown.has(each)) return this.broken(`${kind.path} does not show ${each}, which was written here`);
  }

  // --- and down ---

  /** In good order. */
  async shut(): Promise<void> {
    const { peer } = this;
    this.#isShutting = true;
    if (peer !== undefined) await this.of("closing", peer.close());
    if (this.simulated.state === "up") this.simulated.stop();
    this.#isShutting = false;
  }
}

interface Described {
  readonly path: string;
  readonly view: number;
  readonly state: string;
  readonly events: number;
  readonly since: number;
  readonly pending: number;
  readonly unflushed: number;
}

interface Seen {
  readonly described: Described;
  readonly afresh: ReturnType<typeof foldedAfresh>;
  readonly state: string;
  readonly value: unknown;
  /** Of a table: how many operations under each word. */
  readonly logged: readonly unknown[] | undefined;
}

function isStopped(error: unknown): boolean {
  return error instanceof SinterError && error.code === "stopped";
}

function operationsOf({ type }: ViewKind, { kind, payload }: ReturnType<typeof readPlainly>[number]): readonly unknown[] {
  const operations = typeof payload === "string" ? [] : decodeOperations(type, kind, payload);
  if (isMalformed(operations)) throw new Error(operations.reason);
  return operations;
}

function saidBy({ kind, payload }: ReturnType<typeof readPlainly>[number]): string {
  return typeof payload === "string" ? payload : `${kind} ${toHex(payload)}`;
}
