import { causalFullEveryEvents, returnBytesMax, returnEventsMax, returnWaitMs } from "../../bytes/limits.js";
import { type HybridClock, isFuture } from "../../clock/hybrid-clock.js";
import { compareStamps } from "../../clock/stamp.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { feedId, type LaneId, laneId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import type { Effect, Surroundings } from "../../protocol/protocol.js";
import type { GivenUpRecord, LaneRecord } from "../../store/records.js";
import { type BlockView, isAbsent } from "../event/block.js";
import { CausalDecoder, type CausalRow } from "../event/causal-delta.js";
import { causalAt, codecAt, keyAt, keyEpochAt, kindAt, originAt, payloadAt, sizeAt, stampAt } from "../event/event.js";
import { isBoundToItsLane } from "../event/origin.js";
import { redactionAt } from "../lane/absence.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { vouchedBlock } from "../lane/subject-reader.js";
import type { FeedVocabulary, Refusal, ReturnedEvent } from "./feed-vocabulary.js";
import { unlessDamaged } from "./freeze-lane.js";
import type { OpenLane, PartsAgain } from "./open-lane.js";
import type { RedactOrder } from "./payload-orders.js";

// Events of ours that count no more where they lie are appended again, in an epoch of this store's own: those of a lane that is
// frozen by a fork, or that others hold otherwise than we do. A mark says from where on a lane is given up and how far it has been
// looked at; it moves on in the commit that holds the events, so a crash loses nothing and repeats nothing. What was appended
// again is known by the id it first had, so that no branch of a lane is brought back twice, whatever it is found in.

type Feed = FeedVocabulary;
type Around = Surroundings<Feed>;

/** What it takes of the core that writes. */
export interface Writing {
  readonly clock: HybridClock;
  refusal(): Refusal | undefined;
  /** A lane of this store instance, in an epoch of a greater index than that: an origin lies in an earlier epoch. Whatever is added
   * to it is sealed when the turn closes. */
  lane(path: SubjectPath, above: number): Refusal | { readonly lane: OpenLane; readonly effects: readonly Effect<Feed>[] };
  touch(lane: OpenLane): void;
  redact(order: RedactOrder): void;
}

interface Work {
  /** Of those who wait for it. */
  tokens: number[];
  /** Appended again in this run. */
  events: number;
  epoch: number | undefined;
  /** By the steady clock: not to be looked at before. */
  notBefore: number;
}

