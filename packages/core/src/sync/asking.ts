import { differencePartsMax, differenceRowsMax, sessionsPerExchangeMax, syncTriesMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { Instant } from "../protocol/protocol.js";
import { digestOf } from "./digest.js";
import { areSame, type SyncLink } from "./link-state.js";
import type { Ask, Digest, ReconcilerName, Row, Scope, SyncMessage, Tell } from "./messages.js";
import { type Compared, chosen, fallbackOf, firstSymbols, reconcilerNamed } from "./reconcile/choose.js";
import type { Reconciler, Sides } from "./reconcile/reconciler.js";
import type { RowIndex } from "./row-index.js";
import { rowOf } from "./rows.js";
import { scopeName } from "./scope.js";
import type { Around, ExchangeReport, SyncKnobs } from "./sync-vocabulary.js";

// One session after another with one peer, as the one who asks: compare roots; where they differ find out which rows do; tell the
// other what it lacks, and want what is lacking here; once both have what they wanted, compare roots again. What is not answered is
// said again: the other side keeps nothing of a session, so it makes no difference to it.

type Told<K extends SyncMessage["kind"]> = Extract<SyncMessage, { readonly kind: K }>;

interface Waiting {
  readonly message: SyncMessage;
  saidAt: Instant;
  tries: number;
}

interface Reconciling {
  readonly kind: "reconciling";
  readonly reconciler: Reconciler;
  /** What was asked, by the round it was asked in. */
  readonly asked: Map<number, Waiting & { readonly ask: Ask }>;
  /** Lanes here that they lack, or hold otherwise. */
  readonly ours: Set<number>;
  readonly compared: Compared;
}

type Phase =
  | { readonly kind: "resting"; readonly since: Instant }
  | { readonly kind: "settling" }
  | { readonly kind: "opening"; readonly said: Waiting; readonly digest: Digest }
  | Reconciling
  | Exchanging;

interface Exchanging {
  readonly kind: "exchanging";
  said: Waiting[];
  /** `paused`: it asks for nothing of what it lacks. */
  theirs: "missing" | "whole" | "paused";
  /** Lanes that they still lacked, and events that had been sent, when they last said so. */
  left: { readonly missing: number; readonly sent: number };
}

/** An exchange: sessions until both hold the same. */
interface Exchange {
  readonly begun: Instant;
  readonly before: { readonly sent: number; readonly received: number };
  readonly tokens: number[];
  rounds: number;
  sessions: number;
  by: ReconcilerName | undefined;
  /** Roots as they were told when they last differed: where neither has moved, another session in the same way comes to nothing. */
  differed: { readonly mine: Digest; readonly theirs: Digest } | undefined;
}

export interface AskingParts {
  readonly hasher: Hasher;
  readonly view: FeedView;
  readonly knobs: SyncKnobs;
  readonly salt: Uint8Array;
  readonly index: RowIndex;
  /** Lanes of which something is still to come from them. */
  readonly missing: () => number;
  readonly link: SyncLink;
  /** Runs once the trie and the index have taken in all that is held. */
  readonly settled: (run: (around: Around) => void, around: Around) => void;
  /** A row of theirs that differs from ours. */
  readonly consider: (row: Row, around: Around) => void;
  /** Both hold the same, of what was here when the exchange began. */
  readonly agreed: (since: Instant, around: Around) => void;
}

const NOTHING: Scope = { kind: "some", parts: [] };

export class Asking {
  readonly #parts: AskingParts;
  #phase: Phase;
  #session: number;
  #exchange: Exchange | undefined;
  #last: { readonly report: ExchangeReport; readonly at: Instant } | undefined;
  #fruitless = 0;

  constructor(parts: AskingParts, now: Instant) {
    this.#parts = parts;
    this.#session = parts.link.base;
    this.#phase = { kind: "resting", since: now };
  }

  get last(): ExchangeReport | undefined {
    return this.#last?.report;
  }

  /** Exchanges one behind the other in which roots differed and nothing moved: the next one would hardly come to more. */
  get fruitless(): number {
    return this.#fruitless;
  }

  get isResting(): boolean {
    return this.#phase.kind === "resting";
  }

  /** How long nothing has been asked. */
  restedMs(now: Instant): number {
    return this.#phase.kind === "resting" ? now - this.#phase.since : 0;
  }

  /** Begins an exchange, or joins the one that is under way. */
  begin(around: Around, token?: number): void {
    const tokens = token === undefined ? [] : [token];
    if (this.#exchange !== undefined) {
      this.#exchange.tokens.push(...tokens);
      return;
    }
    this.#exchange = {
      begun: around.now,
      before: { ...this.#parts.link.events },
      tokens,
      rounds: 0,
      sessions: 0,
      by: undefined,
      differed: undefined,
    };
    this.#open(around);
  }

  opened({ session, digest, tell }: Told<"opened">, around: Around): void {
    const phase = this.#phase;
    if (phase.kind !== "opening" || session !== this.#session || this.#exchange === undefined) return;
    const { link, knobs, salt } = this.#parts;
    if (digest === "other scope") return this.#end("the two do not mean the same spaces yet", around);
    if (digest === "same") {
      link.compared = "yes";
      return this.#end(undefined, around);
    }
    const { differed, by } = this.#exchange;
    const salts = link.hello !== undefined && equalBytes(link.hello.salt, salt) ? "agree" : "differ";
    const compared: Compared = { mine: phase.digest, theirs: digest, salts };
    const hasMoved = differed === undefined || !areSame(differed, compared);
    link.parted(compared);
    this.#exchange.differed = compared;
    // Where neither has moved, another session in the same way would come to the same.
    const next = hasMoved || by === undefined ? (knobs.reconciler ?? chosen(compared)) : fallbackOf(by, compared);
    if (next === undefined) {
      link.foundNothing(compared);
      return this.#end("the roots differ, and nothing is found that does", around);
    }
    this.#reconcile(next, compared);
    this.#first(tell);
    this.#goOn(around);
  }

  /** What came with the answer is what is asked first, where it is a sketch that is asked for. */
  #first(tell: Tell | undefined): void {
    const phase = this.#phase;
    if (phase.kind !== "reconciling" || tell === undefined) return;
    const [ask] = phase.reconciler.asks();
    const fits = ask?.kind === "symbols" && tell.kind === "symbols" && tell.symbols.length === ask.count && tell.from === ask.from;
    if (fits || (ask?.kind === "rows" && tell.kind === "rows")) phase.reconciler.told(ask, tell);
  }

  tell({ session, round, tell }: Told<"tell">, around: Around): void {
    const phase = this.#phase;
    if (phase.kind !== "reconciling" || session !== this.#session) return;
    const asked = phase.asked.get(round);
    if (asked === undefined) return;
    phase.asked.delete(round);
    phase.reconciler.told(asked.ask, tell);
    this.#goOn(around);
  }

  /** The other has what it wanted, but for so many lanes. */
  heardSettled({ session, missing }: Told<"settled">, around: Around): void {
    const phase = this.#phase;
    if (phase.kind !== "exchanging" || session !== this.#session) return;
    const { link } = this.#parts;
    phase.theirs = missing === 0 ? "whole" : link.hello?.syncs === "no" ? "paused" : "missing";
    const isLess = missing < phase.left.missing || link.events.sent > phase.left.sent;
    phase.left = { missing, sent: link.events.sent };
    // All of it has come to them: to be told anew how they stand one word is enough.
    const [first] = phase.said;
    if (first !== undefined && first.message.kind === "difference") {
      const { saidAt, tries } = first;
      phase.said = [{ message: { ...first.message, rows: [] }, saidAt, tries: isLess ? 0 : tries }];
    }
    this.check(around);
  }

  /** Whether both have now what they wanted: then the roots are compared once more. */
  check(around: Around): void {
    const { missing, link } = this.#parts;
    if (this.#phase.kind !== "exchanging" || this.#phase.theirs === "missing" || missing() > 0) return;
    if (this.#phase.theirs === "paused") return this.#end("the other peer is paused", around);
    link.compared = "yes";
    this.#open(around);
  }

  beat(around: Around): void {
    const phase = this.#phase;
    const waiting = phase.kind === "opening" ? [phase.said] : phase.kind === "reconciling" ? [...phase.asked.values()] : [];
    if (phase.kind === "exchanging" && phase.theirs === "missing") waiting.push(...phase.said);
    for (const said of waiting) {
      if (around.now - said.saidAt < this.#parts.link.waitMs(this.#parts.knobs)) continue;
      if (said.tries >= syncTriesMax) return this.#end("no answer", around);
      said.saidAt = around.now;
      said.tries++;
      around.out.send(this.#parts.link.peer, said.message);
    }
  }

  stop(reason: string, around: Around): void {
    if (this.#exchange !== undefined) this.#end(reason, around);
  }

  describe(): { readonly phase: string; readonly by: string } {
    return { phase: this.#phase.kind, by: this.#exchange?.by ?? "" };
  }

  #open(around: Around): void {
    this.#phase = { kind: "settling" };
    this.#parts.settled((then) => this.#opening(then), around);
  }

  #opening(around: Around): void {
    const { link, hasher, index, knobs } = this.#parts;
    const exchange = this.#exchange;
    if (this.#phase.kind !== "settling" || exchange === undefined || link.scope === undefined) return;
    if (exchange.sessions >= sessionsPerExchangeMax) return this.#end("it keeps changing", around);
    exchange.sessions++;
    exchange.rounds++;
    this.#session++;
    const digest = digestOf({ view: around.view, hasher, index }, link.scope);
    const forced = knobs.reconciler ?? (exchange.by === "descent" ? "descent" : undefined);
    // Where it is not forced, the other side sends the beginning of a sketch by itself if that is the cheapest.
    const ask = forced === "frontier" ? ({ kind: "rows", after: new Uint8Array(0) } as const) : undefined;
    const message = { kind: "open", session: this.#session, scope: scopeName(hasher, link.scope), digest, ask } as const;
    this.#phase = { kind: "opening", said: { message, saidAt: around.now, tries: 0 }, digest };
    around.out.send(link.peer, message);
  }

  #reconcile(by: ReconcilerName, compared: Compared): void {
    if (this.#exchange !== undefined) this.#exchange.by = by;
    this.#phase = {
      kind: "reconciling",
      reconciler: reconcilerNamed(by, this.#sides(), firstSymbols(compared.theirs, compared.mine)),
      asked: new Map(),
      ours: new Set(),
      compared,
    };
  }

  #goOn(around: Around): void {
    const phase = this.#phase;
    if (phase.kind !== "reconciling") return;
    const { reconciler, ours } = phase;
    for (;;) {
      const found = reconciler.found();
      for (const row of found.theirs) this.#parts.consider(row, around);
      for (const lane of found.ours) ours.add(lane);
      if (reconciler.state !== "going") break;
      if (reconciler.asks().length > 0) return this.#askAll(phase, around);
    }
    const fallback = reconciler.state === "failed" ? fallbackOf(reconciler.name, phase.compared) : undefined;
    if (fallback === undefined) return this.#tellDifference([...ours], around);
    this.#reconcile(fallback, phase.compared);
    this.#goOn(around);
  }

  #askAll({ reconciler, asked }: Reconciling, around: Around): void {
    const known = new Set([...asked.values()].map(({ ask }) => ask));
    for (const ask of reconciler.asks()) {
      if (known.has(ask) || this.#exchange === undefined) continue;
      const round = ++this.#exchange.rounds;
      const message = { kind: "ask", session: this.#session, round, ask } as const;
      asked.set(round, { ask, message, saidAt: around.now, tries: 0 });
      around.out.send(this.#parts.link.peer, message);
    }
  }

  #tellDifference(lanes: readonly number[], around: Around): void {
    const { hasher, link } = this.#parts;
    // What is left out the next session finds: all of a large difference at once would be more than a link holds.
    const rows = lanes.slice(0, differenceRowsMax * differencePartsMax).flatMap((lane) => rowOf(around.view, hasher, lane) ?? []);
    const parts = Math.max(1, Math.ceil(rows.length / differenceRowsMax));
    const said: Waiting[] = [];
    for (let part = 0; part < parts; part++) {
      const some = rows.slice(part * differenceRowsMax, (part + 1) * differenceRowsMax);
      const message = { kind: "difference", session: this.#session, part, parts, rows: some } as const;
      said.push({ message, saidAt: around.now, tries: 0 });
      around.out.send(link.peer, message);
    }
    this.#phase = { kind: "exchanging", said, theirs: "missing", left: { missing: Number.POSITIVE_INFINITY, sent: link.events.sent } };
  }

  #sides(): Sides {
    const { hasher, index, view, link } = this.#parts;
    return { source: { view, hasher, index }, scope: link.scope ?? NOTHING };
  }

  #end(reason: string | undefined, around: Around): void {
    const exchange = this.#exchange;
    this.#phase = { kind: "resting", since: around.now };
    this.#exchange = undefined;
    if (exchange === undefined) return;
    const report: ExchangeReport = {
      converged: reason === undefined ? "yes" : "no",
      reason,
      rounds: exchange.rounds,
      ms: around.now - exchange.begun,
      sent: this.#parts.link.events.sent - exchange.before.sent,
      received: this.#parts.link.events.received - exchange.before.received,
    };
    this.#last = { report, at: around.now };
    const hasMoved = report.sent > 0 || report.received > 0;
    this.#fruitless = reason === undefined || hasMoved ? 0 : this.#fruitless + (exchange.differed === undefined ? 0 : 1);
    for (const token of exchange.tokens) around.out.notify({ kind: "exchanged", token, report });
    if (reason === undefined) this.#parts.agreed(exchange.begun, around);
  }
}
