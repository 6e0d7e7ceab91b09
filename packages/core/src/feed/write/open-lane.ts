import { blockBytesMax } from "../../bytes/limits.js";
import type { HybridClock } from "../../clock/hybrid-clock.js";
import type { Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import type { Epoch, FeedId, LaneId, SubjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { appendLeaves, type Mmr } from "../../proof/mmr-append.js";
import { BlockBuilder } from "../event/block.js";
import type { CausalLane, CausalRow } from "../event/causal-delta.js";
import { type EventParts, eventCodecs, eventSize, type Origin, systemKinds } from "../event/event.js";
import type { KnowingParts, KnownLanes, Observed } from "./known-lanes.js";

/** What a lane is, apart from how far it has come. */
export interface OwnLane {
  /** Local to this store. */
  readonly number: number;
  readonly id: LaneId;
  readonly feed: FeedId;
  readonly epoch: Epoch;
  readonly subject: SubjectId;
  readonly path: SubjectPath;
}

/** How far a lane has come, all of it hashed. */
export interface LaneState {
  readonly mmr: Mmr;
  readonly head: Uint8Array;
  readonly stamp: Stamp;
}

export interface NewParts {
  readonly kind: number;
  readonly codec: number;
  readonly payload: Uint8Array;
  readonly key?: Uint8Array | undefined;
}

/** An event that stood elsewhere before. */
export interface PartsAgain extends NewParts {
  readonly origin: Origin;
  readonly keyEpoch: number | undefined;
}

interface TailParts {
  readonly firstSeq: number;
  readonly ids: Uint8Array;
  readonly blocks: readonly { readonly firstSeq: number; readonly bytes: Uint8Array }[];
  readonly nodes: readonly { readonly group: number; readonly bytes: Uint8Array }[];
}

/** What a turn's events of a lane come to once they are hashed. Only an open lane makes one: the class is not exported. */
class HashedTail {
  readonly #parts: TailParts;

  constructor(parts: TailParts) {
    this.#parts = parts;
  }

  get firstSeq(): number {
    return this.#parts.firstSeq;
  }

  /** 32 bytes an event, from `firstSeq` on. */
  get ids(): Uint8Array {
    return this.#parts.ids;
  }

  get blocks(): TailParts["blocks"] {
    return this.#parts.blocks;
  }

  get nodes(): TailParts["nodes"] {
    return this.#parts.nodes;
  }
}

export type { HashedTail };

const NO_PAYLOAD = new Uint8Array(0);

/** A lane of ours that is being written. Events are laid into its tail block as they come, and hashed all together when
 * the turn closes. Owner: the feed core; a lane whose turn is dropped is dropped with it. */
export class OpenLane {
  readonly place: OwnLane;
  /** Seq from which its events count no more; 0: it is not frozen. */
  freezeAt = 0;
  readonly #known: KnownLanes;
  #state: LaneState;
  #tail: BlockBuilder;
  /** Events of the tail that are hashed and stored. */
  #tailHashed: number;
  /** Blocks this turn filled, before the tail. */
  #filled: BlockBuilder[] = [];
  #lastBlockSeq: number;
  #size: number;
  #stamp: Stamp;

  constructor(place: OwnLane, known: KnownLanes, state: LaneState, tail: BlockBuilder) {
    this.place = place;
    this.#known = known;
    this.#state = state;
    this.#tail = tail;
    this.#tailHashed = tail.count;
    this.#lastBlockSeq = tail.firstSeq;
    this.#size = state.mmr.size;
    this.#stamp = state.stamp;
    this.#letGo();
  }

  get state(): LaneState {
    return this.#state;
  }

  /** With what this turn added and has not hashed yet. */
  get size(): number {
    return this.#size;
  }

  /** Where the last block stored begins. */
  get lastBlockSeq(): number {
    return this.#lastBlockSeq;
  }

  /** So much is held here of another lane of the subject, and counts. */
  hold(number: number, lane: CausalLane, size: number): void {
    this.#known.hold(number, lane, size);
  }

  /** What the author of the next events knows of other lanes: they say so. All that is held, where it is left out. */
  know(observed: Observed | undefined, parts: KnowingParts): void {
    this.#known.know(observed, parts);
  }

  /** The next event was written before: it says what its author knew then. */
  recall(rows: readonly CausalRow[]): void {
    this.#known.recall(rows);
  }

  /** Adds one event, and ahead of it the frontier events that its causal delta needs. Answers its seq. */
  add(parts: NewParts | PartsAgain, clock: HybridClock, wallMs: number): number {
    const deltas = this.#known.next();
    for (let index = 0; index < deltas.length - 1; index++) this.#write(frontierEvent(deltas[index], clock.tick(wallMs)));
    return this.#write(eventOf(parts, deltas[deltas.length - 1], clock.tick(wallMs)));
  }

  /** The first event of an epoch: it takes the first delta, and frontier events follow. */
  addFirst(parts: NewParts, clock: HybridClock, wallMs: number): void {
    const [first, ...rest] = this.#known.next();
    this.#write(eventOf(parts, first, clock.tick(wallMs)));
    for (const causal of rest) this.#write(frontierEvent(causal, clock.tick(wallMs)));
  }

  /** Hashes what was added since the last time: ids, range, blocks to store. */
  hash(hasher: Hasher): HashedTail {
    const { mmr } = this.#state;
    const count = this.#size - mmr.size;
    const ids = new Uint8Array(count * hashBytes);
    const blocks: { firstSeq: number; bytes: Uint8Array }[] = [];
    let at = 0;
    let from = this.#tailHashed;
    let previous = this.#state.head;
    for (const builder of [...this.#filled, this.#tail]) {
      // Only now is it known which id a block begun in this turn follows.
      if (from === 0) builder.follow(previous);
      const run = builder.run(this.place.id, from, previous);
      from = 0;
      if (run.count === 0) continue;
      hasher.eventIds(run, ids, at);
      at += run.count * hashBytes;
      previous = ids.subarray(at - hashBytes, at);
      blocks.push({ firstSeq: builder.firstSeq, bytes: builder.finish() });
      this.#lastBlockSeq = builder.firstSeq;
    }
    const nodes: { group: number; bytes: Uint8Array }[] = [];
    const grown = appendLeaves(hasher, mmr, ids, count, (group, bytes) => nodes.push({ group, bytes }));
    this.#state = { mmr: grown, head: previous.slice(), stamp: this.#stamp };
    this.#tailHashed = this.#tail.count;
    this.#filled = [];
    this.#letGo();
    return new HashedTail({ firstSeq: mmr.size + 1, ids, blocks, nodes });
  }

  /** A large event has its block to itself: once stored, nothing is added to it, and an open lane need not keep its bytes. */
  #letGo(): void {
    if (this.#tail.length <= blockBytesMax) return;
    this.#tail = new BlockBuilder(this.#size + 1, new Uint8Array(hashBytes));
    this.#tailHashed = 0;
  }

  #write(parts: EventParts): number {
    const size = eventSize(parts);
    if (!this.#tail.fits(size)) {
      this.#filled.push(this.#tail);
      this.#tail = new BlockBuilder(this.#size + 1, new Uint8Array(hashBytes));
    }
    this.#tail.add(parts, size);
    this.#stamp = parts.stamp;
    return ++this.#size;
  }
}

/** Every event is made in one place with all its parts named: the code that writes them then meets a single shape. */
function eventOf(parts: NewParts | PartsAgain, causal: Uint8Array | undefined, stamp: Stamp): EventParts {
  const { kind, codec, payload, key } = parts;
  const { origin, keyEpoch } = "origin" in parts ? parts : FIRST;
  return { kind, codec, payload, key, causal, stamp, origin, keyEpoch };
}

const FIRST = { origin: undefined, keyEpoch: undefined };

function frontierEvent(causal: Uint8Array | undefined, stamp: Stamp): EventParts {
  return eventOf({ kind: systemKinds.frontier, codec: eventCodecs.raw, payload: NO_PAYLOAD }, causal, stamp);
}
