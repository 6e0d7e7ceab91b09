import { decodeOperations, encodeOperations, isMalformed, OutcomeUnknown, type Receipt, type SubjectId, toHex } from "@sinter/core";
import { Host, type HostParts, patienceMs } from "../hosts/host.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { idOf, readPlainly, type StoredEvent } from "../hosts/plain-reading.js";
import { runSettled } from "../hosts/settled-run.js";
import type { SeededRandom } from "../seeded-random.js";
import type { Boot } from "../simulated-peer.js";
import { type DurableView, durableViews, foldedAfresh, isOutdated, toldAs } from "./view-checks.js";
import { drawOf, type OpenView, type ViewKind, words } from "./view-kinds.js";

export interface ViewHostParts extends HostParts {
  readonly kinds: readonly ViewKind[];
  readonly subjectOf: (kind: ViewKind) => SubjectId;
  /** Draws what is written. */
  readonly random: SeededRandom;
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
export const viewLosses =
  /(no space left on the disk|the disk cannot (write|sync)|the store is closed|the disk is full|the peer is stopping)/;
const LOOK_AGAIN_MS = 20;

/** A host whose peer reads subjects through live views and writes to them. */
export class ViewHost extends Host<Acked, ViewHostParts> {
  /** Views that were opened and found to be right, and events that were folded for that. */
  readonly counts = { acked: 0, opened: 0, resumed: 0, folded: 0, anew: 0, settled: 0 };
  readonly #open = new Map<ViewKind, OpenView>();
  readonly #underWay = new Set<UnderWay>();
  #durable: ReadonlyMap<string, DurableView> = new Map();
  /** Told at the moment at which something is acknowledged. */
  acknowledged: (() => void) | undefined;

  boot(...[ports, { id }]: Parameters<Boot<HostedPeer>>): HostedPeer {
    const { hasher, verifier } = this.parts;
    return new HostedPeer({ ports, id, hasher, verifier, identity: this.identity });
  }

