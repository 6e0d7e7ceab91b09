import { causalFullEveryEvents } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { type BlockView, blockRun, checkBlock, isAbsent } from "../feed/event/block.js";
import { blockIds } from "../feed/event/block-ids.js";
import type { CausalLane } from "../feed/event/causal-delta.js";
import { causalAt, counterAt, wallAt } from "../feed/event/event.js";
import { DamagedStore, type FeedView, type LaneEntry } from "../feed/lane/feed-view.js";
import { vouchedBlock } from "../feed/lane/subject-reader.js";
import { type Hasher, hashBytes, spanWords } from "../identity/crypto.js";
import { feedId, type LaneId, type SubjectId } from "../identity/ids.js";
import type { LaneIndex, Seen } from "../merge/dot.js";
import { Observations } from "./observations.js";

export interface LaneFoldParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly subject: SubjectId;
  readonly entry: LaneEntry;
  readonly index: LaneIndex;
  readonly id: LaneId;
  readonly seen: Seen;
  readonly indexOf: (lane: CausalLane) => LaneIndex;
  /** Where the fold goes on: behind this event. */
  readonly from: LaneCursor;
}

/** How far a lane is folded: the last event, and its id, by which it shows if the lane has others by now. */
export interface LaneCursor {
  readonly seq: number;
  readonly id: Uint8Array;
}

export const laneStart: LaneCursor = { seq: 0, id: new Uint8Array(hashBytes) };

/** Goes through one lane, event by event, each held against what follows it: what a disk lost is damage, and no event. */
export class LaneFold {
  readonly index: LaneIndex;
  readonly entry: LaneEntry;
  readonly observations: Observations;
  /** Seq of the last event that may be read now. */
  end: number;
  /** The event it is at; behind the last one folded by one. 0 while it is at none. */
  seq = 0;
  bytes: Uint8Array = laneStart.id;
  offset = 0;
  wallMs = 0;
  counter = 0;
  readonly #parts: LaneFoldParts;
  #folded: number;
  #foldedId: Uint8Array;
  #block: BlockView | undefined;
  /** Ids of the block's events, from `#idsFrom` on. */
  #ids: Uint8Array = laneStart.id;
  #idsFrom = 0;

  constructor(parts: LaneFoldParts) {
    const { entry, index, from, seen, indexOf, hasher, subject } = parts;
    this.#parts = parts;
    this.entry = entry;
    this.index = index;
    this.#folded = from.seq;
    this.#foldedId = from.id;
    this.end = from.seq;
    this.observations = new Observations({ feed: feedId(hasher, entry.author, subject), epoch: entry.epoch }, indexOf, seen);
    if (from.seq > 0) this.#resume(from.seq);
  }

