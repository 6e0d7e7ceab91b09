import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import type { Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { type AuthorId, type Epoch, feedId, type LaneId, laneId, type SubjectId } from "../../identity/ids.js";
import { type BlockView, checkBlock, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { codecAt, eventFlags, flagsAt, keyAt, kindAt, type Origin, originAt, payloadAt, stampAt } from "../event/event.js";
import { redactedBy } from "./absence.js";
import { DamagedStore, type FeedView, type LaneEntry } from "./feed-view.js";
import { LaneReader } from "./lane-reader.js";
import { isSameEvent, Merge, type OrderedCursor, type Place, placeAt, SortedPlaces } from "./order.js";

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
}

interface PlacedEvent extends Place {
  readonly event: StoredEvent;
}

/** The events of these spans of a subject's lanes in total order, each once, however often it was appended again. */
export function* eventsInOrder(view: FeedView, hasher: Hasher, subject: SubjectId, spans: readonly LaneSpan[]): Iterable<StoredEvent> {
  const cursors: (LaneCursor | SortedPlaces<PlacedEvent>)[] = [];
  for (const span of spans) {
    const lane = laneId(hasher, feedId(hasher, span.entry.author, subject), span.entry.epoch);
    cursors.push(new LaneCursor(placed(view, hasher, lane, span)));
    // Events are appended again only in later epochs, and stand where their origin stood.
    if (span.entry.epoch.index > 0) cursors.push(new SortedPlaces(moved(view, hasher, lane, span)));
  }
  const merge = new Merge(cursors);
  let before: PlacedEvent | undefined;
  for (let current = merge.current; current !== undefined; current = merge.current) {
    const placed = current.place as PlacedEvent;
    if (before === undefined || !isSameEvent(before, placed)) yield placed.event;
    before = placed;
    merge.next();
  }
}

/** A lane's events that stand at their own place. */
class LaneCursor implements OrderedCursor {
  readonly #events: Iterator<PlacedEvent>;
  place: PlacedEvent | undefined;

  constructor(events: Iterable<PlacedEvent>) {
    this.#events = events[Symbol.iterator]();
    this.next();
  }

  next(): void {
    do {
      const { done, value } = this.#events.next();
      this.place = done ? undefined : value;
    } while (this.place !== undefined && !standsAtOwnPlace(this.place));
  }
}

/** Whether it has no origin that puts it elsewhere. */
function standsAtOwnPlace({ epoch, event }: PlacedEvent): boolean {
  return epoch === event.epoch;
}

/** The events of a span that do not stand at their own place. Most lanes have none, so only a block with one is copied. */
function* moved(view: FeedView, hasher: Hasher, lane: LaneId, span: LaneSpan): Iterable<PlacedEvent> {
  for (let next = span.next; next < span.end; ) {
    const block = blockAt(view, span.entry.number, next);
    const end = Math.min(span.end, block.firstSeq + block.count);
    if (hasOrigins(block))
      for (const event of eventsOf({ view, lane }, block, idsOfBlock(hasher, lane, block), { ...span, next, end }))
        if (!standsAtOwnPlace(event)) yield event;
    next = end;
  }
}

function hasOrigins({ bytes, spans, count }: BlockView): boolean {
  for (let index = 0; index < count; index++)
    if ((flagsAt(bytes, spans[index * spanWords] as number) & eventFlags.origin) !== 0) return true;
  return false;
}

/** A block at a time, copied out before anything is handed on: between two events the store may go on, or the reader may stop. */
function* placed(view: FeedView, hasher: Hasher, lane: LaneId, span: LaneSpan): Iterable<PlacedEvent> {
  for (let next = span.next; next < span.end; ) {
    const { block, ids } = vouchedBlock(view, hasher, { number: span.entry.number, id: lane }, next);
    const events = eventsOf({ view, lane }, block, ids, { ...span, next });
    next += events.length;
    yield* events;
  }
}

/** The block that holds an event, with the ids of its events: what a disk lost is damage, and no event. */
export function vouchedBlock(
  view: FeedView,
  hasher: Hasher,
  lane: { readonly number: number; readonly id: LaneId },
  seq: number,
): { readonly block: BlockView; readonly ids: Uint8Array } {
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

interface ReadLane {
  readonly view: FeedView;
  readonly lane: LaneId;
}

function eventsOf({ view, lane }: ReadLane, block: BlockView, ids: Uint8Array, { entry, next, end }: LaneSpan): PlacedEvent[] {
  const { bytes, firstSeq, count, spans } = block;
  const { author, epoch } = entry;
  const events: PlacedEvent[] = [];
  for (let index = Math.max(0, next - firstSeq); index < count && firstSeq + index < end; index++) {
    const offset = spans[index * spanWords] as number;
    const [seq, id] = [firstSeq + index, idAt(ids, index)];
    const payload = isAbsent(block, index) ? whyAbsent(view, lane, seq, id) : payloadAt(bytes, offset).slice();
    const event = copied(bytes, offset, { entry, seq, id, payload });
    // In a feed's first epoch nothing can have been appended again.
    const place =
      epoch.index > 0 ? placeAt(bytes, offset, event) : { ...event.stamp, author, epoch, seq: event.seq, id: event.id, lies: event };
    events.push({ ...place, event });
  }
  return events;
}

function whyAbsent(view: FeedView, lane: LaneId, seq: number, id: Uint8Array): "redacted" | "wanted" {
  return redactedBy(view, { lane, seq, id }) === undefined ? "wanted" : "redacted";
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

/** What of a lane lies between two stamps; all of it up to `size` where they are left out. */
export function spanBetween(
  view: FeedView,
  hasher: Hasher,
  entry: LaneEntry,
  size: number,
  bounds: { readonly from?: Stamp | undefined; readonly to?: Stamp | undefined },
): LaneSpan {
  const reader = new LaneReader(view, hasher, entry.number);
  const next = bounds.from === undefined ? 1 : reader.seqAt(bounds.from);
  const end = bounds.to === undefined ? size + 1 : Math.min(size + 1, reader.seqAt(bounds.to));
  return { entry, next, end };
}

function idAt(ids: Uint8Array, index: number): Uint8Array {
  return ids.slice(index * hashBytes, (index + 1) * hashBytes);
}
