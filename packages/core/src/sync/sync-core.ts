import { indexedLanesPerStepMax } from "../bytes/limits.js";
import { FeedView, unlessLost } from "../feed/lane/feed-view.js";
import type { Core, Input, Json, PeerId, Protocol, Surroundings } from "../protocol/protocol.js";
import { classOfSync, decodeSyncMessage, encodeSyncMessage, encodeSyncMessageBehind } from "./codec.js";
import type { Greeting, LinkedPeer } from "./link-state.js";
import type { Hello, SyncMessage } from "./messages.js";
import { noExchange, PeerSync, pausedHere } from "./peer-sync.js";
import { RowIndex } from "./row-index.js";
import { SeenLanes } from "./seen-lanes.js";
import {
  type Around,
  Out,
  type SubjectStanding,
  type SubjectWish,
  type SyncCommand,
  type SyncOptions,
  type SyncVocabulary,
} from "./sync-vocabulary.js";
import { Wanting } from "./wanting.js";

// The core by which replicas come to hold the same: a part for each link, and what they share. It writes nothing: what comes in is
// verified and written by others, who say so with `took` and `changed`.

type Sync = SyncVocabulary;

/** About one microsecond a unit: what is read from the store and laid out for a piece of a stream, a row looked at. */
const COST = { small: 5, large: 200 } as const;

export const syncTag = 6;

export function syncProtocol(options: SyncOptions): Protocol<Sync> {
  return {
    name: "sync",
    tag: syncTag,
    closesTurns: false,
    create: () => new SyncCore(options),
    codec: { encode: encodeSyncMessage, encodeBehind: encodeSyncMessageBehind, decode: decodeSyncMessage },
    classOf: classOfSync,
    costOf,
    open: (keys) => ({
      view: new FeedView(keys),
      apply: () => {
        throw new Error("sync writes nothing");
      },
    }),
  };
}

const LARGE: ReadonlySet<string> = new Set<SyncMessage["kind"]>(["open", "ask", "tell", "difference", "want", "ack", "chunk", "push"]);

/** What is said and asked at every write; none of it looks at the index. */
const QUICK: ReadonlySet<string> = new Set<SyncMessage["kind"] | SyncCommand["kind"]>([
  ...(["push", "chunk", "ack", "want", "held", "heard", "ping", "pong"] as const),
  ...(["changed", "took"] as const),
]);

function isQuick(input: Input<Sync>): boolean {
  if (input.kind === "received") return QUICK.has(input.message.kind);
  return input.kind === "commanded" && QUICK.has(input.command.kind);
}

function costOf(input: Input<Sync>): number {
  return input.kind === "received" && LARGE.has(input.message.kind) ? COST.large : COST.small;
}

function isThere(view: FeedView, lane: number): boolean {
  return unlessLost(() => view.lane(lane) !== undefined && view.head(lane) !== undefined) ?? false;
}