export class Returning {
  readonly #hasher: Hasher;
  /** By lane number: given up, and not all looked at. */
  readonly #works = new Map<number, Work>();
  /** By lane number: why it does not go on by itself. */
  readonly #stuck = new Map<number, string>();
  #returned = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  get waiting(): number {
    return this.#works.size;
  }

  get returned(): number {
    return this.#returned;
  }

  /** What is not appended again before somebody asks for it, or the store is opened anew. */
  get stuck(): readonly string[] {
    return [...this.#stuck].map(([lane, reason]) => `lane ${lane}: ${reason}`);
  }

  /** Goes on with what was begun before a stop. */
  started({ view, now }: Around): readonly Effect<Feed>[] {
    unlessDamaged(() => {
      for (const lane of view.lanesGivenUp()) if (isUnfinished(view, lane)) this.#work(lane);
    });
    return this.#scheduled(now);
  }

  /** From `from` on, of the `size` events that the lane has. */
  giveUp(
    lane: { readonly number: number; readonly size: number },
    from: number,
    { view, now }: Around,
    token?: number,
  ): readonly Effect<Feed>[] {
    const mark = view.givenUp(lane.number);
    const work = this.#work(lane.number);
    work.notBefore = 0;
    if (token !== undefined) work.tokens.push(token);
    const lowered = from < (mark?.from ?? lane.size + 1) ? { from, next: from } : undefined;
    return [...(lowered === undefined ? [] : [marked(lane.number, lowered)]), ...this.#scheduled(now)];
  }

  /** Of a lane that may have grown, or has another end now. */
  goOn(lane: number, { now }: Around): readonly Effect<Feed>[] {
    this.#work(lane).notBefore = 0;
    return this.#scheduled(now);
  }

  /** Appends a bounded number of events again, of one lane. */
  step(around: Around, writing: Writing): readonly Effect<Feed>[] {
    const due = [...this.#works].find(([, work]) => work.notBefore <= around.now);
    if (due === undefined) return this.#scheduled(around.now);
    const [lane, work] = due;
    const advance = writing.refusal() ?? unlessDamaged(() => this.#advance(lane, work, around, writing));
    if ("code" in advance) return [...this.#putOff(lane, work, around, advance), ...this.#scheduled(around.now)];
    const { effects, stopped, done } = advance;
    if (done !== undefined) this.#works.delete(lane);
    const told = stopped === undefined ? notices(work, done) : this.#putOff(lane, work, around, stopped);
    return [...effects, ...told, ...this.#scheduled(around.now)];
  }

  #advance(number: number, work: Work, around: Around, writing: Writing): Advance {
    const { view } = around;
    const record = laneRecord(view, number);
    const path = pathOf(view, record);
    const mark = view.givenUp(number);
    const size = view.head(number)?.size ?? 0;
    if (mark === undefined || mark.next > size) return { effects: [], done: path };
    const slice = new Slice({ hasher: this.#hasher, number, record, path, from: mark.from, around, writing });
    const stopped = slice.run(mark.next, size);
    work.events += slice.events.length;
    work.epoch = slice.lane?.place.epoch.index ?? work.epoch;
    this.#returned += slice.events.length;
    return { effects: slice.effects({ from: mark.from, next: slice.next }), stopped, done: slice.next > size ? path : undefined };
  }

  /** Whoever waits is told; it goes on by itself, unless what is in the way does not go away by itself. */
  #putOff(lane: number, work: Work, { now }: Around, refusal: Refusal): readonly Effect<Feed>[] {
    const { tokens } = work;
    work.tokens = [];
    work.notBefore = now + returnWaitMs;
    if (refusal.code === "usage" || refusal.code === "corrupt") {
      this.#works.delete(lane);
      this.#stuck.set(lane, refusal.reason);
    }
    return tokens.map((token) => ({ kind: "notify", notice: { kind: "refused", token, ...refusal } }));
  }

  #work(lane: number): Work {
    const work = this.#works.get(lane) ?? { tokens: [], events: 0, epoch: undefined, notBefore: 0 };
    // The one last asked for comes last.
    this.#works.delete(lane);
    this.#stuck.delete(lane);
    this.#works.set(lane, work);
    return work;
  }

  #scheduled(now: number): readonly Effect<Feed>[] {
    if (this.#works.size === 0) return [];
    const due = Math.min(...[...this.#works.values()].map(({ notBefore }) => notBefore));
    return [{ kind: "schedule", timer: "return", delayMs: Math.max(0, due - now) }];
  }
}

interface Advance {
  readonly effects: readonly Effect<Feed>[];
  readonly stopped?: Refusal | undefined;
  /** Once all of the lane is appended again: its subject's path. */
  readonly done: SubjectPath | undefined;
}

function notices({ tokens, events, epoch }: Work, done: SubjectPath | undefined): readonly Effect<Feed>[] {
  if (done === undefined || (events === 0 && tokens.length === 0)) return [];
  return [{ kind: "notify", notice: { kind: "returned", tokens, path: done, epoch, events } }];
}

function isUnfinished(view: FeedView, lane: number): boolean {
  const mark = view.givenUp(lane);
  return mark !== undefined && mark.next <= (view.head(lane)?.size ?? 0);
}

interface SliceParts {
  readonly hasher: Hasher;
  readonly number: number;
  readonly record: LaneRecord;
  readonly path: SubjectPath;
  /** From this event on the lane counts no more. */
  readonly from: number;
  readonly around: Around;
  readonly writing: Writing;
}

const FUTURE: Refusal = {
  code: "clock",
  reason: "events of this store's own from the future are not appended again before their time",
  fix: "Set this machine's clock if it is behind; it goes on by itself.",
};

/** What one turn appends again of a lane. */
class Slice {
  readonly events: ReturnedEvent[] = [];
  /** Where they go, once one does. */
  lane: OpenLane | undefined;
  /** The first event that was not looked at. */
  next = 0;
  readonly #parts: SliceParts;
  /** What their author knew of other lanes, event by event. */
  readonly #known: CausalDecoder;
  readonly #opened: Effect<Feed>[] = [];
  #bytes = 0;

  constructor(parts: SliceParts) {
    this.#parts = parts;
    const { hasher, record } = parts;
    this.#known = new CausalDecoder({ feed: feedId(hasher, record.author, record.subject), epoch: record.epoch });
  }

  effects(mark: GivenUpRecord): readonly Effect<Feed>[] {
    const { number } = this.#parts;
    const written = this.events.map((event): Effect<Feed> => ({ kind: "write", write: { kind: "returned", event } }));
    return [...this.#opened, ...written, marked(number, mark)];
  }

  /** Why it stopped, if not for having done enough. */
  run(from: number, size: number): Refusal | undefined {
    const { number, record, around, hasher } = this.#parts;
    const { view } = around;
    this.next = from;
    return unlessDamaged(() => {
      const id = laneId(hasher, feedId(hasher, record.author, record.subject), record.epoch);
      this.#comeTo(from, { number, id });
      while (this.next <= size && !this.#isFull()) {
        const read = vouchedBlock(view, hasher, { number, id }, this.next);
        const refusal = this.#block(read.block, read.ids);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    });
  }

  /** From any event, the last delta that says all is no further back than that. */
  #comeTo(from: number, lane: { readonly number: number; readonly id: LaneId }): void {
    const { around, hasher } = this.#parts;
    for (let seq = Math.max(1, from - causalFullEveryEvents); seq < from; ) {
      const { block } = vouchedBlock(around.view, hasher, lane, seq);
      for (; seq < from && seq < block.firstSeq + block.count; seq++)
        this.#known.apply(causalAt(block.bytes, block.spans[(seq - block.firstSeq) * spanWords] as number));
    }
  }

  /** What the author of the event at `seq` knew: of this lane all before it, so far as that counts. */
  #knownAt(seq: number): readonly CausalRow[] {
    return [...this.#known.rows(), { ...this.#known.own, size: Math.min(seq, this.#parts.from) - 1 }];
  }

  #isFull(): boolean {
    return this.events.length >= returnEventsMax || this.#bytes >= returnBytesMax;
  }

  #block(block: BlockView, ids: Uint8Array): Refusal | undefined {
    while (this.next < block.firstSeq + block.count && !this.#isFull()) {
      const index = this.next - block.firstSeq;
      const id = ids.subarray(index * hashBytes, (index + 1) * hashBytes);
      this.#known.apply(causalAt(block.bytes, block.spans[index * spanWords] as number));
      const refusal = this.#event(block, { index, id });
      if (refusal !== undefined) return refusal;
      this.next++;
    }
    return undefined;
  }

  #event(block: BlockView, { index, id }: { readonly index: number; readonly id: Uint8Array }): Refusal | undefined {
    const { bytes, spans, firstSeq } = block;
    const { record, path, writing, around } = this.#parts;
    const { wallMs } = around;
    const offset = spans[index * spanWords] as number;
    if (isBoundToItsLane(kindAt(bytes, offset)) || isAbsent(block, index)) return undefined;
    const origin = originAt(bytes, offset) ?? { epoch: record.epoch, seq: firstSeq + index, stamp: stampAt(bytes, offset), id };
    if (this.#isBack(origin.id)) return undefined;
    // It stands where it first stood, and says so no earlier than that.
    if (isFuture(origin.stamp, wallMs) && compareStamps(origin.stamp, writing.clock.last) > 0) return FUTURE;
    const opened = this.lane === undefined ? writing.lane(path, record.epoch.index) : { lane: this.lane, effects: [] };
    if (!("lane" in opened)) return opened;
    const { lane } = opened;
    this.lane = lane;
    this.#opened.push(...opened.effects);
    writing.clock.observe(origin.stamp, wallMs);
    const again: PartsAgain = {
      kind: kindAt(bytes, offset),
      codec: codecAt(bytes, offset),
      payload: payloadAt(bytes, offset),
      key: keyAt(bytes, offset),
      keyEpoch: keyEpochAt(bytes, offset),
      origin,
    };
    lane.recall(this.#knownAt(firstSeq + index));
    const seq = lane.add(again, writing.clock, wallMs);
    writing.touch(lane);
    const by = { lane: lane.place.number, seq };
    this.events.push({ id: origin.id.slice(), ...by });
    const redaction = redactionAt(bytes, offset);
    // From now on this is the event that says so. While it counted nowhere, what it names may have come from others.
    if (redaction !== undefined) writing.redact({ kind: "redact", of: record, redaction, by });
    this.#bytes += sizeAt(bytes, offset);
    return undefined;
  }

  /** Whether it was appended again, to where it still counts. */
  #isBack(event: Uint8Array): boolean {
    const { view } = this.#parts.around;
    const returned = view.returned(event);
    if (returned === undefined) return false;
    const mark = view.givenUp(returned.lane);
    return mark === undefined || returned.seq < mark.from;
  }
}

function marked(lane: number, mark: GivenUpRecord): Effect<Feed> {
  return { kind: "write", write: { kind: "givenUp", lane, mark } };
}

function laneRecord(view: FeedView, lane: number): LaneRecord {
  const record = view.lane(lane);
  if (record === undefined) throw new DamagedStore(`lane ${lane}`, "its record is missing");
  return record;
}

function pathOf(view: FeedView, { subject }: LaneRecord): SubjectPath {
  const path = view.subject(subject);
  if (path === undefined) throw new DamagedStore("a subject", "its path is missing");
  return path;
}