  /** Looks whether all its views go on where they were, too. */
  override async start(): Promise<void> {
    this.#open.clear();
    this.#underWay.clear();
    await super.start();
    for (const kind of this.parts.kinds) if (this.peer !== undefined) await this.open(kind, this.#durable);
  }

  protected override found(): void {
    this.#durable = durableViews(this.simulated.store.keys, this.parts.hasher);
  }

  /** `durable`: what was on disk when the peer began. */
  async open(kind: ViewKind, durable?: ReadonlyMap<string, DurableView>): Promise<void> {
    if (this.peer === undefined || this.#open.has(kind)) return;
    const opened = await this.of(`opening ${kind.path}`, kind.open(this.peer));
    if (opened.kind !== "value" || this.peer === undefined) return;
    this.#open.set(kind, opened.value);
    if (kind.shown !== undefined) opened.value.watch((shown) => this.#shows(kind, shown, this.#wanted(kind, opened.value)));
    this.counts.opened++;
    await this.compare(kind, durable?.get(toHex(this.parts.subjectOf(kind))));
  }

  /** `begun`: whoever asks for it at once finds that it is not closed yet. */
  async close(kind: ViewKind, how: "done" | "begun"): Promise<void> {
    const open = this.#open.get(kind);
    if (open === undefined) return;
    this.#open.delete(kind);
    const closing = open.close();
    if (how === "done") await this.of(`closing ${kind.path}`, closing);
    else closing.catch((error: unknown) => this.failed(`closing ${kind.path}`, error));
  }

  /** Events that it acknowledged, and that nobody asked to have redacted: those are not appended again. */
  promised(kind: ViewKind): readonly string[] {
    return this.promises.flatMap(({ kind: of, id }) => (of === kind && !this.parts.redacted.has(id) ? [id] : []));
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
    const patientUntilMs = this.world.now + patienceMs;
    for (;;) {
      const seen = await this.#seen(kind);
      if (seen === undefined) return 0;
      if (seen !== "moving") {
        if (durable !== undefined) this.#wentOn(kind, durable, seen.described);
        this.#hold(kind, seen);
        return seen.afresh.waiting;
      }
      if (this.world.now > patientUntilMs) {
        this.broken(`${kind.path} does not come to its end: ${JSON.stringify(await this.peer?.describe())}`);
        return 0;
      }
      await runSettled(this.world, this.parts.settled, { forMs: LOOK_AGAIN_MS });
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
    const afresh = foldedAfresh(this.view, this.parts.hasher, kind, this.parts.subjectOf(kind));
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

  /** Nothing is folded again that was on disk. A view that was restarted counts from there: some of what was not on disk when the peer
   * began is by then. */
  #wentOn(kind: ViewKind, durable: DurableView, { view, events, since, restarts }: Described): void {
    let kept = 0;
    for (const { seq } of durable.cursors.values()) kept += seq;
    if (view === durable.number) {
      this.counts.resumed += kept;
      this.counts.folded += since;
      const wasNot = events - kept;
      if (restarts > 0 ? since > wasNot : since !== wasNot)
        this.broken(`${kind.path} folded ${since} events, and ${wasNot} of ${events} were not on disk`);
      return;
    }
    this.counts.anew++;
    if (!isOutdated(this.view, this.parts.hasher, this.parts.subjectOf(kind), durable))
      this.broken(`${kind.path} was folded anew, and nothing of it was taken away`);
  }

  #hold(kind: ViewKind, { afresh, state, value, logged }: Seen): void {
    const { path, type } = kind;
    if (state !== afresh.state) this.broken(`${path} is ${state}, and folded from the beginning ${afresh.state}`);
    this.world.trace?.note(this.world.now, `host ${this.index}`, `${path} ${state}`);
    const events = readPlainly(this.view, this.parts.hasher, this.parts.subjectOf(kind));
    const here = new Set(events.map(idOf));
    if (!this.parts.mayFork.has(this.author))
      for (const id of this.promised(kind)) if (!here.has(id)) this.broken(`${path} lost ${id}, which was acknowledged`);
    // What waits for a payload is read, and not folded.
    if (afresh.waiting > 0) return;
    const operations = events.flatMap((event) => operationsOf(kind, event));
    const keys = operations.map((operation) => type.keyText(type.keyOf(operation)));
    const asked = logged && words.map((word) => keys.filter((key) => key === word).length);
    if (asked?.join() !== logged?.join())
      this.broken(`${path} logged ${logged?.join()} operations under its words, and ${asked?.join()} were asked`);
    const told = kind.plainOf === undefined || this.parts.mayFork.size === 0 ? kind.plain?.(operations) : undefined;
    if (told !== undefined && toldAs(value) !== toldAs(told))
      this.broken(`${path} reads ${toldAs(value)}, and its events come to ${toldAs(told)}`);
  }

  // --- writing ---

  write(kind: ViewKind, number: number): void {
    const view = this.#open.get(kind);
    if (view === undefined || this.peer === undefined) return;
    const { random } = this.parts;
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
    this.promises.push({ kind, id: receipt.id(0), shown });
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
    const { hasher, subjectOf } = this.parts;
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
      if (this.simulated.boots === boots) this.failed(`settling a write to ${kind.path}`, failure);
    }
  }

  async #looks(kind: ViewKind): Promise<void> {
    const open = this.#open.get(kind);
    if (kind.shown === undefined || open === undefined || this.peer === undefined) return;
    const wanted = this.#wanted(kind, open);
    try {
      this.#shows(kind, (await open.value()) as ReadonlySet<string>, wanted);
    } catch (error) {
      this.failed(`reading ${kind.path}`, error);
    }
  }

  /** What was written here is in view from the call on, whatever is folded, kept or lost meanwhile. */
  #wanted(kind: ViewKind, open: OpenView): ReadonlySet<string> {
    const wanted = new Set<string>();
    if (this.parts.mayFork.has(this.author)) return wanted;
    for (const { kind: of, id, shown } of this.promises)
      if (of === kind && !this.parts.redacted.has(id)) for (const each of shown) wanted.add(each);
    for (const { view, shown } of this.#underWay) if (view === open) for (const each of shown) wanted.add(each);
    return wanted;
  }

  #shows(kind: ViewKind, shown: ReadonlySet<string>, wanted: ReadonlySet<string>): void {
    for (const each of wanted) if (!shown.has(each)) return this.broken(`${kind.path} does not show ${each}, which was written here`);
  }
}

interface Described {
  readonly path: string;
  readonly view: number;
  readonly state: string;
  readonly events: number;
  readonly since: number;
  readonly restarts: number;
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

function operationsOf({ type }: ViewKind, { kind, payload }: StoredEvent): readonly unknown[] {
  const operations = typeof payload === "string" ? [] : decodeOperations(type, kind, payload);
  if (isMalformed(operations)) throw new Error(operations.reason);
  return operations;
}

function saidBy({ kind, payload }: StoredEvent): string {
  return typeof payload === "string" ? payload : `${kind} ${toHex(payload)}`;
}
