import { clockDriftMsMax, silentLinkMsMax, unheardLinkMsMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { SubjectId } from "../identity/ids.js";
import type { Instant, PeerId } from "../protocol/protocol.js";
import { Announcing } from "./announcing.js";
import { Answering } from "./answering.js";
import { Asking } from "./asking.js";
import { type Greeting, isWhole, type LinkedPeer, laneKey, SyncLink } from "./link-state.js";
import type { Hello, Row, SyncMessage } from "./messages.js";
import { Missing } from "./missing.js";
import { Proofs } from "./proofs.js";
import { Receiving } from "./receiving.js";
import type { RowIndex } from "./row-index.js";
import { inScope, interestKey, interestNonceBytes, interestOf, sharedScope } from "./scope.js";
import { Sending } from "./sending.js";
import type { Around, ExchangeReport, SubjectWish, SyncOptions, Taking } from "./sync-vocabulary.js";
import { Unheld } from "./unheld.js";
import { idAt, type Wanting } from "./wanting.js";

// All that sync does on one link.

export interface PeerSyncParts {
  readonly options: SyncOptions;
  readonly index: RowIndex;
  readonly wanting: Wanting;
  readonly pace: () => "running" | "paused";
  readonly token: () => number;
  /** The other has begun anew, on this same link. */
  readonly anew: (hello: Hello, around: Around) => void;
  readonly rank: () => { readonly at: number; readonly of: number };
  readonly settled: (run: (around: Around) => void, around: Around) => void;
  /** Others may be asked for what is wanted. */
  readonly askOthers: (around: Around) => void;
}

/** A link as it stands: for people, and for checkers. */
export type DescribedLink = {
  readonly peer: PeerId;
  readonly standing: "healthy" | "suspect";
  readonly greeted: "no" | "yes";
  readonly syncs: "no" | "yes";
  readonly scope: "empty" | "shared";
  readonly clockOffMs: number;
  readonly compared: "no" | "yes";
  readonly agreed: "no" | "yes";
  readonly differs: "no" | "yes";
  readonly asking: { readonly phase: string; readonly by: string };
  readonly last: { readonly converged: "no" | "yes"; readonly reason: string; readonly rounds: number; readonly ms: number } | null;
  readonly wanted: number;
  readonly unheld: number;
  readonly receiving: ReturnType<Receiving["describe"]>;
  readonly sending: { readonly streams: number; readonly unacked: number };
  readonly announcing: { readonly due: number; readonly pushed: number };
};

export const syncVersion = 1;
/** Why an exchange comes to nothing. */
export const pausedHere = "this peer is paused";
/** Numbers of greetings in a millisecond: more than there are. */
const GREETINGS = 2_000;
/** How much longer than the one whose turn it is the other waits. */
const PATIENCE = 1.5;
/** By so much a clock is set, and not just not quite regular. */
const CLOCK_SET_MS = 1_000;

export class PeerSync {
  readonly #parts: PeerSyncParts;
  readonly #link: SyncLink;
  readonly #asking: Asking;
  readonly #answering: Answering;
  readonly #receiving: Receiving;
  readonly #sending: Sending;
  readonly #announcing: Announcing;
  readonly #proofs: Proofs;
  readonly #missing: Missing;
  readonly #unheld: Unheld;
  #greetedAt = 0;
  /** What is to be added to the time of this process: for the wall clock that the other was told, and for the other's. */
  readonly #clocks: { told: number; theirs: number | undefined } = { told: 0, theirs: undefined };
  /** Whoever is asked to sync before the two have greeted each other waits for that. */
  readonly #early: number[] = [];
  #state: "here" | "left" = "here";

  /** `greeting`: where it goes on with a peer that has begun anew. */
  constructor(parts: PeerSyncParts, linked: LinkedPeer, { random, now, view }: Around, greeting?: Greeting) {
    this.#parts = parts;
    const { options, index, wanting } = parts;
    const number = 2 * Math.floor((now * GREETINGS) / 2);
    const link = new SyncLink(linked, greeting ?? { nonce: random.bytes(interestNonceBytes), number }, { random, now });
    this.#link = link;
    const { peer } = linked;
    const all = { ...options, link };
    const consider = (row: Row, around: Around) => this.#consider(row, around);
    const settled = (run: (around: Around) => void, around: Around) =>
      parts.settled((then) => {
        if (this.#state === "left") return;
        this.#meet(then);
        run(then);
      }, around);
    this.#unheld = new Unheld(link, options.hasher);
    const agreed = (since: Instant, around: Around) => this.#agreed(since, around);
    // What they hold they told when they opened: what is the same now they held then already.
    const agreedNow = (around: Around) => this.#agreed(Number.POSITIVE_INFINITY as Instant, around);
    const missing = () => wanting.count(peer) + this.#receiving.taking + this.#proofs.awaited;
    this.#asking = new Asking({ ...all, view, index, missing, settled, consider, agreed }, now);
    this.#answering = new Answering({ ...all, index, missing, settled, consider, agreed: agreedNow });
    this.#receiving = new Receiving({ ...all, wanting, token: parts.token });
    this.#sending = new Sending({ ...all, wanting });
    this.#announcing = new Announcing({ ...all, unheld: this.#unheld, rank: parts.rank });
    this.#proofs = new Proofs(all);
    this.#missing = new Missing({ ...all, wanting, gaps: (around) => this.gaps(around) });
  }

  get peer(): PeerId {
    return this.#link.peer;
  }

  get hasAgreed(): "no" | "yes" {
    return this.#link.agreed;
  }

  get greeting(): Greeting {
    return this.#link.greeting;
  }

  greet(around: Around): void {
    this.#hello(around);
  }

  /** What it does is another than it was: the other is told. */
  paced(around: Around): void {
    if (this.#parts.pace() === "paused") this.#stop(pausedHere, around);
    if (this.#link.hello === undefined) return;
    this.#link.greeting.number += 2;
    this.#hello(around);
  }

  received(message: SyncMessage, around: Around): void {
    const link = this.#link;
    link.heardAt = around.now;
    if (link.standing === "suspect") {
      link.standing = "healthy";
      this.resume(around);
    }
    if (message.kind === "hello") return this.#greeted(message, around);
    if (message.kind === "ping") return around.out.send(link.peer, { kind: "pong", number: message.number });
    if (message.kind === "pong") return link.ponged(message.number, around.now);
    // What overtook the greeting is said again.
    if (link.scope === undefined) return;
    this.#heard(message, around);
    this.#answering.check(around);
    this.#asking.check(around);
  }

  exchange(token: number, around: Around): void {
    if (this.#link.scope === undefined) this.#early.push(token);
    else this.#asking.begin(around, token);
  }

  changed(lanes: readonly number[], around: Around): void {
    if (this.#link.scope === undefined || !this.#isActive()) return;
    for (const lane of lanes) {
      this.#announcing.changed(lane, around);
      this.#proofs.changed(lane, around);
    }
    this.#announcing.flush(around);
    this.check(around);
  }

  took(token: number, taking: Taking, around: Around): "here" | "not here" {
    const where = this.#receiving.took(token, taking, around);
    if (where === "here") this.ask(around);
    return where;
  }

  /** Asks for what is wanted of this peer. */
  ask(around: Around): void {
    if (this.#isActive()) this.#receiving.ask(around);
    this.check(around);
  }

  /** What is not here of what is held is asked of whoever agrees: it holds the same. */
  gaps(around: Around): void {
    if (this.#link.agreed === "no") return;
    this.#parts.wanting.considerGaps(this.#link.peer, around.view);
    this.ask(around);
  }

  check(around: Around): void {
    this.#answering.check(around);
    this.#asking.check(around);
  }

  resume(around: Around): void {
    // What has changed meanwhile was told to nobody.
    this.#link.agreed = "no";
    if (this.#link.scope !== undefined && this.#isActive()) this.#asking.begin(around);
    this.ask(around);
  }

  beat(around: Around): void {
    const link = this.#link;
    const { knobs } = this.#parts.options;
    const silentMs = around.now - link.heardAt;
    if (silentMs >= this.#patienceMs()) return around.out.disconnect(link.peer, "nothing was heard for too long");
    if (silentMs >= knobs.suspectMs) link.standing = "suspect";
    if (around.now - link.pingedAt >= knobs.heartbeatMs) around.out.send(link.peer, { kind: "ping", number: link.pinged(around.now) });
    if (link.hello === undefined || link.scope === undefined) {
      if (around.now - this.#greetedAt >= link.waitMs(knobs)) this.#hello(around);
      return;
    }
    this.#compareClocks(around);
    // A clock that seems far off may have been read long before it was heard of: who is greeted anew tells its time anew.
    const isFarOff = Math.abs(link.clockOffMs) > clockDriftMsMax && around.now - this.#greetedAt >= silentLinkMsMax;
    if (isFarOff || Math.abs(around.wallMs - around.now - this.#clocks.told) >= CLOCK_SET_MS) this.#hello(around);
    this.#asking.beat(around);
    this.#sending.beat(around);
    this.#receiving.beat(around);
    if (!this.#isActive()) return;
    this.#announcing.beat(around);
    this.#missing.beat(around);
    this.#proofs.beat(around);
    this.ask(around);
    // One session serves both.
    const restedMs = Math.min(this.#asking.restedMs(around.now), around.now - link.answeredAt);
    if (restedMs >= this.#intervalMs()) this.#asking.begin(around);
  }

  left(around: Around): void {
    this.#state = "left";
    this.#receiving.left();
    this.#parts.wanting.left(this.#link.peer);
    this.#stop("the link closed", around);
  }

  #stop(reason: string, around: Around): void {
    this.#asking.stop(reason, around);
    for (const token of this.#early.splice(0)) around.out.notify({ kind: "exchanged", token, report: noExchange(reason) });
  }

  /** Lanes of a subject that they have not said that they hold as they are here. */
  unheldOf(subject: SubjectId, { view }: Around): Iterable<number> {
    return this.#unheld.of(subject, view);
  }

  /** Whether both want it: of a link on which that was not said yet, it is not known. */
  shares(at: SubjectWish): "yes" | "no" | "unknown" {
    const { scope, interestKey: key } = this.#link;
    if (scope === undefined) return "unknown";
    return inScope(this.#parts.options.hasher, key, scope, at) ? "yes" : "no";
  }

  describe(): DescribedLink {
    const { peer, standing, scope, compared, agreed, hello, clockOffMs } = this.#link;
    const { last } = this.#asking;
    return {
      peer,
      standing,
      greeted: scope === undefined ? "no" : "yes",
      syncs: hello?.syncs ?? "yes",
      scope: scope?.kind === "some" && scope.parts.length === 0 ? "empty" : "shared",
      clockOffMs,
      compared,
      agreed,
      differs: this.#link.differs,
      asking: this.#asking.describe(),
      last: last === undefined ? null : { converged: last.converged, reason: last.reason ?? "", rounds: last.rounds, ms: last.ms },
      wanted: this.#parts.wanting.count(peer) + this.#proofs.awaited,
      unheld: this.#unheld.count,
      receiving: this.#receiving.describe(),
      sending: this.#sending.describe(),
      announcing: this.#announcing.describe(),
    };
  }

  // --- greeting ---

  #hello({ out, now, wallMs }: Around): void {
    const { hasher, wishes, salt } = this.#parts.options;
    const { peer, greeting, hello, interestKey: key } = this.#link;
    const { nonce, number } = greeting;
    this.#greetedAt = now;
    this.#clocks.told = wallMs - now;
    // Wishes are hidden under a key that takes the other's nonce, too: they follow once that is here.
    const told = wishes !== undefined && hello === undefined ? [] : wishes;
    const interest = interestOf(hasher, key, told);
    const syncs = this.#parts.pace() === "running" ? "yes" : "no";
    out.send(peer, { kind: "hello", from: syncVersion, to: syncVersion, number, nonce, interest, salt, syncs, wallMs });
  }

  #greeted(hello: Hello, around: Around): void {
    const link = this.#link;
    const { hasher, knobs } = this.#parts.options;
    if (hello.from > syncVersion || hello.to < syncVersion) {
      const reason = `it speaks versions ${hello.from} to ${hello.to} of sync, and this peer ${syncVersion}`;
      return around.out.disconnect(link.peer, reason, "version");
    }
    this.#clocks.theirs = hello.wallMs - around.now;
    this.#compareClocks(around);
    const before = link.hello;
    if (before !== undefined && hello.number < before.number) return;
    if (before !== undefined && !equalBytes(hello.nonce, before.nonce)) return this.#parts.anew(hello, around);
    // What changed there meanwhile it told nobody.
    if (before?.syncs === "no" && hello.syncs === "yes") link.agreed = "no";
    link.hello = hello;
    if (before === undefined) {
      link.interestKey = interestKey(hasher, link.greeting.nonce, hello.nonce);
      link.greeting.number += isWhole(link.greeting) ? 2 : 1;
      this.#hello(around);
    }
    // They have not heard ours, or not all of it.
    else if (before.number === hello.number && around.now - this.#greetedAt >= link.waitMs(knobs) / 2) this.#hello(around);
    if (!isWhole(hello)) return;
    this.#meet(around);
    if (before !== undefined && isWhole(before)) return;
    for (const token of this.#early.splice(0)) this.#asking.begin(around, token);
    // One of the two is enough to begin with.
    if (this.#isActive() && this.#isFirst()) this.#asking.begin(around);
  }

  /** Both hold the same, of what was here before `since`. */
  #agreed(since: Instant, around: Around): void {
    this.#link.agreed = "yes";
    this.#unheld.agreed(since);
    if (!this.#isActive()) return;
    this.#missing.begin(around);
    this.gaps(around);
  }

  /** What both want: subjects that are new here may be part of it. */
  #meet({ view }: Around): void {
    const link = this.#link;
    const { hasher, network, wishes } = this.#parts.options;
    if (link.hello === undefined || !isWhole(link.hello)) return;
    link.scope = sharedScope({ hasher, network, view, key: link.interestKey, mine: wishes, theirs: link.hello.interest });
  }

  #isActive(): boolean {
    return this.#parts.pace() === "running" && this.#link.standing === "healthy";
  }

  #isFirst(): boolean {
    return this.#parts.options.self < this.#link.peer || this.#link.hello?.syncs === "no";
  }

  #intervalMs(): number {
    const { knobs } = this.#parts.options;
    const { last, fruitless } = this.#asking;
    // The other begins, unless it does not.
    const usual = this.#isFirst() ? knobs.intervalMs : knobs.intervalMs * PATIENCE;
    return last !== undefined && last.converged === "no" ? Math.min(usual, this.#link.waitMs(knobs) * 2 ** fruitless) : usual;
  }

  /** How long a link may be silent. The first word may have a long way. */
  #patienceMs(): number {
    const { roundTripMs } = this.#link;
    return roundTripMs === undefined ? unheardLinkMsMax : Math.max(silentLinkMsMax, 2 * roundTripMs);
  }

  /** A clock may be set while the two are linked: whose it is sees that, and says so. */
  #compareClocks({ wallMs, now }: Around): void {
    const { theirs } = this.#clocks;
    if (theirs !== undefined) this.#link.clockOffMs = theirs - (wallMs - now);
  }

  // --- what is heard ---

  #heard(message: Exclude<SyncMessage, { readonly kind: "hello" | "ping" | "pong" }>, around: Around): void {
    switch (message.kind) {
      case "open":
        return this.#answering.open(message, around);
      case "ask":
        return this.#answering.ask(message, around);
      case "difference":
        this.#answering.difference(message, around);
        return this.ask(around);
      case "opened":
        return this.#asking.opened(message, around);
      case "tell":
        this.#asking.tell(message, around);
        return this.ask(around);
      case "settled":
        return this.#asking.heardSettled(message, around);
      case "held":
        around.out.send(this.#link.peer, { kind: "heard", number: message.number });
        for (const row of message.rows) this.#consider(row, around);
        return this.ask(around);
      case "heard":
        return this.#announcing.heard(message.number, around);
      default:
        return this.#streamed(message, around);
    }
  }

  #streamed(message: StreamMessage, around: Around): void {
    switch (message.kind) {
      case "want":
        return this.#sending.want(message, around);
      case "ack":
        return this.#sending.ack(message, around);
      case "nack":
        return this.#sending.nack(message, around);
      case "enough":
        return this.#sending.enough(message.stream);
      case "chunk":
        return this.#receiving.chunk(message, around);
      case "gone":
        return this.#receiving.gone(message.stream, message.reason, around);
      case "push":
        return this.#isActive() ? this.#receiving.push(message.range, around) : undefined;
      default:
        return this.#proofs.heard(message, around);
    }
  }

  /** Something that they say they hold. */
  #consider(row: Row, around: Around): void {
    const { options, wanting } = this.#parts;
    const link = this.#link;
    const { view, out } = around;
    link.learn(laneKey(row), row);
    const lane = view.laneNumber(row.subject, row.author, row.epoch);
    if (lane !== undefined && equalBytes(row.author, options.author)) {
      const id = idAt(view, options.hasher, row, row.size);
      if (id !== undefined && equalBytes(id, row.headId)) out.notify({ kind: "reached", peer: link.peer, lane, size: row.size });
    }
    if (lane !== undefined) this.#unheld.told(lane, row, view);
    this.#proofs.consider(row, around);
    // For what cannot be kept nobody is to be asked, time and again. Once there is room, the next session finds it.
    if (around.disk === "roomy") wanting.consider(link.peer, row, view);
    else if (wanting.lacks(view, row)) link.agreed = "no";
  }
}

export function noExchange(reason: string): ExchangeReport {
  return { converged: "no", reason, rounds: 0, ms: 0, sent: 0, received: 0 };
}

type StreamMessage = Exclude<
  SyncMessage,
  { readonly kind: "hello" | "ping" | "pong" | "open" | "ask" | "difference" | "opened" | "tell" | "settled" | "held" | "heard" }
>;