class SyncCore implements Core<Sync> {
  readonly #options: SyncOptions;
  readonly #links = new Map<PeerId, PeerSync>();
  readonly #wanting: Wanting;
  readonly #index: RowIndex;
  /** Lanes that the index is yet to take in, from this number on. */
  #indexed = 0;
  /** Lanes that have changed since the index took them in: it is brought up before anybody looks at it. */
  readonly #stale = new Set<number>();
  #state: "indexing" | "ready" = "indexing";
  #pace: "running" | "paused" = "running";
  /** Go on once the trie has settled: those for whom that was asked, and those who came later. */
  #now: ((around: Around) => void)[] = [];
  #later: ((around: Around) => void)[] = [];
  #asked: number | undefined;
  #tokens = 0;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#wanting = new Wanting(options.hasher, { author: options.author });
    this.#index = new RowIndex(options, options.salt);
  }

  step(input: Input<Sync>, { view, now, wallMs, random, disk }: Surroundings<Sync>) {
    const out = new Out();
    const lanes = new SeenLanes(view, this.#options.hasher);
    this.#take(input, { view, lanes, now, wallMs, random, disk, out });
    return out.effects;
  }

  describe(): Json {
    const links = [...this.#links.values()].map((link) => link.describe());
    const { lanes: wanted, arriving } = this.#wanting.describe();
    const { lost } = this.#wanting;
    return { state: this.#state, pace: this.#pace, rows: this.#index.rows, wanted, arriving, lost, links };
  }

  #take(input: Input<Sync>, around: Around): void {
    if (!isQuick(input)) this.#bringUp(around);
    switch (input.kind) {
      case "started":
        around.out.notify({ kind: "begun" });
        return this.#indexSome(around);
      case "connected":
        return this.#connected(input, around);
      case "disconnected":
        return this.#disconnected(input.peer, around);
      case "received":
        return this.#links.get(input.from)?.received(input.message, around);
      case "commanded":
        return this.#commanded(input.command, around);
      case "expired":
        return input.timer === "index" ? this.#indexSome(around) : this.#beat(around);
      default:
        return;
    }
  }

  #connected(linked: LinkedPeer, around: Around): void {
    if (this.#links.size === 0) this.#scheduleBeat(around);
    this.#link(linked, around).greet(around);
  }

  /** It has lost all that it knew of this link, and so does this side: whatever was under way is begun again. */
  #anew(linked: LinkedPeer, hello: Hello, around: Around): void {
    const before = this.#links.get(linked.peer);
    before?.left(around);
    this.#link(linked, around, before?.greeting).received(hello, around);
  }

  #link(linked: LinkedPeer, around: Around, greeting?: Greeting): PeerSync {
    const { peer } = linked;
    const link = new PeerSync(
      {
        options: this.#options,
        index: this.#index,
        wanting: this.#wanting,
        pace: () => this.#pace,
        token: () => this.#tokens++,
        anew: (hello, then) => this.#anew(linked, hello, then),
        rank: () => ({ at: [...this.#links.keys()].sort().indexOf(peer), of: this.#links.size }),
        settled: (run, then) => this.#whenSettled(run, then),
        askOthers: (then) => {
          for (const [other, each] of this.#links) if (other !== peer) each.ask(then);
        },
      },
      linked,
      around,
      greeting,
    );
    this.#links.set(peer, link);
    return link;
  }

  #disconnected(peer: PeerId, around: Around): void {
    const link = this.#links.get(peer);
    this.#links.delete(peer);
    link?.left(around);
    // What was asked of it, others may have.
    for (const each of this.#links.values()) each.ask(around);
  }

  #commanded(command: SyncCommand, around: Around): void {
    switch (command.kind) {
      case "changed":
        return this.#changed(command.lanes, around);
      case "settled":
        return this.#settled(command.token, around);
      case "took":
        for (const link of this.#links.values()) if (link.took(command.token, command.taking, around) === "here") break;
        for (const link of this.#links.values()) link.check(around);
        return;
      case "lost":
        // With their rows it is otherwise than it was: of those that are lost, and of those that were.
        for (const lane of [...this.#wanting.lose(command.spans)]) if (lane < this.#indexed) this.#stale.add(lane);
        for (const link of this.#links.values()) link.gaps(around);
        return;
      case "exchange": {
        const link = this.#links.get(command.peer);
        if (link !== undefined && this.#pace === "running") return link.exchange(command.token, around);
        const report = noExchange(link === undefined ? "there is no link to that peer" : pausedHere);
        return around.out.notify({ kind: "exchanged", token: command.token, report });
      }
      case "look": {
        const { token, at } = command;
        return around.out.notify({ kind: "looked", token, standing: this.#standingOf(at, around) });
      }
      case "pause":
        this.#pace = "paused";
        for (const link of this.#links.values()) link.paced(around);
        return;
      case "resume":
        this.#pace = "running";
        for (const link of this.#links.values()) link.paced(around);
        for (const link of this.#links.values()) link.resume(around);
        return;
    }
  }

  #standingOf(at: SubjectWish, around: Around): SubjectStanding {
    const links = [...this.#links.values()];
    const ahead = new Set(links.flatMap((link) => [...link.unheldOf(at.subject, around)]));
    const apart = links.filter((link) => link.shares(at) === "no").map(({ peer }) => peer);
    const unsettled = links.filter((link) => link.shares(at) !== "no" && link.hasAgreed === "no").length;
    return { behind: this.#wanting.countIn(at.subject), ahead: ahead.size, unsettled, apart };
  }

  #changed(lanes: readonly number[], around: Around): void {
    for (const lane of lanes) if (lane < this.#indexed) this.#stale.add(lane);
    if (this.#stale.size >= indexedLanesPerStepMax) this.#bringUp(around);
    if (this.#state === "ready" && lanes.some((lane) => lane >= this.#indexed)) this.#indexSome(around);
    for (const link of this.#links.values()) link.changed(lanes, around);
  }

  #beat(around: Around): void {
    if (this.#links.size === 0) return;
    for (const link of this.#links.values()) link.beat(around);
    this.#scheduleBeat(around);
  }

  #scheduleBeat({ out }: Around): void {
    const { heartbeatMs, retransMs } = this.#options.knobs;
    out.schedule("beat", Math.min(heartbeatMs, retransMs / 2));
  }

  // --- what a root rests on ---

  #bringUp({ view }: Around): void {
    for (const lane of this.#stale) this.#index.update(view, lane);
    this.#stale.clear();
  }

  /** Takes lanes in that the index does not have, some at a time. */
  #indexSome(around: Around): void {
    const end = around.view.nextLaneNumber();
    const until = Math.min(end, this.#indexed + indexedLanesPerStepMax);
    for (; this.#indexed < until; this.#indexed++) {
      // Numbers of lanes that were lost are not given again.
      if (isThere(around.view, this.#indexed)) this.#index.update(around.view, this.#indexed);
    }
    this.#state = this.#indexed < end ? "indexing" : "ready";
    if (this.#state === "indexing") return around.out.schedule("index", 0);
    this.#settle(around);
  }

  #whenSettled(run: (around: Around) => void, around: Around): void {
    if (this.#state === "ready" && around.view.changedLanes(1).length === 0) {
      this.#bringUp(around);
      return run(around);
    }
    this.#later.push(run);
    this.#settle(around);
  }

  /** Whoever comes while the trie is settling asked for more than that will bring. */
  #settle({ out }: Around): void {
    if (this.#asked !== undefined || this.#later.length === 0 || this.#state !== "ready") return;
    this.#now = this.#later;
    this.#later = [];
    this.#asked = this.#tokens++;
    out.notify({ kind: "settle", token: this.#asked });
  }

  #settled(token: number, around: Around): void {
    if (token !== this.#asked) return;
    this.#asked = undefined;
    for (const run of this.#now.splice(0)) run(around);
    this.#settle(around);
  }
}
