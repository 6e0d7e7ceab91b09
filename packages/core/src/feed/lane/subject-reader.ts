import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { type AuthorId, compareEpochs, type Epoch, type LaneId, type SubjectId } from "../../identity/ids.js";
import { type BlockView, checkBlock, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { codecAt, keyAt, kindAt, type Origin, originAt, payloadAt, stampAt } from "../event/event.js";
import { hasOrigin, hasOrigins } from "../event/origin.js";
import { type NamedLane, nameAt, namedLane, redactedBy } from "./absence.js";
import { DamagedStore, type FeedView, type LaneEntry } from "./feed-view.js";
import { LaneReader } from "./lane-reader.js";
import { isSameEvent, Merge, type OrderedCursor, type Place, SortedPlaces } from "./order.js";

/** One event, copied out of the store. */
export interface StoredEvent {
  readonly author: AuthorId;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly id: Uint8Array;
  readonly stamp: Stamp;
  readonly kind: number;
  readonly codec: number;
  readonly key: Uint8Array | undefined;
  readonly payload: StoredPayload;
  /** Where it first stood, if it was appended again: there it stands in the order. */
  readonly origin: Origin | undefined;
}

/** What an event says, or why that is not here: its author took it back, or nobody has brought it yet. */
export type StoredPayload = Uint8Array | "redacted" | "wanted";

/** Seqs of one lane that are to be read: from `next` up to `end`, which is not among them. */
export interface LaneSpan {
  readonly entry: LaneEntry;
  readonly next: number;
  readonly end: number;
  /** Of these only what stands there in the order: from the first of these stamps on, and before the second. */
  readonly from?: Stamp | undefined;
  readonly to?: Stamp | undefined;
}

/** The events of these spans of a subject's lanes in total order, each once, however often it was appended again. */
export function* eventsInOrder(view: FeedView, hasher: Hasher, subject: SubjectId, spans: readonly LaneSpan[]): Iterable<StoredEvent> {
  const cursors: EventCursor[] = [];
  for (const span of spans) {
    const { author, epoch } = span.entry;
    const read: ReadLane = { view, hasher, span, lane: namedLane(hasher, { author, subject, epoch }) };
    cursors.push(new LaneCursor(read));
    // Events are appended again only in later epochs, and stand where their origin stood.
    if (mayHaveOrigins(span)) cursors.push(new AgainCursor(read));
  }
  const merge = new Merge(cursors);
  let before: Place | undefined;
  for (let current = merge.current; current !== undefined; current = merge.current) {
    const place = current.place as Place;
    if (before === undefined || !isSameEvent(before, place)) yield current.event();
    before = place;
    merge.next();
  }
}

interface ReadLane {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly span: LaneSpan;
  readonly lane: NamedLane;
}

interface EventCursor extends OrderedCursor {
  /** What stands at its place. */
  event(): StoredEvent;
}

interface PlacedEvent extends Place {
  readonly event: StoredEvent;
}

function mayHaveOrigins({ entry }: LaneSpan): boolean {
  return entry.epoch.index > 0;
}

/** A lane's events that stand at their own place. */
class LaneCursor implements EventCursor {
  readonly #events: Iterator<PlacedEvent>;
  place: PlacedEvent | undefined;

  constructor(read: ReadLane) {
    this.#events = ownEvents(read);
    this.next();
  }

  next(): void {
    const { done, value } = this.#events.next();
    this.place = done ? undefined : value;
  }

  event(): StoredEvent {
    return (this.place as PlacedEvent).event;
  }
}

/** A block at a time, copied out before anything is handed on: between two events the store may go on, or the reader may stop. */
function* ownEvents(read: ReadLane): Generator<PlacedEvent, void, undefined> {
  const { next: first, end, to } = read.span;
  for (let next = first; next < end; ) {
    const vouched = vouchedAt(read, next);
    for (const event of placedEvents(read, vouched, next)) {
      if (to !== undefined && compareStamps(event.event.stamp, to) >= 0) return;
      yield event;
    }
    next = vouched.block.firstSeq + vouched.block.count;
  }
}

function placedEvents(read: ReadLane, vouched: VouchedBlock, next: number): PlacedEvent[] {
  const { span } = read;
  const { bytes, firstSeq, count, spans } = vouched.block;
  const { author, epoch } = span.entry;
  const events: PlacedEvent[] = [];
  for (let index = Math.max(0, next - firstSeq); index < count && firstSeq + index < span.end; index++) {
    if (mayHaveOrigins(span) && hasOrigin(bytes, spans[index * spanWords] as number)) continue;
    const event = eventAt(read, vouched, index);
    const { seq, id, stamp } = event;
    // Field by field: to spread the stamp costs more than all the rest.
    events.push({ wallMs: stamp.wallMs, counter: stamp.counter, author, epoch, seq, id, lies: event, event });
  }
  return events;
}

/** A lane's events that stand elsewhere. Only where is kept of them: each is read when its turn comes. */
class AgainCursor implements EventCursor {
  readonly #read: ReadLane;
  readonly #places: SortedPlaces<Place>;
  #last: VouchedBlock | undefined;

  constructor(read: ReadLane) {
    this.#read = read;
    this.#places = new SortedPlaces(placesAgain(read));
  }

  get place(): Place | undefined {
    return this.#places.place;
  }

  next(): void {
    this.#places.next();
  }

  event(): StoredEvent {
    const place = this.place as Place;
    const { seq } = place.lies;
    const vouched = this.#block(seq);
    const { bytes, firstSeq, spans } = vouched.block;
    const offset = spans[(seq - firstSeq) * spanWords] as number;
    if (hasOrigin(bytes, offset) && isSameEvent(place, placeOf(this.#read.span, seq, originOf(bytes, offset) as Origin)))
      return eventAt(this.#read, vouched, seq - firstSeq);
    throw new DamagedStore(`event ${seq} of lane ${this.#read.span.entry.number}`, "it is another than it was when it was looked for");
  }

  #block(seq: number): VouchedBlock {
    const last = this.#last?.block;
    const isHere = last !== undefined && seq >= last.firstSeq && seq < last.firstSeq + last.count;
    if (!isHere) this.#last = vouchedAt(this.#read, seq);
    return this.#last as VouchedBlock;
  }
}

/** Most lanes have none, so only a block with one is hashed. */
function* placesAgain({ view, hasher, span, lane }: ReadLane): Iterable<Place> {
  const { number } = span.entry;
  let before: Epoch | undefined;
  for (let next = span.next; next < span.end; ) {
    const block = blockAt(view, number, next);
    const { bytes, firstSeq, spans } = block;
    const end = Math.min(span.end, firstSeq + block.count);
    if (hasOrigins(bytes)) vouchFor(view, number, block, idAt(idsOfBlock(hasher, lane.id, block), block.count - 1));
    else next = end;
    for (; next < end; next++) {
      const origin = originOf(bytes, spans[(next - firstSeq) * spanWords] as number);
      if (origin === undefined || !isWithin(span, origin.stamp)) continue;
      // Most are of one epoch, which need not be kept for each.
      before = before !== undefined && compareEpochs(before, origin.epoch) === 0 ? before : origin.epoch;
      yield placeOf(span, next, { ...origin, epoch: before });
    }
  }
}

function placeOf({ entry }: LaneSpan, lies: number, { stamp, epoch, seq, id }: Origin): Place {
  const { wallMs, counter } = stamp;
  return { wallMs, counter, author: entry.author, epoch, seq, id, lies: { epoch: entry.epoch, seq: lies } };
}

function isWithin({ from, to }: LaneSpan, stamp: Stamp): boolean {
  return (from === undefined || compareStamps(stamp, from) >= 0) && (to === undefined || compareStamps(stamp, to) < 0);
}

interface VouchedBlock {
  readonly block: BlockView;
  readonly ids: Uint8Array;
}

function vouchedAt({ view, hasher, span, lane }: ReadLane, seq: number): VouchedBlock {
  return vouchedBlock(view, hasher, { number: span.entry.number, id: lane.id }, seq);
}

/** The block that holds an event, with the ids of its events: what a disk lost is damage, and no event. */
export function vouchedBlock(
  view: FeedView,
  hasher: Hasher,
  lane: { readonly number: number; readonly id: LaneId },
  seq: number,
): VouchedBlock {
  const block = blockAt(view, lane.number, seq);
  const ids = idsOfBlock(hasher, lane.id, block);
  vouchFor(view, lane.number, block, idAt(ids, block.count - 1));
  return { block, ids };
}

function blockAt(view: FeedView, number: number, seq: number): BlockView {
  // A copy: what follows reads on.
  const bytes = view.blockOf(number, seq)?.slice();
  const block = bytes === undefined ? new Malformed("it is missing") : checkBlock(bytes);
  if (block instanceof Malformed) throw new DamagedStore(`event ${seq} of lane ${number}`, block.reason);
  if (seq < block.firstSeq || seq >= block.firstSeq + block.count)
    throw new DamagedStore(`event ${seq} of lane ${number}`, "it is missing");
  return block;
}

/** What follows a block names its last event: the next block, or the lane's head. So nothing altered on the disk is handed on. */
function vouchFor(view: FeedView, lane: number, { firstSeq, count }: BlockView, lastId: Uint8Array): void {
  const last = firstSeq + count - 1;
  const named = view.idFollowed(lane, last);
  if (named !== undefined && equalBytes(named, lastId)) return;
  throw new DamagedStore(`events ${firstSeq} to ${last} of lane ${lane}`, "they are not those that were written");
}

function eventAt(read: ReadLane, { block, ids }: VouchedBlock, index: number): StoredEvent {
  const { bytes, firstSeq, spans } = block;
  const offset = spans[index * spanWords] as number;
  const [seq, id] = [firstSeq + index, idAt(ids, index)];
  const payload = isAbsent(block, index) ? whyAbsent(read, { seq, id }, { bytes, offset }) : payloadAt(bytes, offset).slice();
  return copied(bytes, offset, { entry: read.span.entry, seq, id, payload });
}

function whyAbsent(
  { view, hasher, lane }: ReadLane,
  own: { readonly seq: number; readonly id: Uint8Array },
  event: { readonly bytes: Uint8Array; readonly offset: number },
): "redacted" | "wanted" {
  return redactedBy(view, nameAt(hasher, lane, own, event)) === undefined ? "wanted" : "redacted";
}

interface Copying extends Pick<StoredEvent, "seq" | "id" | "payload"> {
  readonly entry: LaneEntry;
}

function copied(block: Uint8Array, offset: number, { entry, seq, id, payload }: Copying): StoredEvent {
  return {
    author: entry.author,
    epoch: entry.epoch,
    seq,
    id,
    stamp: stampAt(block, offset),
    kind: kindAt(block, offset),
    codec: codecAt(block, offset),
    key: keyAt(block, offset)?.slice(),
    payload,
    origin: originOf(block, offset),
  };
}

/** A copy: the event outlives the block it was read from. */
export function originOf(bytes: Uint8Array, offset: number): Origin | undefined {
  const origin = originAt(bytes, offset);
  if (origin === undefined) return undefined;
  const { epoch, seq, stamp, id } = origin;
  return { epoch: { index: epoch.index, nonce: epoch.nonce.slice() }, seq, stamp, id: id.slice() };
}

/** What of a lane stands between two stamps; all of it up to `size` where they are left out. What was appended again stands earlier
 * than it is stamped: none of it lies before what is stamped `from`, but any may lie behind what is stamped `to`. */
export function spanBetween(
  view: FeedView,
  hasher: Hasher,
  entry: LaneEntry,
  size: number,
  bounds: { readonly from?: Stamp | undefined; readonly to?: Stamp | undefined },
): LaneSpan {
  const reader = new LaneReader(view, hasher, entry.number);
  const { from, to } = bounds;
  const next = from === undefined ? 1 : reader.seqAt(from);
  const span: LaneSpan = { entry, next, end: size + 1, from, to };
  return to === undefined || mayHaveOrigins(span) ? span : { ...span, end: Math.min(size + 1, reader.seqAt(to)) };
}

function idAt(ids: Uint8Array, index: number): Uint8Array {
  return ids.slice(index * hashBytes, (index + 1) * hashBytes);
}
