import {
  appendBytesMax,
  appendEventsMax,
  epochsPerFeedMax,
  keyBytesMax,
  lanesOpenMax,
  payloadBytesMax,
  payloadCodecMax,
  sealHeadsMax,
} from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { clockFault, HybridClock, trustedTimeMs } from "../clock/hybrid-clock.js";
import { compareStamps } from "../clock/stamp.js";
import { type Hasher, hashBytes, type Signer, type Verifier } from "../identity/crypto.js";
import { type AuthorId, feedId, laneId, type NetworkId, subjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { emptyMmr, mmrRoot } from "../proof/mmr-append.js";
import { sealTree } from "../proof/seal-tree.js";
import type { Core, Effect, Input, Json, Protocol, Surroundings } from "../protocol/protocol.js";
import type { HeadRecord } from "../store/records.js";
import { BlockBuilder } from "./block.js";
import { CausalEncoder } from "./causal-encoder.js";
import { encodeEpochOpened, eventCodecs, isKind, systemKindMax, systemKinds } from "./event.js";
import { DamagedStore, FeedView, type LaneEntry } from "./feed-view.js";
import {
  type AppendCommand,
  applyFeedWrite,
  type FeedNotice,
  type FeedVocabulary,
  type Refusal,
  type Seqs,
  type TakeCommand,
} from "./feed-vocabulary.js";
import { type HashedTail, type NewParts, OpenLane, type OwnLane } from "./open-lane.js";
import { resumeLane } from "./resume-lane.js";
import { sealLeaf, sealMessage } from "./seal.js";
import { type LaneTaking, laneTaking, observeStamps, takenWrites } from "./take-range.js";
import type { VerifiedRange } from "./verified-range.js";

// The core that writes feeds. Appends lay events into their lanes as they are stepped; when the turn closes, all of
// them are hashed, one seal is signed over every lane touched, and blocks, nodes and heads go into the one commit.
//
// Invariants:
// 1. No event, id or seal leaves before its commit is flushed: `appended` is held like every effect.
// 2. A lane is written only under this store instance's nonce: a copy of the store begins epochs of its own.
// 3. Stamps rise strictly, across lanes and restarts: none reaches the persisted reserve before it is raised.

export interface FeedOptions {
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly author: AuthorId;
  readonly network: NetworkId;
  /** Nonce of the store instance. */
  readonly instance: Uint8Array;
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
  #nextLane = 0;
  #appended = 0;
  #taken = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  step(input: Input<Feed>, around: Around): readonly Effect<Feed>[] {
    switch (input.kind) {
      case "started":
        this.#clock = new HybridClock(around.view.clock());
        this.#nextLane = around.view.nextLaneNumber();
        return [];
      case "commanded":
        if (input.command.kind === "append") return this.#append(input.command, around);
        if (input.command.kind === "take") return this.#take(input.command, around);
        return [
          ...(input.command.kind === "rest" ? this.#rest() : []),
          { kind: "notify", notice: { kind: "passed", token: input.command.token } },
        ];
      case "closing":
        return this.#touched.size === 0 ? [] : this.#close(around);
      default:
        return [];
    }
  }

  describe(): Json {
    return {
      open: this.#open.size,
      appended: this.#appended,
      taken: this.#taken,
      clock: [this.#clock.last.wallMs, this.#clock.last.counter],
    };
  }

  #rest(): readonly Effect<Feed>[] {
    const reserve = this.#clock.rest();
    return reserve === undefined ? [] : [{ kind: "write", write: { kind: "clock", reserve } }];
  }

  // --- append ---

  #append({ token, path, events }: AppendCommand, around: Around): readonly Effect<Feed>[] {
    const refusal = eventsFault(events) ?? this.#cannotWrite(around);
    if (refusal !== undefined) return [{ kind: "notify", notice: { kind: "refused", token, ...refusal } }];
    const opened = this.#lane(path, around);
    if (!("lane" in opened)) return [{ kind: "notify", notice: { kind: "refused", token, ...opened } }];
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

  #lane(path: SubjectPath, around: Around): Refusal | { readonly lane: OpenLane; readonly effects: readonly Effect<Feed>[] } {
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return { lane: known, effects: [] };
    }
    try {
      return this.#openLane(path, around);
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error;
      return { code: "corrupt", reason: error.message, fix: "Run sinter audit to see what else is wrong." };
    }
  }

  /** Changes nothing, in this core or in its effects, before it is sure to succeed. */
  #openLane(path: SubjectPath, { view, wallMs }: Around): Refusal | { readonly lane: OpenLane; readonly effects: readonly Effect<Feed>[] } {
    const { hasher, author, network, instance } = this.#options;
    const subject = subjectId(hasher, network, path);
    const lanes = [...view.lanes(subject)];
    const mine = lanes.filter((entry) => compareBytes(entry.author, author) === 0);
    const current = mine.findLast((entry) => compareBytes(entry.epoch.nonce, instance) === 0);
    if (current === undefined && mine.length >= epochsPerFeedMax) {
      return {
        code: "usage",
        reason: `${path} has had ${mine.length} epochs of this author`,
        fix: "Go on in another subject: this store was copied or restored too often.",
      };
    }
    const last = mine.at(-1);
    const epoch = current?.epoch ?? { index: last === undefined ? 0 : last.epoch.index + 1, nonce: instance };
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
      if (head !== undefined) encoder.observe({ feed: feedId(hasher, entry.author, own.subject), epoch: entry.epoch }, head.size);
    }
    return encoder;
  }

  #keepOpen(path: SubjectPath, lane: OpenLane): void {
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
    if (outcome.lane === "new") this.#nextLane++;
    const { path, place, head } = range;
    observeStamps(this.#clock, range, around.wallMs);
    this.#open.get(path)?.observe({ feed: feedId(this.#options.hasher, place.author, place.subject), epoch: place.epoch }, head.size);
    this.#taken += head.size - range.held.size;
    const reserve = this.#clock.reserveNeeded();
    const clock: Effect<Feed>[] = reserve === undefined ? [] : [{ kind: "write", write: { kind: "clock", reserve } }];
    return [
      ...takenWrites(outcome, range, around.view),
      ...clock,
      { kind: "notify", notice: { kind: "taken", token, path, size: head.size } },
    ];
  }

  #taking(range: VerifiedRange, { view, disk }: Around): Refusal | "stale" | LaneTaking {
    if (disk === "full") return DISK_FULL;
    try {
      return laneTaking(range, { view, author: this.#options.author, nextLane: this.#nextLane });
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error;
      return { code: "corrupt", reason: error.message, fix: "Run sinter audit to see what else is wrong." };
    }
  }

  // --- closing a turn ---

  #close({ view }: Around): readonly Effect<Feed>[] {
    const { hasher, author, signer } = this.#options;
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
    });
    const reserve = this.#clock.reserveNeeded();
    if (reserve !== undefined) effects.push({ kind: "write", write: { kind: "clock", reserve } });
    for (const request of this.#requests) effects.push({ kind: "notify", notice: this.#appendedNotice(request, tails) });
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

const ZEROS = new Uint8Array(hashBytes);
const NEW_LANE = { mmr: emptyMmr, head: ZEROS, stamp: { wallMs: 0, counter: 0 } };

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
  const { mmr, head, stamp } = lane.state;
  return { size: mmr.size, headId: head, stamp, freezeAt: 0, lastBlockSeq: lane.lastBlockSeq, peaks: mmr.peaks, seal };
}