  get folded(): LaneCursor {
    return { seq: this.#folded, id: this.#idOfFolded() };
  }

  get foldedSeq(): number {
    return this.#folded;
  }

  /** Comes to the event behind the last folded, if there is one up to `end`. */
  next(): boolean {
    const seq = this.#folded + 1;
    if (seq > this.end) {
      this.seq = 0;
      return false;
    }
    if (this.seq === seq) return true;
    const block = this.#blockOf(seq);
    this.seq = seq;
    this.bytes = block.bytes;
    this.offset = block.spans[(seq - block.firstSeq) * spanWords] as number;
    this.wallMs = wallAt(this.bytes, this.offset);
    this.counter = counterAt(this.bytes, this.offset);
    return true;
  }

  /** Of the event it is at. */
  get id(): Uint8Array {
    const at = (this.seq - this.#idsFrom) * hashBytes;
    return this.#ids.subarray(at, at + hashBytes);
  }

  get isAbsent(): boolean {
    const block = this.#block as BlockView;
    return isAbsent(block, this.seq - block.firstSeq);
  }

  /** What its author had folded counts from here on. */
  observe(): void {
    this.observations.next(causalAt(this.bytes, this.offset));
  }

  /** The event it is at is folded. */
  pass(): void {
    this.#folded = this.seq;
  }

  /** What is read next is read from the store: the lane has grown, or what it said came. */
  refresh(): void {
    this.#foldedId = this.#idOfFolded();
    this.#block = undefined;
    this.seq = 0;
  }

  /** It is cut out of the block's ids only when it is wanted. */
  #idOfFolded(): Uint8Array {
    if (this.#block === undefined || this.#folded < this.#idsFrom) return this.#foldedId;
    const at = (this.#folded - this.#idsFrom) * hashBytes;
    return this.#ids.slice(at, at + hashBytes);
  }

  #blockOf(seq: number): BlockView {
    const last = this.#block;
    if (last !== undefined && seq < last.firstSeq + last.count) return last;
    this.#foldedId = this.#idOfFolded();
    const { view, hasher, entry, id } = this.#parts;
    const { number } = entry;
    // A copy: what follows reads on, and the block outlives this turn.
    const bytes = view.blockOf(number, seq)?.slice();
    const block = bytes === undefined ? new Malformed("it is missing") : checkBlock(bytes);
    if (block instanceof Malformed) throw new DamagedStore(`event ${seq} of lane ${number}`, block.reason);
    const skip = seq - block.firstSeq;
    if (skip < 0 || skip >= block.count) throw new DamagedStore(`event ${seq} of lane ${number}`, "it is missing");
    const isHashedInPart = skip > 0 && block.absent.length === 0;
    if (isHashedInPart) {
      // Of a block that is folded in part only the rest is hashed: a tail block is read many times.
      this.#ids = new Uint8Array((block.count - skip) * hashBytes);
      this.#idsFrom = seq;
      const run = {
        ...blockRun(id, block),
        firstSeq: seq,
        previous: this.#foldedId,
        spans: block.spans.subarray(skip * spanWords),
        count: block.count - skip,
      };
      hasher.eventIds(run, this.#ids, 0);
    } else {
      this.#ids = new Uint8Array(block.count * hashBytes);
      this.#idsFrom = block.firstSeq;
      blockIds(hasher, id, block, { out: this.#ids });
      const before = skip === 0 ? block.previous : this.#ids.subarray((skip - 1) * hashBytes, skip * hashBytes);
      if (!equalBytes(before, this.#foldedId)) throw new OtherEvents(number, seq - 1);
    }
    const lastSeq = block.firstSeq + block.count - 1;
    const named = view.idFollowed(number, lastSeq);
    if (named === undefined || !equalBytes(named, this.#ids.subarray(-hashBytes))) {
      // In front of the part that is hashed, others may lie by now; a whole block that nothing goes on from was lost, or what follows it.
      if (isHashedInPart) throw new OtherEvents(number, lastSeq);
      throw new DamagedStore(`event ${lastSeq} of lane ${number}`, "what follows it does not go on from it");
    }
    this.#block = block;
    return block;
  }

  /** What its author had folded at the event the fold goes on behind: no further back than the last full delta. */
  #resume(folded: number): void {
    const { view, hasher, entry, id } = this.#parts;
    for (let seq = Math.max(1, folded - causalFullEveryEvents + 1); seq <= folded; ) {
      const { block } = vouchedBlock(view, hasher, { number: entry.number, id }, seq);
      for (; seq <= folded && seq < block.firstSeq + block.count; seq++)
        this.observations.next(causalAt(block.bytes, block.spans[(seq - block.firstSeq) * spanWords] as number));
    }
  }
}

/** A lane does not go on from the event that was folded last: a store that came back holds others, or a disk lost something. */
export class OtherEvents extends Error {
  readonly lane: number;

  constructor(lane: number, seq: number) {
    super(`lane ${lane} has other events than were folded, at ${seq} or before`);
    this.name = "OtherEvents";
    this.lane = lane;
  }
}
