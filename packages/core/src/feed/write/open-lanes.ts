import { epochsPerFeedMax, lanesOpenMax, lensEventsMax } from "../../bytes/limits.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import type { HybridClock } from "../../clock/hybrid-clock.js";
import { type Hasher, hashBytes, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, type Epoch, feedId, laneId, type NetworkId, type SubjectId, subjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { emptyMmr } from "../../proof/mmr-append.js";
import type { Effect, Surroundings } from "../../protocol/protocol.js";
import { BlockBuilder } from "../event/block.js";
import { CausalEncoder } from "../event/causal-encoder.js";
import { encodeEpochOpened, eventCodecs, systemKinds } from "../event/event.js";
import { encodeLens, type Lens } from "../event/lens-payload.js";
import { DamagedStore, type FeedView, type LaneEntry } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import { lensOf } from "../lane/lens.js";
import type { LanePlace } from "../seal/checkpoint.js";
import type { FeedVocabulary, Refusal } from "./feed-vocabulary.js";
import { unlessDamaged } from "./freeze-lane.js";
import { KnownLanes, type Observed } from "./known-lanes.js";
import { type NewParts, OpenLane, type OwnLane } from "./open-lane.js";
import { resumeLane } from "./resume-lane.js";

type Feed = FeedVocabulary;
type Around = Pick<Surroundings<Feed>, "view" | "wallMs">;

export interface OpenLanesOptions {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly author: AuthorId;
  readonly network: NetworkId;
}

/** How a lane is to be written on. */
export interface Opening {
  readonly clock: HybridClock;
  /** In an epoch of a greater index than this. */
  readonly above?: number | undefined;
  /** What its author knows of other lanes; all that is held, where it is left out. */
  readonly observed?: Observed | undefined;
  /** Named by the first event, where the lane is the author's first in the subject and the subject has no lens. */
  readonly lens?: Lens | undefined;
}

export interface Opened {
  readonly lane: OpenLane;
  readonly effects: readonly Effect<Feed>[];
}

/** The lanes of this store's author that are ready to be written, all under the nonce of this store instance. */
export class OpenLanes {
  readonly #options: OpenLanesOptions;
  /** Least recently used first. */
  readonly #lanes = new Map<SubjectPath, OpenLane>();
  /** Written in this turn. One that was given up in it is open no more, and is sealed all the same when the turn closes. */
  readonly touched = new Set<OpenLane>();
  /** The number that the next new lane takes, whoever writes it. */
  nextNumber = 0;
  /** Nonce of the store instance: that of the epochs written here. */
  instance: Uint8Array = ZEROS;

  /** Whose subjects have a lens, or have been given one. */
  readonly #named = new WeakSet<OpenLane>();

  constructor(options: OpenLanesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#lanes.size;
  }

  get(path: SubjectPath): OpenLane | undefined {
    return this.#lanes.get(path);
  }

  touchedLane(number: number): OpenLane | undefined {
    for (const lane of this.touched) if (lane.place.number === number) return lane;
    return undefined;
  }

  /** Open lanes whose last block is another now go on from what is stored. */
  relaid(changed: readonly { readonly lane: number; readonly seq: number }[]): void {
    for (const [path, { place, lastBlockSeq }] of this.#lanes)
      if (changed.some(({ lane, seq }) => lane === place.number && seq === lastBlockSeq)) this.#lanes.delete(path);
  }

  /** So much of a lane is held here, and counts. */
  hold(path: SubjectPath, { author, subject, epoch }: LanePlace, held: { readonly lane: number; readonly counted: number }): void {
    this.#lanes.get(path)?.hold(held.lane, { feed: feedId(this.#options.hasher, author, subject), epoch }, held.counted);
  }

  /** Ready for an event. */
  open(path: SubjectPath, around: Around, opening: Opening): Refusal | Opened {
    return unlessDamaged(() => {
      const { view } = around;
      const { hasher } = this.#options;
      const known = this.#lanes.get(path);
      if (known === undefined || !this.#isWritten(known.place.epoch, opening.above)) return this.#begin(path, around, opening);
      known.know(opening.observed, { view, hasher });
      this.#lanes.delete(path);
      this.#lanes.set(path, known);
      this.#name(known, around, opening);
      return { lane: known, effects: [] };
    });
  }

  #isWritten({ index, nonce }: Epoch, above = -1): boolean {
    return index > above && equalBytes(nonce, this.instance);
  }

  /** Changes nothing, here or in its effects, before it is sure to succeed. */
  #begin(path: SubjectPath, { view, wallMs }: Around, { clock, above, observed, lens }: Opening): Refusal | Opened {
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
    const epoch = current?.epoch ?? { index: last === undefined ? 0 : last.epoch.index + 1, nonce: this.instance };
    const feed = feedId(hasher, author, subject);
    const number = current?.number ?? this.nextNumber;
    const place: OwnLane = { number, id: laneId(hasher, feed, epoch), feed, epoch, subject, path };
    const known = this.#knownLanes(place, lanes, view);
    known.know(observed, { view, hasher });
    if (current !== undefined) {
      const lane = resumeLane(place, known, { ...this.#options, view, stamped: clock.last });
      this.#keep(path, lane);
      this.#name(lane, { view, wallMs }, { clock, lens });
      return { lane, effects: [] };
    }
    const first = last === undefined ? lensEvent(lens, view, { hasher, subject }) : branchEvent(last, view);
    const lane = new OpenLane(place, known, NEW_LANE, new BlockBuilder(1, ZEROS));
    if (first !== undefined) lane.addFirst(first, clock, wallMs);
    if (first?.kind === systemKinds.lens) this.#named.add(lane);
    this.#name(lane, { view, wallMs }, { clock, lens });
    this.nextNumber++;
    this.#keep(path, lane);
    return { lane, effects: [{ kind: "write", write: { kind: "lane", lane: number, subject, path, author, epoch } }] };
  }

  /** Who reads a subject through a type that nobody has named yet names it, as long as anybody would look for that in this lane. */
  #name(lane: OpenLane, { view, wallMs }: Pick<Around, "view" | "wallMs">, { clock, lens }: Pick<Opening, "clock" | "lens">): void {
    if (lens === undefined || lane.size >= lensEventsMax || this.#named.has(lane)) return;
    this.#named.add(lane);
    const event = lensEvent(lens, view, { hasher: this.#options.hasher, subject: lane.place.subject });
    if (event !== undefined) lane.add(event, clock, wallMs);
  }

  /** Sizes of the subject's other lanes, as held here. A resumed lane says them all afresh, which is always right. */
  #knownLanes(own: OwnLane, lanes: readonly LaneEntry[], view: FeedView): KnownLanes {
    const { hasher } = this.#options;
    const known = new KnownLanes(own, new CausalEncoder(own));
    for (const { number, author, epoch } of lanes) {
      const head = view.head(number);
      known.hold(number, { feed: feedId(hasher, author, own.subject), epoch }, head === undefined ? 0 : countedSize(head));
    }
    return known;
  }

  #keep(path: SubjectPath, lane: OpenLane): void {
    this.#lanes.delete(path);
    this.#lanes.set(path, lane);
    for (const [oldest, candidate] of this.#lanes) {
      if (this.#lanes.size <= lanesOpenMax) return;
      if (candidate !== lane && !this.touched.has(candidate)) this.#lanes.delete(oldest);
    }
  }
}

const ZEROS = new Uint8Array(hashBytes);
const NEW_LANE = { mmr: emptyMmr, head: ZEROS, stamp: { wallMs: 0, counter: 0 } };

/** What the event that opens an epoch says of the one before. */
function branchEvent(last: LaneEntry, view: FeedView): NewParts {
  const head = view.head(last.number);
  if (head === undefined) throw new DamagedStore(`head of lane ${last.number}`, "it is missing");
  const payload = encodeEpochOpened({ epoch: last.epoch, size: head.size, headId: head.headId });
  return { kind: systemKinds.epochOpened, codec: eventCodecs.raw, payload };
}

/** Names the lens of its subject, where none is named. */
function lensEvent(
  lens: Lens | undefined,
  view: FeedView,
  { hasher, subject }: { readonly hasher: Hasher; readonly subject: SubjectId },
): NewParts | undefined {
  if (lens === undefined || lensOf(view, hasher, subject) !== undefined) return undefined;
  return { kind: systemKinds.lens, codec: eventCodecs.raw, payload: encodeLens(lens) };
}