function costOf(input: Input<Feed>): number {
  if (input.kind === "closing") return 25;
  if (input.kind === "commanded" && input.command.kind === "take") return 10 + input.command.range.blocks.length * 4;
  if (input.kind !== "commanded" || input.command.kind !== "append") return 1;
  const { events } = input.command;
  return 5 + events.length / 2 + bytesOf(events) / 1000;
}

function bytesOf(events: readonly NewParts[]): number {
  let bytes = 0;
  for (const event of events) bytes += event.payload.length;
  return bytes;
}

/** What no store takes, whoever asks. */
function eventsFault(events: readonly NewParts[]): Refusal | undefined {
  if (events.length === 0) return { code: "usage", reason: "an append of no events", fix: "Give it one event or more." };
  if (events.length > appendEventsMax)
    return { code: "too-large", reason: `${events.length} events in one append`, fix: `Append at most ${appendEventsMax} at a time.` };
  if (bytesOf(events) > appendBytesMax)
    return { code: "too-large", reason: "too many bytes in one append", fix: `Append at most ${appendBytesMax} bytes at a time.` };
  for (const { kind, codec, payload, key } of events) {
    if (!Number.isInteger(kind) || !isKind(kind) || kind <= systemKindMax)
      return {
        code: "usage",
        reason: `an event of kind ${kind}`,
        fix: "Kinds 128 to 255 are the application's; 30 to 44 are merge operations.",
      };
    if (!Number.isInteger(codec) || codec < 0 || codec > payloadCodecMax)
      return { code: "usage", reason: `payload codec ${codec}`, fix: "Use raw, cbor, json or protobuf." };
    if (payload.length > payloadBytesMax)
      return {
        code: "too-large",
        reason: `a payload of ${payload.length} bytes`,
        fix: `Keep payloads to ${payloadBytesMax} bytes; split what is larger.`,
      };
    if (key !== undefined && (key.length < 1 || key.length > keyBytesMax))
      return { code: "usage", reason: `a key of ${key.length} bytes`, fix: `Keys have 1 to ${keyBytesMax} bytes.` };
  }
  return undefined;
}
