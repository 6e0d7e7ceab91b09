import { epochsPerFeedMax, lanesOpenMax, sealHeadsMax, turnCostMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { clockFault, HybridClock, trustedTimeMs } from "../../clock/hybrid-clock.js";
import { compareStamps } from "../../clock/stamp.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, type Epoch, epochNonceBytes, feedId, laneId, type NetworkId, subjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { emptyMmr, mmrRoot } from "../../proof/mmr-append.js";
import { sealTree } from "../../proof/seal-tree.js";
import type { Core, Effect, Input, Json, Protocol, Surroundings } from "../../protocol/protocol.js";
import type { HeadRecord, StoreRecord } from "../../store/records.js";
import { BlockBuilder } from "../event/block.js";
import { CausalEncoder } from "../event/causal-encoder.js";
import { encodeEpochOpened, eventCodecs, systemKinds } from "../event/event.js";
import { Copies } from "../lane/copies.js";
import { DamagedStore, FeedView, type LaneEntry } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import type { VerifiedRange } from "../range/verified-range.js";
import type { LanePlace } from "../seal/checkpoint.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import { bytesOf, eventsFault } from "./append-fault.js";
import {
  type AppendCommand,
  applyFeedWrite,
  type FeedNotice,
  type FeedVocabulary,
  type FillCommand,
  type FreezeCommand,
  type GiveUpCommand,
  type RedactCommand,
  type Refusal,
  type Seqs,
  type TakeCommand,
} from "./feed-vocabulary.js";
import { countUnknownForks, freezing, unlessDamaged } from "./freeze-lane.js";
import { type HashedTail, type NewParts, OpenLane, type OwnLane } from "./open-lane.js";
import { changedPayloads, type OrderParts, type PayloadOrder } from "./payload-orders.js";
import { redacting, redactionParts } from "./redact-event.js";
import { resumeLane } from "./resume-lane.js";
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
  /** Lanes ready to be written, least recently used first. */
  readonly #open = new Map<SubjectPath, OpenLane>();
  readonly #touched = new Set<OpenLane>();
  #requests: Request[] = [];
  /** What this turn is to change about payloads: at its end, when it is known how its blocks are laid out. */
  #payloads: PayloadOrder[] = [];
  #laid: OrderParts["laid"] = [];
  readonly #copies = new Copies();
  #nextLane = 0;
  /** Nonce of the store instance: that of the epochs written here. */
  #instance: Uint8Array = ZEROS;
  readonly #returning: Returning;
  /** Forks kept of lanes of which nothing is held, once somebody has asked: to count them is to read all forks there are. */
  #unknownForks: number | undefined;
  #appended = 0;
  #taken = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#returning = new Returning(options.hasher);
  }

  step(input: Input<Feed>, around: Around): readonly Effect<Feed>[] {
    switch (input.kind) {
      case "started":
        this.#clock = new HybridClock(around.view.clock());
        this.#nextLane = around.view.nextLaneNumber();
        this.#instance = storeOf(around.view).instance;
        return [{ kind: "notify", notice: { kind: "begun" } }, ...this.#returning.started(around)];
      case "commanded":
        if (input.command.kind === "append") return this.#append(input.command, around);
        if (input.command.kind === "take") return this.#take(input.command, around);
        if (input.command.kind === "freeze") return this.#freeze(input.command, around);
        if (input.command.kind === "giveUp") return this.#giveUp(input.command, around);
        if (input.command.kind === "redact") return this.#redact(input.command, around);
        if (input.command.kind === "fill") return this.#fill(input.command, around);
        return [
          ...(input.command.kind === "rest" ? this.#rest() : []),
          { kind: "notify", notice: { kind: "passed", token: input.command.token } },
        ];
      case "expired":
        return this.#returning.step(around, this.#writing(around));
      case "closing":
        return [...(this.#touched.size === 0 ? [] : this.#close(around)), ...this.#changePayloads(around)];
      default:
        return [];
    }
  }

  describe(): Json {
    return {
      open: this.#open.size,
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

  #append({ token, path, events }: AppendCommand, around: Around): readonly Effect<Feed>[] {
    const refusal = eventsFault(events);
    return refusal === undefined ? this.#lay({ token, path, events }, around) : refused(token, refusal);
  }

  #lay({ token, path, events }: Omit<AppendCommand, "kind">, around: Around): readonly Effect<Feed>[] {
    const refusal = this.#cannotWrite(around);
    if (refusal !== undefined) return refused(token, refusal);
    const opened = this.#lane(path, around);
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
    this.#touched.add(lane);
    return effects;
  }

  #cannotWrite(around: Around): Refusal | undefined {
    if (around.disk === "full") return DISK_FULL;
    const trusted = trustedTimeMs({ persistedMs: this.#clock.last.wallMs, wallMs: around.wallMs, claimsMs: [] });
    const fault = clockFault(trusted);
    if (fault !== undefined) return { code: "clock", reason: fault, fix: "Set this machine's clock, then try again." };
    if (this.#touched.size >= sealHeadsMax)
      return { code: "too-large", reason: `more than ${sealHeadsMax} feeds in one turn`, fix: "Await some appends first." };
    return undefined;
  }

  /** In an epoch of this store instance, of an index greater than `above`. */
  #lane(path: SubjectPath, around: Around, above = -1): Refusal | { readonly lane: OpenLane; readonly effects: readonly Effect<Feed>[] } {
    const known = this.#open.get(path);
    if (known !== undefined && this.#isWritten(known.place.epoch, above)) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return { lane: known, effects: [] };
    }
    return unlessDamaged(() => this.#openLane(path, around, above));
  }

  #isWritten({ index, nonce }: Epoch, above: number): boolean {
    return index > above && equalBytes(nonce, this.#instance);
  }

  /** Changes nothing, in this core or in its effects, before it is sure to succeed. */
  #openLane(
    path: SubjectPath,
    { view, wallMs }: Around,
    above: number,
  ): Refusal | { readonly lane: OpenLane; readonly effects: readonly Effect<Feed>[] } {
    const { hasher, author, network } = this.#options;
    const subject = subjectId(hasher, network, path);
    const lanes = [...view.lanes(subject)];
    const mine = lanes.filter((entry) => compareBytes(entry.author, author) === 0);
    const current = mine.findLast((entry) => this.#isWritten(entry.epoch, above));
    if (current === undefined && mine.length >= epochsPerFeedMax) {
      return {
        code: "usage",
        reason: `${path} has had ${mine.length} epochs of this author`,
        fix: "Go on in another subject: this store was copied or restored too often.",
      };
    }
    const last = mine.at(-1);
    const epoch = current?.epoch ?? { index: last === undefined ? 0 : last.epoch.index + 1, nonce: this.#instance };
    const feed = feedId(hasher, author, subject);
    const number = current?.number ?? this.#nextLane;
    const causal = this.#causal({ feed, epoch, subject }, lanes, view);
    const place = { number, id: laneId(hasher, feed, epoch), feed, epoch, subject, path };
    if (current !== undefined) {
      const lane = resumeLane(place, causal, { ...this.#options, view, stamped: this.#clock.last });
      this.#keepOpen(path, lane);
      return { lane, effects: [] };
    }
    const branch = last === undefined ? undefined : branchFrom(last, view);
    const lane = new OpenLane(place, causal, NEW_LANE, new BlockBuilder(1, ZEROS));
    if (branch !== undefined)
      lane.addFirst({ kind: systemKinds.epochOpened, codec: eventCodecs.raw, payload: branch }, this.#clock, wallMs);
    this.#nextLane++;
    this.#keepOpen(path, lane);
    return { lane, effects: [{ kind: "write", write: { kind: "lane", lane: number, subject, path, author, epoch } }] };
  }

  /** Sizes of the subject's other lanes, as held here. A resumed lane says them all afresh, which is always right. */
  #causal(own: Pick<OwnLane, "feed" | "epoch" | "subject">, lanes: readonly LaneEntry[], view: FeedView): CausalEncoder {
    const { hasher } = this.#options;
    const encoder = new CausalEncoder(own);
    for (const entry of lanes) {
      const head = view.head(entry.number);
      const size = head === undefined ? 0 : countedSize(head);
      if (size > 0) encoder.observe({ feed: feedId(hasher, entry.author, own.subject), epoch: entry.epoch }, size);
    }
    return encoder;
  }

  #keepOpen(path: SubjectPath, lane: OpenLane): void {
    this.#open.delete(path);
    this.#open.set(path, lane);
    for (const [oldest, candidate] of this.#open) {
      if (this.#open.size <= lanesOpenMax) return;
      if (candidate !== lane && !this.#touched.has(candidate)) this.#open.delete(oldest);
    }
  }

  // --- taking what others wrote ---

  #take({ token, range }: TakeCommand, around: Around): readonly Effect<Feed>[] {
    const outcome = this.#taking(range, around);
    if (outcome === "stale") return [{ kind: "notify", notice: { kind: "stale", token } }];
    if ("code" in outcome) return [{ kind: "notify", notice: { kind: "refused", token, ...outcome } }];
    const { path, place, head } = range;
    if (outcome.lane === "new") this.#nextLane++;
    const become = outcome.replacement?.head ?? head;
    if (outcome.lane === "new" && become.freezeAt > 0 && this.#unknownForks !== undefined) this.#unknownForks--;
    const stamped = this.#clock.last;
    observeStamps(this.#clock, range, around.wallMs);
    const counted = countedSize(become);
    this.#open.get(path)?.observe({ feed: feedId(this.#options.hasher, place.author, place.subject), epoch: place.epoch }, counted);
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
      { kind: "notify", notice: { kind: "taken", token, path, size: head.size, replaced } },
    ];
  }

  /** Whichever of its stores wrote it, the author's second signature is due. */
  #isOursToSign({ author }: LanePlace): boolean {
    return this.#options.signatures === "hybrid" && equalBytes(author, this.#options.author);
  }

  #taking(range: VerifiedRange, { view, disk }: Around): Refusal | "stale" | LaneTaking {
    if (disk === "full") return DISK_FULL;
    const { author, hasher } = this.#options;
    const parts = { view, author, hasher, instance: this.#instance, nextLane: this.#nextLane };
    const outcome = unlessDamaged(() => laneTaking(range, parts));
    // What this turn wrote to a lane that was given up in it is not in the store yet.
    const isTouched = typeof outcome === "object" && "number" in outcome && this.#touchedLane(outcome.number) !== undefined;
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
    const open = path === undefined ? undefined : this.#open.get(path);
    const isIts = (lane: OpenLane) => compareBytes(lane.place.id, fork.lane) === 0;
    if (open !== undefined && !isIts(open))
      open.observe({ feed: feedId(this.#options.hasher, place.author, place.subject), epoch: place.epoch }, done.counted);
    // One that was given up in this turn is open no more, and is written all the same when the turn closes.
    for (const lane of open === undefined ? this.#touched : [open, ...this.#touched]) if (isIts(lane)) lane.freezeAt = freezeAt;
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
    const size = number === undefined ? 0 : (this.#touchedLane(number)?.size ?? view.head(number)?.size ?? 0);
    const effects: Effect<Feed>[] = [];
    if (equalBytes(place.epoch.nonce, this.#instance)) {
      const record = { ...storeOf(view), instance: random.bytes(epochNonceBytes) };
      this.#instance = record.instance;
      effects.push({ kind: "write", write: { kind: "store", record } });
    }
    if (number !== undefined) return [...effects, ...this.#returning.giveUp({ number, size }, from, around, token)];
    return token === undefined ? effects : [...effects, { kind: "notify", notice: { kind: "passed", token } }];
  }

  #touchedLane(number: number): OpenLane | undefined {
    for (const lane of this.#touched) if (lane.place.number === number) return lane;
    return undefined;
  }

  #writing(around: Around): Writing {
    return {
      clock: this.#clock,
      refusal: () => this.#cannotWrite(around),
      lane: (path, above) => this.#lane(path, around, above),
      touch: (lane) => this.#touched.add(lane),
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

  #changePayloads({ view }: Around): readonly Effect<Feed>[] {
    const [orders, laid] = [this.#payloads, this.#laid];
    this.#payloads = [];
    this.#laid = [];
    if (orders.length === 0) return [];
    const { hasher } = this.#options;
    const { writes, notices, changed } = changedPayloads(orders, { view, hasher, copies: this.#copies, laid });
    // An open lane whose last block is another now goes on from what is stored.
    for (const [path, { place, lastBlockSeq }] of this.#open)
      if (changed.some(({ lane, seq }) => lane === place.number && seq === lastBlockSeq)) this.#open.delete(path);
    return [
      ...writes.map((write): Effect<Feed> => ({ kind: "write", write })),
      ...notices.map((notice): Effect<Feed> => ({ kind: "notify", notice })),
    ];
  }

  // --- closing a turn ---

  #close({ view }: Around): readonly Effect<Feed>[] {
    const { hasher, author, signer, signatures } = this.#options;
    const effects: Effect<Feed>[] = [];
    const lanes = [...this.#touched].sort((left, right) => compareBytes(left.place.id, right.place.id));
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
    this.#touched.clear();
    this.#requests = [];
    return effects;
  }

  #appendedNotice({ token, lane, seqs }: Request, tails: ReadonlyMap<OpenLane, HashedTail>): FeedNotice {
    const { firstSeq, ids } = tails.get(lane) as HashedTail;
    const lastSeq = seqs.each?.at(-1) ?? seqs.first + seqs.count - 1;
    const own = ids.subarray((seqs.first - firstSeq) * hashBytes, (lastSeq - firstSeq + 1) * hashBytes);
    this.#appended += seqs.count;
    return { kind: "appended", token, path: lane.place.path, epoch: lane.place.epoch.index, seqs, ids: own };
  }
}

function refused(token: number, refusal: Refusal): readonly Effect<Feed>[] {
  return [{ kind: "notify", notice: { kind: "refused", token, ...refusal } }];
}

const ZEROS = new Uint8Array(hashBytes);
const NEW_LANE = { mmr: emptyMmr, head: ZEROS, stamp: { wallMs: 0, counter: 0 } };

function storeOf(view: FeedView): StoreRecord {
  const record = view.store();
  if (record === undefined) throw new DamagedStore("the record of what the store is", "it is missing");
  return record;
}

/** What the event that opens an epoch says of the one before. */
function branchFrom(last: LaneEntry, view: FeedView): Uint8Array {
  const head = view.head(last.number);
  if (head === undefined) throw new DamagedStore(`head of lane ${last.number}`, "it is missing");
  return encodeEpochOpened({ epoch: last.epoch, size: head.size, headId: head.headId });
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
  return 5 + events.length / 2 + bytesOf(events) / 1000;
}
