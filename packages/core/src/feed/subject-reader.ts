import type { Stamp } from "../clock/stamp.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { type AuthorId, type Epoch, feedId, type LaneId, laneId, type SubjectId } from "../identity/ids.js";
import { blockCount, blockFirstSeq, blockHeaderBytes } from "./block.js";
import { codecAt, keyAt, kindAt, payloadAt, sizeAt, stampAt } from "./event.js";
import { DamagedStore, type FeedView, type LaneEntry } from "./feed-view.js";
import { eventIds, LaneReader } from "./lane-reader.js";
import { Merge, type OrderedCursor, type Place, placeAt, SortedPlaces } from "./order.js";

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
  readonly payload: Uint8Array;
}

/** Seqs of one lane that are to be read: from `next` up to `end`, which is not among them. */
export interface LaneSpan {
  readonly entry: LaneEntry;
  readonly next: number;
  readonly end: number;
}

interface PlacedEvent extends Place {
  readonly event: StoredEvent;
}

/** The events of these spans of a subject's lanes in total order. */
export function* eventsInOrder(view: FeedView, hasher: Hasher, subject: SubjectId, spans: readonly LaneSpan[]): Iterable<StoredEvent> {
  const cursors: (LaneCursor | MovedEvents)[] = [];
  for (const span of spans) {
    const lane = laneId(hasher, feedId(hasher, span.entry.author, subject), span.entry.epoch);
    // Events are appended again only in later epochs, and stand where their origin stood.
    const moved = span.entry.epoch.index === 0 ? [] : [...placed(view, hasher, lane, span)].filter(({ event, ...place }) => !standsAt(place, event));
    cursors.push(new LaneCursor(placed(view, hasher, lane, span)));
    if (moved.length > 0) cursors.push(new MovedEvents(moved));
  }
  const merge = new Merge(cursors);
  for (let current = merge.current; current !== undefined; current = merge.current) {
    yield (current.place as PlacedEvent).event;
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
    } while (this.place !== undefined && !standsAt(this.place, this.place.event));
  }
}

class MovedEvents extends SortedPlaces<PlacedEvent> {}

function standsAt(place: Place, event: StoredEvent): boolean {
  return place.seq === event.seq && place.epoch.index === event.epoch.index;
}

/** A block at a time, copied out before anything is handed on: between two events the store may go on, or the reader may stop. */
function* placed(view: FeedView, hasher: Hasher, lane: LaneId, span: LaneSpan): Iterable<PlacedEvent> {
  for (let next = span.next; next < span.end; ) {
    const block = view.blockOf(span.entry.number, next);
    const events = block === undefined ? [] : eventsOf(block, eventIds(hasher, lane, block), { ...span, next });
    if (events.length === 0) throw new DamagedStore(`lane ${span.entry.number}`, `event ${next} is missing`);
    next += events.length;
    yield* events;
  }
}

function eventsOf(block: Uint8Array, ids: Uint8Array, { entry, next, end }: LaneSpan): PlacedEvent[] {
  const events: PlacedEvent[] = [];
  const first = blockFirstSeq(block);
  let offset = blockHeaderBytes;
  for (let index = 0; index < blockCount(block) && first + index < end; index++) {
    const seq = first + index;
    if (seq >= next) {
      const event = copied(block, offset, { entry, seq, id: idAt(ids, index) });
      events.push({ ...placeAt(block, offset, { author: entry.author, epoch: entry.epoch, seq }), event });
    }
    offset += sizeAt(block, offset);
  }
  return events;
}

function copied(block: Uint8Array, offset: number, { entry, seq, id }: { readonly entry: LaneEntry; readonly seq: number; readonly id: Uint8Array }): StoredEvent {
  return {
    author: entry.author,
    epoch: entry.epoch,
    seq,
    id,
    stamp: stampAt(block, offset),
    kind: kindAt(block, offset),
    codec: codecAt(block, offset),
    key: keyAt(block, offset)?.slice(),
    payload: payloadAt(block, offset).slice(),
  };
}

/** What of a lane lies between two stamps; all of it up to `size` where they are left out. */
export function spanBetween(view: FeedView, hasher: Hasher, entry: LaneEntry, size: number, bounds: { readonly from?: Stamp | undefined; readonly to?: Stamp | undefined }): LaneSpan {
  const reader = new LaneReader(view, hasher, entry.number);
  const next = bounds.from === undefined ? 1 : reader.seqAt(bounds.from);
  const end = bounds.to === undefined ? size + 1 : Math.min(size + 1, reader.seqAt(bounds.to));
  return { entry, next, end };
}


function idAt(ids: Uint8Array, index: number): Uint8Array {
  return ids.slice(index * hashBytes, (index + 1) * hashBytes);
}
