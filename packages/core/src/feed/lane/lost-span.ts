import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { hashBytes } from "../../identity/crypto.js";
import { feedId, type LaneId, laneId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { blockHolding, decodeKey } from "../../store/keys.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { type LanePlace, laneOf, type SealTools } from "../seal/checkpoint.js";
import { verifyHeldHead } from "../seal/held-head.js";
import { DamagedStore, type FeedView, unlessLost } from "./feed-view.js";
import { countedSize } from "./freeze.js";

// Events of a lane that the disk has lost. A lane is a chain: its head, which its author signed, names the last event, and the id of
// each event takes in the one before. So whoever goes from the end to the beginning knows of each block which it must be, and where
// one is another, or gone, which events have to come in its place: from wherever they come, they are known to be those.

export interface LostSpan {
  /** By its number in this store. */
  readonly lane: number;
  readonly place: LanePlace;
  readonly from: number;
  readonly to: number;
  /** Of the event before, as far as that can be told: zeros before the first. */
  readonly previous: Uint8Array;
  /** Id of the event `to`. Nothing in a frozen lane of which what counts no more is lost, too: that need not come back, and what is before it is
   * known by the proof of the fork. */
  readonly last: Uint8Array | undefined;
}

/** An event by what is known of it for certain. */
export interface KnownEvent {
  readonly seq: number;
  readonly id: Uint8Array;
}

const NOTHING = new Uint8Array(hashBytes);

interface Stored {
  readonly firstSeq: number;
  /** Nothing where its bytes are no block. */
  readonly block: BlockView | undefined;
}

/** The last span of a lane that is lost, from an event on backwards, or from its end; nothing where none is, or where its head is not to be
 * relied on. A step a block, so that others have a turn. */
export function* lostSpan(
  view: FeedView,
  tools: SealTools,
  lane: number,
  before?: KnownEvent,
): Generator<undefined, LostSpan | undefined, undefined> {
  const place = view.lane(lane);
  if (place === undefined) return undefined;
  const id = laneId(tools.hasher, feedId(tools.hasher, place.author, place.subject), place.epoch);
  const head = before === undefined ? headOf(view, tools, { lane, id, place }) : undefined;
  let known = before ?? head;
  while (known !== undefined && known.seq > 0) {
    const stored = storedAt(view, lane, known.seq);
    const block = stored?.block;
    const isWhole = block !== undefined && isEnd(tools, id, block, known) && (known === head || !goesOnBehind(block, known));
    if (!isWhole) {
      const begin = stored === undefined ? 1 : endOf(stored) < known.seq ? endOf(stored) + 1 : stored.firstSeq;
      const span = { lane, place, to: known.seq, last: known.id, ...beginning(view, tools, { lane, id }, begin) };
      return whatCounts(view, tools, id, span);
    }
    known = { seq: block.firstSeq - 1, id: block.previous.slice() };
    yield undefined;
  }
  return undefined;
}

function headOf(
  view: FeedView,
  tools: SealTools,
  { lane, id, place }: { readonly lane: number; readonly id: LaneId; readonly place: LanePlace },
): KnownEvent | undefined {
  const record = view.head(lane);
  if (record === undefined) return undefined;
  const { size, headId } = record;
  const head = { lane: id, size, mmrRoot: mmrRoot(tools.hasher, record), headId };
  const holds = verifyHeldHead(tools, { author: place.author, keys: view.keysOf(place.author), head, record });
  if (holds !== "holds") throw new DamagedStore(`head of lane ${lane}`, holds.reason);
  return { seq: size, id: headId };
}

/** What lies behind a fork others need not have. Of another author's lane the end of what counts is looked for instead, and what is behind it goes. */
function whatCounts(view: FeedView, tools: SealTools, id: LaneId, span: LostSpan): LostSpan {
  const head = view.head(span.lane);
  const counted = head === undefined ? 0 : countedSize(head);
  // Events of our own are appended again from there; and where nobody knows whose store it is, all are our own.
  const own = unlessLost(() => view.store())?.author;
  if (counted === 0 || span.to <= counted || own === undefined || equalBytes(span.place.author, own)) return span;
  if (span.from <= counted) return { ...span, to: counted, last: undefined };
  return { ...span, to: counted, last: undefined, ...beginning(view, tools, { lane: span.lane, id }, counted) };
}

/** Whether the end of a span may be as it was, by that one block: then it is worth the while to look at all of the lane again. */
export function mayBeBack(view: FeedView, { hasher }: SealTools, { lane, place, to, last }: LostSpan): boolean {
  const head = view.head(lane);
  if (head === undefined || head.size < to || countedSize(head) < to) return true;
  if (last === undefined) return head.size === to;
  const block = storedAt(view, lane, to)?.block;
  return block !== undefined && isEnd({ hasher }, laneOf(hasher, place), block, { seq: to, id: last });
}

/** The block that an event is in, or the last one before it. */
function storedAt(view: FeedView, lane: number, seq: number): Stored | undefined {
  for (const [key, value] of view.keys.range(blockHolding(lane, seq))) {
    const place = decodeKey(key);
    if (place instanceof Malformed || place.table !== "block" || place.firstSeq < 1) return undefined;
    const block = checkBlock(value.slice());
    const { firstSeq } = place;
    return { firstSeq, block: block instanceof Malformed || block.firstSeq !== firstSeq ? undefined : block };
  }
  return undefined;
}

/** The first seq of the block that an event is in, as it is stored, whatever has become of the block. */
export function blockStart(view: FeedView, lane: number, seq: number): number {
  return storedAt(view, lane, seq)?.firstSeq ?? 1;
}

/** Where it says nothing of that: as far as it is asked for. */
function endOf({ firstSeq, block }: Stored): number {
  return block === undefined ? Number.POSITIVE_INFINITY : firstSeq + block.count - 1;
}

/** Whether the events of a block up to that one are those that it names. */
function isEnd({ hasher }: Pick<SealTools, "hasher">, lane: LaneId, block: BlockView, { seq, id }: KnownEvent): boolean {
  const count = seq - block.firstSeq + 1;
  if (count > block.count) return false;
  return equalBytes(idsOfBlock(hasher, lane, block, count).subarray((count - 1) * hashBytes, count * hashBytes), id);
}

/** Behind the end of a lane something may have come meanwhile; elsewhere another block begins there. */
function goesOnBehind(block: BlockView, { seq }: KnownEvent): boolean {
  return block.firstSeq + block.count - 1 > seq;
}

/** From there on, or from further back, where what is before cannot be read either. */
function beginning(
  view: FeedView,
  { hasher }: SealTools,
  { lane, id }: { readonly lane: number; readonly id: LaneId },
  begin: number,
): Pick<LostSpan, "from" | "previous"> {
  for (let from = begin; from > 1; ) {
    const stored = storedAt(view, lane, from - 1);
    if (stored === undefined) break;
    const { firstSeq, block } = stored;
    const count = from - firstSeq;
    if (block !== undefined && count <= block.count)
      return { from, previous: idsOfBlock(hasher, id, block, count).slice((count - 1) * hashBytes, count * hashBytes) };
    from = block === undefined ? firstSeq : firstSeq + block.count;
  }
  return { from: 1, previous: NOTHING };
}
