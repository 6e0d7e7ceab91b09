import { sealHeadsMax, turnCostMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { clockFault, HybridClock, trustedTimeMs } from "../../clock/hybrid-clock.js";
import { compareStamps } from "../../clock/stamp.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, epochNonceBytes, type NetworkId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { sealTree } from "../../proof/seal-tree.js";
import type { Core, Effect, Input, Json, Protocol, Surroundings } from "../../protocol/protocol.js";
import type { HeadRecord, StoreRecord } from "../../store/records.js";
import { Copies } from "../lane/copies.js";
import { DamagedStore, FeedView } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import { appendFault, bytesOf } from "./append-fault.js";
import {
  type AppendCommand,
  applyFeedWrite,
  type FeedNotice,
  type FeedVocabulary,
  type FillCommand,
  type FreezeCommand,
  type GiveUpCommand,
  type MendCommand,
  type RedactCommand,
  type Refusal,
  type Seqs,
  type TakeCommand,
} from "./feed-vocabulary.js";
import { countUnknownForks, freezing, unlessDamaged } from "./freeze-lane.js";
import type { HashedTail, NewParts, OpenLane } from "./open-lane.js";
import { OpenLanes } from "./open-lanes.js";
import { changedPayloads, type OrderParts, type PayloadOrder } from "./payload-orders.js";
import { redacting, redactionParts } from "./redact-event.js";
import { Returning, type Writing } from "./returning.js";
import { bearsOnPayloads, type LaneTaking, laneTaking, observeStamps, takenWrites } from "./take-range.js";

// The core that writes feeds. Appends lay events into their lanes as they are stepped; when the turn closes, all of
// them are hashed, one seal is signed over every lane touched, and blocks, nodes and heads go into the one commit.
//
// Invariants:
// 1. No event, id or seal leaves before its commit is flushed: `appended` is held like every effect.
// 2. A lane is written only under this store instance's nonce: a copy of the store begins epochs of its own.
// 3. Stamps rise strictly, across lanes and restarts: none reaches the persisted reserve before it is raised.

export type Signatures = "ed25519" | "hybrid";

export interface FeedOptions {
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** `hybrid`: what is written is marked for the author's second signature, which another core sees to. */
  readonly signatures: Signatures;
  readonly author: AuthorId;
  readonly network: NetworkId;
}

type Feed = FeedVocabulary;
type Around = Surroundings<Feed>;

export function feedProtocol(options: FeedOptions): Protocol<Feed> {
  return {
    name: "feed",
    tag: 1,
    closesTurns: true,
    create: () => new FeedCore(options),
    // Feeds travel by the sync core; this one only writes our own.
    codec: { encode: (message) => message, decode: () => new Malformed("feeds have no messages") },
    classOf: () => "bulk",
    costOf,
    open: (keys) => ({ view: new FeedView(keys), apply: (write) => applyFeedWrite(keys, write) }),
  };
}

interface Request {
  readonly token: number;
  readonly lane: OpenLane;
  readonly seqs: Seqs;
}

const DISK_FULL: Refusal = { code: "disk-full", reason: "the disk is full", fix: "Free some space; appends go on by themselves." };

class FeedCore implements Core<Feed> {
  readonly #options: FeedOptions;
  #clock = new HybridClock();
  readonly #lanes: OpenLanes;
  #requests: Request[] = [];
  /** What this turn is to change about payloads: at its end, when it is known how its blocks are laid out. */
  #payloads: PayloadOrder[] = [];
  #laid: OrderParts["laid"] = [];
  readonly #copies = new Copies();
  readonly #returning: Returning;
  /** Forks kept of lanes of which nothing is held, once somebody has asked: to count them is to read all forks there are. */
  #unknownForks: number | undefined;
  #appended = 0;
  #taken = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lanes = new OpenLanes(options);
    this.#returning = new Returning(options.hasher);
  }

  step(input: Input<Feed>, around: Around): readonly Effect<Feed>[] {
    switch (input.kind) {
      case "started":
        this.#clock = new HybridClock(around.view.clock());
        this.#lanes.nextNumber = around.view.nextLaneNumber();
        this.#lanes.instance = storeOf(around.view).instance;
        return [{ kind: "notify", notice: { kind: "begun" } }, ...this.#returning.started(around)];
      case "commanded":
        if (input.command.kind === "append") return this.#append(input.command, around);
        if (input.command.kind === "take") return this.#take(input.command, around);
        if (input.command.kind === "freeze") return this.#freeze(input.command, around);
        if (input.command.kind === "giveUp") return this.#giveUp(input.command, around);
        if (input.command.kind === "redact") return this.#redact(input.command, around);
        if (input.command.kind === "fill") return this.#fill(input.command, around);
        if (input.command.kind === "mend") return this.#mend(input.command, around);
        return [
          ...(input.command.kind === "rest" ? this.#rest() : []),
          { kind: "notify", notice: { kind: "passed", token: input.command.token } },
        ];
      case "expired":
        return this.#returning.step(around, this.#writing(around));
      case "closing":
        return [...(this.#lanes.touched.size === 0 ? [] : this.#close(around)), ...this.#changePayloads(around)];
      default:
        return [];
    }
  }

  describe(): Json {
    return {
      open: this.#lanes.size,
      appended: this.#appended,
      taken: this.#taken,
      returning: this.#returning.waiting,
      returned: this.#returning.returned,
      stuck: this.#returning.stuck,
      unknownForks: this.#unknownForks ?? "not counted",
      clock: [this.#clock.last.wallMs, this.#clock.last.counter],
    };
  }

  #rest(): readonly Effect<Feed>[] {
    const reserve = this.#clock.rest();
    return reserve === undefined ? [] : [{ kind: "write", write: { kind: "clock", reserve } }];
  }

  // --- append ---

  #append(command: AppendCommand, around: Around): readonly Effect<Feed>[] {
    const refusal = appendFault(command);
    return refusal === undefined ? this.#lay(command, around) : refused(command.token, refusal);
  }

  #lay({ token, path, events, observed, lens }: Omit<AppendCommand, "kind">, around: Around): readonly Effect<Feed>[] {
    const refusal = this.#cannotWrite(around);
    if (refusal !== undefined) return refused(token, refusal);
    const opened = this.#lanes.open(path, around, { clock: this.#clock, observed, lens });
    if (!("lane" in opened)) return refused(token, opened);
    const { lane, effects } = opened;
    const first = lane.add(events[0] as NewParts, this.#clock, around.wallMs);
    let each: number[] | undefined;
    for (let index = 1; index < events.length; index++) {
      const seq = lane.add(events[index] as NewParts, this.#clock, around.wallMs);
      if (each === undefined && seq !== first + index) each = Array.from({ length: index }, (_, before) => first + before);
      each?.push(seq);
    }
    this.#requests.push({ token, lane, seqs: { first, count: events.length, each } });
    this.#lanes.touched.add(lane);
    return effects;
  }

  #cannotWrite(around: Around): Refusal | undefined {
    if (around.disk === "full") return DISK_FULL;
    const trusted = trustedTimeMs({ persistedMs: this.#clock.last.wallMs, wallMs: around.wallMs, claimsMs: [] });
    const fault = clockFault(trusted);
    if (fault !== undefined) return { code: "clock", reason: fault, fix: "Set this machine's clock, then try again." };
    if (this.#lanes.touched.size >= sealHeadsMax)
      return { code: "too-large", reason: `more than ${sealHeadsMax} feeds in one turn`, fix: "Await some appends first." };
    return undefined;
  }

  // --- taking what others wrote ---

  #take({ token, range }: TakeCommand, around: Around): readonly Effect<Feed>[] {
    const outcome = this.#taking(range, around);
    if (outcome === "stale") return [{ kind: "notify", notice: { kind: "stale", token } }];
    if ("code" in outcome) return [{ kind: "notify", notice: { kind: "refused", token, ...outcome } }];
    const { path, place, head } = range;
    if (outcome.lane === "new") this.#lanes.nextNumber++;
    const become = outcome.replacement?.head ?? head;
    if (outcome.lane === "new" && become.freezeAt > 0 && this.#unknownForks !== undefined) this.#unknownForks--;
    const stamped = this.#clock.last;
    observeStamps(this.#clock, range, around.wallMs);
    this.#lanes.hold(path, place, { lane: outcome.number, counted: countedSize(become) });
    this.#taken += head.size - range.held.size;
    if (bearsOnPayloads(range, around.view)) this.#payloads.push({ kind: "taken", lane: outcome.number, range });
    const reserve = this.#clock.last === stamped ? undefined : this.#clock.reserveNeeded();
    const clock: Effect<Feed>[] = reserve === undefined ? [] : [{ kind: "write", write: { kind: "clock", reserve } }];
    const { mark } = outcome.replacement ?? { mark: around.view.givenUp(outcome.number) };
    const replaced = outcome.replacement && { lane: outcome.number, from: outcome.replacement.from };
    if (replaced !== undefined) this.#copies.forget(replaced.lane);
    return [
      ...takenWrites(outcome, range, around.view),
      ...(this.#isOursToSign(place) ? [{ kind: "write", write: { kind: "unsealed", lane: outcome.number } } as const] : []),
      ...clock,
      ...(mark === undefined ? [] : this.#returning.goOn(outcome.number, around)),
      { kind: "notify", notice: { kind: "taken", token, path, lane: outcome.number, size: head.size, replaced } },
    ];
  }

  /** Whichever of its stores wrote it, the author's second signature is due. */
  #isOursToSign({ author }: LanePlace): boolean {
    return this.#options.signatures === "hybrid" && equalBytes(author, this.#options.author);
  }

  #taking(range: VerifiedRange, { view, disk }: Around): Refusal | "stale" | LaneTaking {
    if (disk === "full") return DISK_FULL;
    const { author, hasher } = this.#options;
    const parts = { view, author, hasher, instance: this.#lanes.instance, nextLane: this.#lanes.nextNumber };
    const outcome = unlessDamaged(() => laneTaking(range, parts));
    // What this turn wrote to a lane that was given up in it is not in the store yet.
    const isTouched = typeof outcome === "object" && "number" in outcome && this.#lanes.touchedLane(outcome.number) !== undefined;
    return isTouched ? "stale" : outcome;
  }

  /** Whoever wrote the lane, and whether or not it is here. */
  #freeze({ token, fork }: FreezeCommand, around: Around): readonly Effect<Feed>[] {
    const { view, disk } = around;
    const unknown = () => {
      this.#unknownForks ??= countUnknownForks(view);
      return this.#unknownForks;
    };
    const done = disk === "full" ? DISK_FULL : unlessDamaged(() => freezing(fork, view, unknown));
    if (done === "known") return [{ kind: "notify", notice: { kind: "passed", token } }];
    if ("code" in done) return [{ kind: "notify", notice: { kind: "refused", token, ...done } }];
    if (this.#unknownForks !== undefined) this.#unknownForks += done.unknown;
    const { place, path, freezeAt } = done.freeze;
    if (path !== undefined && done.held !== undefined) this.#lanes.hold(path, place, done.held);
    const open = path === undefined ? undefined : this.#lanes.get(path);
    const isIts = (lane: OpenLane) => compareBytes(lane.place.id, fork.lane) === 0;
    // One that was given up in this turn is open no more, and is written all the same when the turn closes.
    for (const lane of open === undefined ? this.#lanes.touched : [open, ...this.#lanes.touched]) if (isIts(lane)) lane.freezeAt = freezeAt;
    const frozen: Effect<Feed> = { kind: "notify", notice: { kind: "frozen", token, ...done.freeze } };
    return [...done.effects, ...this.#givingUp(place, freezeAt, around), frozen];
  }

  // --- lanes of ours that others hold otherwise ---

  #giveUp({ token, place, from }: GiveUpCommand, around: Around): readonly Effect<Feed>[] {
    if (around.disk === "full") return refused(token, DISK_FULL);
    if (compareBytes(place.author, this.#options.author) !== 0)
      return refused(token, { code: "usage", reason: "a feed of another author", fix: "Give up none but this store's own feeds." });
    const effects = unlessDamaged(() => this.#givingUp(place, from, around, token));
    return "code" in effects ? refused(token, effects) : effects;
  }

  /** Nothing is written any more under the nonce by which somebody else has written, whatever the feed: they have it too. */
  #givingUp(place: LanePlace, from: number, around: Around, token?: number): readonly Effect<Feed>[] {
    if (compareBytes(place.author, this.#options.author) !== 0) return [];
    const { view, random } = around;
    const number = view.laneNumber(place.subject, place.author, place.epoch);
    const size = number === undefined ? 0 : (this.#lanes.touchedLane(number)?.size ?? view.head(number)?.size ?? 0);
    const effects: Effect<Feed>[] = [];
    if (equalBytes(place.epoch.nonce, this.#lanes.instance)) {
      const record = { ...storeOf(view), instance: random.bytes(epochNonceBytes) };
      this.#lanes.instance = record.instance;
      effects.push({ kind: "write", write: { kind: "store", record } });
    }
    if (number !== undefined) return [...effects, ...this.#returning.giveUp({ number, size }, from, around, token)];
    return token === undefined ? effects : [...effects, { kind: "notify", notice: { kind: "passed", token } }];
  }

  #writing(around: Around): Writing {
    return {
      clock: this.#clock,
      refusal: () => this.#cannotWrite(around),
      lane: (path, above) => this.#lanes.open(path, around, { clock: this.#clock, above }),
      touch: (lane) => this.#lanes.touched.add(lane),
      redact: (order) => this.#payloads.push(order),
    };
  }

  // --- payloads ---

  #redact({ token, lane, seq }: RedactCommand, around: Around): readonly Effect<Feed>[] {
    const { hasher, author } = this.#options;
    const asked = unlessDamaged(() => redacting({ view: around.view, hasher, author }, { lane, seq }));
    if ("code" in asked) return refused(token, asked);
    const { path, redaction } = asked;
    const before = this.#requests.length;
    const effects = this.#lay({ token, path, events: [redactionParts(redaction)] }, around);
    const { lane: laid, seqs } = this.#requests[before] ?? {};
    if (laid === undefined || seqs === undefined) return effects;
    const { number, subject } = laid.place;
    this.#payloads.push({ kind: "redact", of: { author, subject }, redaction, by: { lane: number, seq: seqs.first } });
    return effects;
  }

  #fill(command: FillCommand, { disk }: Around): readonly Effect<Feed>[] {
    if (disk === "full") return refused(command.token, DISK_FULL);
    this.#payloads.push(command);
    return [];
  }

  /** Where the events behind still follow on: a lane of ours may be another meanwhile. */
  #mend({ token, mended }: MendCommand, around: Around): readonly Effect<Feed>[] {
    const { view, disk } = around;
    if (disk === "full") return refused(token, DISK_FULL);
    const { lane, to, last } = mended.span;
    const followed = unlessDamaged(() => ({ id: view.idFollowed(lane, to), mark: view.givenUp(lane) }));
    if ("code" in followed) return refused(token, followed);
    if (followed.id === undefined || last === undefined || !equalBytes(followed.id, last) || this.#lanes.touchedLane(lane) !== undefined)
      return refused(token, { code: "usage", reason: "the feed has changed meanwhile", fix: "Look again for what is lost." });
    this.#lanes.relaid(mended.blocks.map(({ firstSeq }) => ({ lane, seq: firstSeq })));
    this.#payloads.push({ kind: "mended", mended });
    return [
      { kind: "write", write: { kind: "mended", mended } },
      // What is to be appended again of it could not be read.
      ...(followed.mark === undefined ? [] : this.#returning.goOn(lane, around)),
      { kind: "notify", notice: { kind: "passed", token } },
    ];
  }

  #changePayloads({ view }: Around): readonly Effect<Feed>[] {
    const [orders, laid] = [this.#payloads, this.#laid];
    this.#payloads = [];
    this.#laid = [];
    if (orders.length === 0) return [];
    const { hasher } = this.#options;
    const { writes, notices, changed } = changedPayloads(orders, { view, hasher, copies: this.#copies, laid });
    this.#lanes.relaid(changed);
    return [
      ...writes.map((write): Effect<Feed> => ({ kind: "write", write })),
      ...notices.map((notice): Effect<Feed> => ({ kind: "notify", notice })),
    ];
  }

  // --- closing a turn ---

  #close({ view }: Around): readonly Effect<Feed>[] {
    const { hasher, author, signer, signatures } = this.#options;
    const effects: Effect<Feed>[] = [];
    const lanes = [...this.#lanes.touched].sort((left, right) => compareBytes(left.place.id, right.place.id));
    const tails = new Map<OpenLane, HashedTail>();
    for (const lane of lanes) tails.set(lane, lane.hash(hasher));
    const tree = sealTree(
      hasher,
      lanes.map((lane) => leafOf(lane, hasher)),
    );
    const stamp = lanes.map((lane) => lane.state.stamp).reduce((left, right) => (compareStamps(left, right) < 0 ? right : left));
    const signature = signer.sign(sealMessage({ author, stamp, leaves: lanes.length, root: tree.root }));
    lanes.forEach((lane, index) => {
      const { number } = lane.place;
      const seal = { size: lane.size, stamp, leaves: lanes.length, index, path: tree.path(index), signature };
      const tail = tails.get(lane) as HashedTail;
      effects.push({ kind: "write", write: { kind: "appended", lane: number, tail, head: headOf(lane, seal) } });
      if (!view.isChanged(number)) effects.push({ kind: "write", write: { kind: "changed", lane: number } });
      if (signatures === "hybrid" && !view.isUnsealed(number)) effects.push({ kind: "write", write: { kind: "unsealed", lane: number } });
    });
    const reserve = this.#clock.reserveNeeded();
    if (reserve !== undefined) effects.push({ kind: "write", write: { kind: "clock", reserve } });
    for (const request of this.#requests) effects.push({ kind: "notify", notice: this.#appendedNotice(request, tails) });
    if (this.#payloads.length > 0) this.#laid = [...tails].map(([{ place }, { blocks }]) => ({ lane: place, blocks }));
    this.#lanes.touched.clear();
    this.#requests = [];
    return effects;
  }

  #appendedNotice({ token, lane, seqs }: Request, tails: ReadonlyMap<OpenLane, HashedTail>): FeedNotice {
    const { firstSeq, ids } = tails.get(lane) as HashedTail;
    const lastSeq = seqs.each?.at(-1) ?? seqs.first + seqs.count - 1;
    const own = ids.subarray((seqs.first - firstSeq) * hashBytes, (lastSeq - firstSeq + 1) * hashBytes);
    this.#appended += seqs.count;
    const { path, epoch, number } = lane.place;
    return { kind: "appended", token, path, epoch: epoch.index, lane: number, seqs, ids: own };
  }
}

function refused(token: number, refusal: Refusal): readonly Effect<Feed>[] {
  return [{ kind: "notify", notice: { kind: "refused", token, ...refusal } }];
}

function storeOf(view: FeedView): StoreRecord {
  const record = view.store();
  if (record === undefined) throw new DamagedStore("the record of what the store is", "it is missing");
  return record;
}

function leafOf(lane: OpenLane, hasher: Hasher): Uint8Array {
  const { mmr, head } = lane.state;
  return sealLeaf(hasher, { lane: lane.place.id, size: mmr.size, mmrRoot: mmrRoot(hasher, mmr), headId: head });
}

function headOf(lane: OpenLane, seal: HeadRecord["seal"]): HeadRecord {
  const { mmr, head: headId, stamp } = lane.state;
  const { freezeAt, lastBlockSeq } = lane;
  return { size: mmr.size, headId, stamp, freezeAt, lastBlockSeq, peaks: mmr.peaks, seal };
}

function costOf(input: Input<Feed>): number {
  if (input.kind === "closing") return 25;
  if (input.kind === "expired") return turnCostMax / 2;
  if (input.kind === "commanded" && input.command.kind === "take")
    return 10 + input.command.range.blocks.length * 4 + input.command.range.redactions.length * 4;
  if (input.kind !== "commanded") return 1;
  if (input.command.kind === "redact") return 10;
  if (input.command.kind === "freeze") return 40;
  if (input.command.kind === "fill") return 10 + input.command.payload.length / 1000;
  if (input.command.kind !== "append") return 1;
  const { events } = input.command;
  // Laid in, and hashed when the turn closes: a thousand of 200 bytes fill one.
  return 5 + events.length * 0.6 + bytesOf(events) / 500;
}
