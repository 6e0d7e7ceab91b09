import { clockDriftMsMax, quarantinedPerViewMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import type { Stamp } from "../clock/stamp.js";
import { counterAt, decodeRedaction, kindAt, originAt, payloadAt, systemKinds, wallAt } from "../feed/event/event.js";
import { hasOrigin } from "../feed/event/origin.js";
import { nameAt, namedLane, redactedBy } from "../feed/lane/absence.js";
import { DamagedStore, type FeedView, type LaneEntry } from "../feed/lane/feed-view.js";
import { type Assurance, laneReach } from "../feed/lane/lane-reach.js";
import { LaneReader, type Located } from "../feed/lane/lane-reader.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectId } from "../identity/ids.js";
import type { Dot, LaneIndex, Lanes, Seen } from "../merge/dot.js";
import type { AnyMergeType, Circumstance, Reach } from "../merge/merge-type.js";
import { operationKinds } from "../merge/operation-kinds.js";
import { SeenLanes } from "../merge/state.js";
import { decodeOperations } from "../merge/transaction.js";
import type { PlaceHere } from "../store/view-records.js";
import { type LaneCursor, LaneFold, laneStart, OtherEvents } from "./lane-fold.js";
import { hasEarlierStamp, LaneQueue } from "./lane-queue.js";
import type { Observations } from "./observations.js";
import { ViewItems } from "./view-items.js";
import { ViewLanes } from "./view-lanes.js";
import { ViewLog } from "./view-log.js";
import type { ViewStore } from "./view-store.js";
import { ViewTrie } from "./view-trie.js";

// Folds the events of a subject through a merge type, as they come, and never again: how far it came in each lane is kept with what
// it came to. What takes an event away that was folded (its author forked, or took it back; a store that came back holds others)
// leaves the view `outdated`: whoever owns it folds another from the beginning, and puts it in this one's place.

export interface ViewFoldParts {
  /** What is on disk. */
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly subject: SubjectId;
  readonly type: AnyMergeType;
  readonly assurance: Assurance;
  readonly store: ViewStore;
  readonly kept: "whole" | "some";
  /** Which lanes go first. By their epochs, events come where they first stood before they come where they were appended again: then
   * no event that counts is found to count elsewhere. */
  readonly order?: "stamps" | "epochs";
  /** As this machine believes. */
  readonly wallMs: () => number;
  /** What an event asks, where that is known without reading it: it was just written here. */
  readonly known?: (lane: number, seq: number) => readonly unknown[] | undefined;
  /** Only what stands up to there in the order counts; all of it, where left out. */
  readonly until?: (standing: Stamp) => boolean;
}

/** One event that was folded. */
export interface FoldedEvent {
  readonly lane: LaneEntry;
  readonly seq: number;
  readonly wallMs: number;
  readonly counter: number;
  /** Of what it changed. */
  readonly keys: readonly string[];
}

/** An event that asks for something its subject's type has no meaning for. */
export interface PassedOver {
  readonly lane: LaneEntry;
  readonly seq: number;
  readonly reason: string;
}

/** Why a lane is not folded further for now. */
export type Wait = { readonly why: "future"; readonly wallMs: number } | { readonly why: "wanted" };

/** The payload is not there: its author took it back before it was folded. */
const REDACTED = "redacted";

export class ViewFold {
  readonly items: ViewItems;
  readonly lanes: ViewLanes;
  readonly #parts: ViewFoldParts;
  readonly #seen = new SeenLanes();
  readonly #folds = new Map<number, LaneFold>();
  readonly #queue: LaneQueue;
  readonly #isBefore: (left: LaneFold, right: LaneFold) => boolean;
  readonly #moved = new Set<LaneFold>();
  readonly #waits = new Map<LaneFold, Wait>();
  #hasAgain: boolean;
  #quarantined = 0;
  readonly #passedOver: PassedOver[] = [];
  #events = 0;
  #outdated: string | undefined;
  #frontier: ReadonlyMap<number, number> | undefined;
  /** Of the moment at which it folds. */
  #wallMs = 0;
  readonly #at: MovingCircumstance;
  /** Of a table. */
  readonly #trie: ViewTrie | undefined;
  readonly log: ViewLog | undefined;

  constructor(parts: ViewFoldParts) {
    this.#parts = parts;
    const { view, hasher, subject, store, type, kept } = parts;
    this.lanes = new ViewLanes(view, hasher, subject);
    for (const [number, cursor] of store.cursors()) this.#resume(number, cursor);
    this.items = new ViewItems({ type, store, lanes: this.lanes.stored, seen: this.#seen, kept });
    if (kept === "some") {
      this.#trie = new ViewTrie(hasher, store, type, this.lanes.canonical);
      this.log = new ViewLog(store);
    }
    this.#hasAgain = store.hasAgain();
    for (const _ of store.allQuarantined()) this.#quarantined++;
    const byEpoch = (left: LaneFold, right: LaneFold) => this.lanes.stored.compare(left.index, right.index) < 0;
    this.#isBefore = parts.order === "epochs" ? byEpoch : hasEarlierStamp;
    this.#queue = new LaneQueue(this.#isBefore);
    this.#at = new MovingCircumstance(this.lanes.stored, this.#seen);
  }

  get seen(): Seen {
    return this.#seen;
  }

  /** Events folded since it was opened. */
  get events(): number {
    return this.#events;
  }

  /** Why what was folded counts no more, once it does not. */
  get outdated(): string | undefined {
    return this.#outdated;
  }

  /** In which order another fold of the same goes on without being outdated in its turn. */
  get orderAnew(): "stamps" | "epochs" {
    return this.#hasAgain ? "epochs" : "stamps";
  }

  /** Lanes that are not folded to their end, and why. */
  get waits(): ReadonlyMap<LaneFold, Wait> {
    return this.#waits;
  }

  /** How far each lane is folded, by its number: the same object until that changes. */
  frontier(): ReadonlyMap<number, number> {
    if (this.#frontier === undefined) {
      const frontier = new Map<number, number>();
      for (const [number, { foldedSeq }] of this.#folds) frontier.set(number, foldedSeq);
      this.#frontier = frontier;
    }
    return this.#frontier;
  }

  /** Looks what the store has by now. */
  look(): void {
    const { view, subject } = this.#parts;
    this.#queue.clear();
    this.#waits.clear();
    this.#orOutdated(() => {
      for (const entry of [...view.lanes(subject)]) this.#lookAt(entry);
    });
  }

  /** A lane has other events from this one on. */
  replaced(number: number, from: number): void {
    const fold = this.#folds.get(number);
    if (fold === undefined) return;
    if (fold.foldedSeq >= from) this.#outdated ??= "a lane has other events than were folded";
    else fold.refresh();
  }

  /** Folds so many events at most. `told` of each that asked something of this type. */
  fold(eventsMax: number, told?: (event: FoldedEvent) => void): "more" | "done" {
    const end = this.#events + eventsMax;
    this.#wallMs = this.#parts.wallMs();
    this.#orOutdated(() => {
      while (this.#events < end && this.#outdated === undefined) {
        const lane = this.#queue.first;
        if (lane === undefined) return;
        this.#run(lane, this.#queue.second, end, told);
      }
    });
    return this.#outdated === undefined && this.#queue.size > 0 ? "more" : "done";
  }

  /** Events that were passed over since the last time it was asked. */
  takePassedOver(): readonly PassedOver[] {
    return this.#passedOver.splice(0);
  }

  /** Lays all that changed into the view's part of the store. */
  settle(): void {
    for (const lane of this.#moved) this.#parts.store.putCursor(lane.entry.number, lane.folded);
    this.#moved.clear();
    this.items.settle();
    this.#trie?.settle();
    this.log?.settle();
  }

  /** Where an event stands in the order, and where it lies. */
  placeAt(lane: number, seq: number, { bytes, offset }: Pick<Located, "bytes" | "offset">): Omit<Dot, "operation"> {
    const { entry, index } = this.#folds.get(lane) as LaneFold;
    if (hasOrigin(bytes, offset)) return this.#firstPlace({ entry, index, seq, bytes, offset });
    return { lane: index, seq, wallMs: wallAt(bytes, offset), counter: counterAt(bytes, offset) };
  }

  /** Of a table: what all of it comes to. Where more changed since the last time than is taken in without a pause: to be asked again. */
  takeIn(): Uint8Array | "more" {
    if (this.#trie === undefined) throw new Error("this view keeps no root");
    return this.#trie.takeIn((key) => this.items.look(key));
  }

  /** All at once: for who has nothing else to do meanwhile. */
  root(): Uint8Array {
    for (;;) {
      const root = this.takeIn();
      if (root !== "more") return root;
    }
  }

  #orOutdated(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof OtherEvents)) throw error;
      this.#outdated ??= error.message;
    }
  }

  // --- lanes ---

  #resume(number: number, cursor: LaneCursor): void {
    const record = this.#parts.view.lane(number);
    if (record === undefined) throw new DamagedStore(`lane ${number}`, "a view is folded over it, and its record is missing");
    this.#seen.reach(this.lanes.held({ number, author: record.author, epoch: record.epoch }), cursor.seq);
    this.#folds.set(number, this.#laneFold({ number, author: record.author, epoch: record.epoch }, cursor));
  }

  #laneFold(entry: LaneEntry, from: LaneCursor): LaneFold {
    const { view, hasher, subject } = this.#parts;
    const index = this.lanes.held(entry);
    const { id } = this.lanes.of(index);
    return new LaneFold({ view, hasher, subject, entry, index, id, seen: this.#seen, indexOf: (lane) => this.lanes.claimed(lane), from });
  }

  #lookAt(entry: LaneEntry): void {
    const { view, assurance } = this.#parts;
    const head = view.head(entry.number);
    if (head === undefined) return;
    const end = laneReach(view, entry.number, assurance);
    let fold = this.#folds.get(entry.number);
    if (fold === undefined) {
      if (end === 0) return;
      fold = this.#laneFold(entry, laneStart);
      this.#folds.set(entry.number, fold);
    }
    if (end < fold.foldedSeq) {
      this.#outdated ??= "events that were folded count no more";
      return;
    }
    if (end === fold.foldedSeq) {
      // The lane may have been replaced while nobody looked, by one as long.
      if (head.size === end && end > 0 && !equalBytes(head.headId, fold.folded.id))
        this.#outdated ??= "a lane has other events than were folded";
      return;
    }
    fold.end = end;
    fold.refresh();
    if (fold.next()) this.#queue.add(fold);
  }

  /** The lane's events up to where another lane has an earlier one. */
  #run(lane: LaneFold, other: LaneFold | undefined, end: number, told: ((event: FoldedEvent) => void) | undefined): void {
    this.#moved.add(lane);
    this.#frontier = undefined;
    do {
      const wait = this.#waitOf(lane);
      if (wait !== undefined) {
        this.#waits.set(lane, wait);
        // Of which nothing is folded, no cursor tells.
        if (lane.foldedSeq === 0) this.#moved.delete(lane);
        return this.#queue.drop();
      }
      this.#fold(lane, told);
      if (this.#outdated !== undefined) return;
      if (!lane.next()) return this.#queue.drop();
    } while (this.#events < end && (other === undefined || !this.#isBefore(other, lane)));
    this.#queue.moved();
  }

  #waitOf(lane: LaneFold): Wait | undefined {
    if (lane.wallMs > this.#wallMs + clockDriftMsMax) return { why: "future", wallMs: lane.wallMs };
    if (!lane.isAbsent || this.#isRedacted(lane)) return undefined;
    return { why: "wanted" };
  }

  #isRedacted(lane: LaneFold): boolean {
    const { view, hasher, subject } = this.#parts;
    const { author, epoch } = lane.entry;
    const name = nameAt(hasher, namedLane(hasher, { author, subject, epoch }), { seq: lane.seq, id: lane.id }, lane);
    return redactedBy(view, name) !== undefined;
  }

  // --- events ---

  #fold(lane: LaneFold, told: ((event: FoldedEvent) => void) | undefined): void {
    const { bytes, offset, seq } = lane;
    lane.observe();
    const kind = kindAt(bytes, offset);
    if (kind === systemKinds.redacted) this.#redaction(lane);
    else if (isOperation(kind)) {
      const counts = this.#counts(lane);
      if (lane.isAbsent) this.#parts.store.quarantine(lane.entry.number, seq, REDACTED);
      else if (counts) this.#operations(lane, kind, told);
    }
    lane.pass();
    this.#seen.reach(lane.index, seq);
    this.#events++;
  }

  #operations(lane: LaneFold, kind: number, told: ((event: FoldedEvent) => void) | undefined): void {
    const { type, until } = this.#parts;
    const { bytes, offset, seq, wallMs, counter } = lane;
    const payload = payloadAt(bytes, offset);
    const isOne = kind !== operationKinds.transaction;
    const known = isOne ? undefined : this.#parts.known?.(lane.entry.number, seq);
    const asked = known ?? (isOne ? type.decodeOperation(kind, payload) : decodeOperations(type, kind, payload));
    if (isMalformed(asked)) return this.#quarantine(lane, asked.reason);
    const first = hasOrigin(bytes, offset) ? this.#firstPlace(lane) : undefined;
    if (until !== undefined && !until(first ?? { wallMs, counter })) return;
    this.#at.enter(lane.index, seq, lane.observations, first?.origin);
    const place = first ?? { lane: lane.index, seq, wallMs, counter };
    const keys: string[] = [];
    const operations = isOne ? [asked] : (asked as readonly unknown[]);
    for (let index = 0; index < operations.length; index++) {
      const key = this.#apply(operations[index], place, index);
      if (told !== undefined) keys.push(key);
      this.log?.add(key, { lane: lane.entry.number, seq, operation: index });
    }
    told?.({ lane: lane.entry, seq, wallMs, counter, keys });
  }

  #apply(operation: unknown, { lane, seq, wallMs, counter, origin }: Omit<Dot, "operation">, index: number): string {
    const { type } = this.#parts;
    const key = type.keyOf(operation);
    this.#at.dot =
      origin === undefined ? { lane, seq, operation: index, wallMs, counter } : { lane, seq, operation: index, wallMs, counter, origin };
    type.apply(this.items.touch(key), operation, this.#at);
    this.#trie?.changed(key);
    return key;
  }

  /** Of an event that was appended again: it lies here, and is ordered by where it first stood. */
  #firstPlace(lane: Pick<LaneFold, "entry" | "index" | "seq" | "bytes" | "offset">): Omit<Dot, "operation"> {
    const origin = originAt(lane.bytes, lane.offset);
    if (origin === undefined) throw new Error("an event without an origin is not one that was appended again");
    const { epoch, seq, stamp } = origin;
    const first = this.lanes.authored(lane.entry.author, { index: epoch.index, nonce: epoch.nonce.slice() });
    return { lane: lane.index, seq: lane.seq, wallMs: stamp.wallMs, counter: stamp.counter, origin: { lane: first, seq } };
  }

  #quarantine(lane: LaneFold, reason: string): void {
    if (this.#quarantined >= quarantinedPerViewMax) return;
    this.#quarantined++;
    this.#passedOver.push({ lane: lane.entry, seq: lane.seq, reason });
    this.#parts.store.quarantine(lane.entry.number, lane.seq, reason);
  }

  // --- events that were appended again count once ---

  #counts(lane: LaneFold): boolean {
    if (hasOrigin(lane.bytes, lane.offset)) return this.#countsAgain(lane);
    if (!this.#hasAgain) return true;
    const places = this.#parts.store.again(lane.id);
    if (places.length === 0) return true;
    // It counts where it was appended again, and should here: in the order, this one comes first.
    this.#outdated ??= "an event that was appended again came where it first stood";
    return false;
  }

  #countsAgain(lane: LaneFold): boolean {
    const origin = originAt(lane.bytes, lane.offset);
    if (origin === undefined) return true;
    const { store } = this.#parts;
    const here: PlaceHere = { lane: lane.entry.number, seq: lane.seq };
    const id = origin.id.slice();
    const places = store.again(id);
    store.putAgain(id, [...places, here]);
    this.#hasAgain = true;
    if (this.#isFolded(lane, origin.epoch, origin.seq, id)) return false;
    const [counted] = places;
    if (counted === undefined) return true;
    if (this.#standsBefore(here, counted)) this.#outdated ??= "an event that was appended again came where it counts";
    return false;
  }

  /** Of one author's two lanes the one of the earlier epoch, and in one lane the earlier place. */
  #standsBefore(one: PlaceHere, other: PlaceHere): boolean {
    const [left, right] = [this.#folds.get(one.lane), this.#folds.get(other.lane)];
    if (left === undefined || right === undefined) return false;
    return (this.lanes.stored.compare(left.index, right.index) || one.seq - other.seq) < 0;
  }

  /** Whether the event that was appended again is folded where it first stood. */
  #isFolded(lane: LaneFold, epoch: { readonly index: number; readonly nonce: Uint8Array }, seq: number, id: Uint8Array): boolean {
    const { view, hasher } = this.#parts;
    const first = this.lanes.authored(lane.entry.author, { index: epoch.index, nonce: epoch.nonce.slice() });
    const { number } = this.lanes.of(first);
    if (number === undefined || this.#seen.of(first) < seq) return false;
    const reader = new LaneReader(view, hasher, number);
    const there = reader.nodes(reader.laneId()).leaves(seq - 1, 1);
    return there !== undefined && equalBytes(there, id);
  }

  // --- events that are taken back ---

  /** What it redacts may be folded: then it was with what it said. */
  #redaction(lane: LaneFold): void {
    const named = decodeRedaction(payloadAt(lane.bytes, lane.offset));
    if (isMalformed(named)) return;
    const { store } = this.#parts;
    const first = this.lanes.authored(lane.entry.author, { index: named.epoch.index, nonce: named.epoch.nonce.slice() });
    const { number } = this.lanes.of(first);
    const places: PlaceHere[] = [...store.again(named.id.slice())];
    if (number !== undefined && this.#isFolded(lane, named.epoch, named.seq, named.id)) places.push({ lane: number, seq: named.seq });
    if (places.some((place) => store.quarantined(place.lane, place.seq) === undefined && this.#isFoldedOperation(place)))
      this.#outdated ??= "an event that was folded is redacted";
  }

  #isFoldedOperation({ lane, seq }: PlaceHere): boolean {
    const fold = this.#folds.get(lane);
    if (fold === undefined || fold.foldedSeq < seq) return false;
    const event = new LaneReader(this.#parts.view, this.#parts.hasher, lane).event(seq);
    return event !== undefined && isOperation(kindAt(event.bytes, event.offset));
  }
}

function isOperation(kind: number): boolean {
  return kind >= operationKinds.add && kind <= operationKinds.custom;
}

/** The same object for every operation of an event. */
class MovingCircumstance implements Circumstance {
  readonly lanes: Lanes;
  readonly seen: Seen;
  dot: Dot = { lane: 0, seq: 0, operation: 0, wallMs: 0, counter: 0 };
  ahead: readonly Reach[] = [];
  #lane: LaneIndex = 0;
  #seq = 0;
  #origin: Dot["origin"];
  #observations: Observations | undefined;

  constructor(lanes: Lanes, seen: Seen) {
    this.lanes = lanes;
    this.seen = seen;
  }

  enter(lane: LaneIndex, seq: number, observations: Observations, origin: Dot["origin"]): void {
    this.#origin = origin;
    this.#lane = lane;
    this.#seq = seq;
    this.#observations = observations;
    this.ahead = observations.ahead();
  }

  covers(dot: Dot): boolean {
    if (dot.lane !== this.#lane) return this.#observations?.covers(dot) === true;
    if (dot.seq === this.#seq) return dot.operation < this.dot.operation;
    if (this.#origin === undefined) return dot.seq < this.#seq;
    // Appended again behind one another, events are of one time only if they stood in one lane.
    return dot.origin !== undefined && dot.origin.lane === this.#origin.lane && dot.origin.seq < this.#origin.seq;
  }
}
