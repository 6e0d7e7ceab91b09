import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import { type FeedId, feedId, type LaneId, laneId } from "../../identity/ids.js";
import { absentKey, decodeKey, type NamedEvent, redactionKey, redactionsOf, redactionsWithin } from "../../store/keys.js";
import { decodeRedactionRecord, type LaneRecord } from "../../store/records.js";
import { type BlockView, checkBlock, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { decodeRedaction, kindAt, originAt, payloadAt, type Redaction, systemKindMax, systemKinds } from "../event/event.js";
import { hasOrigin } from "../event/origin.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { countedEnd } from "./freeze.js";

// Payloads that are not here: taken back by their author, or wanted. The events stay, with the hash of what they said in its
// place, so chain, range and proofs are what they were.
//
// Which of the two it is, is not written down but asked: a payload that is not here is wanted unless a redaction counts. A
// redaction is an event like any other. It may come before what it redacts, and it counts for nothing once its lane is frozen
// before it.
//
// It names an event by where that first stood. Whoever appended it again since, and wherever that lies, has the same event: so it is
// redacted everywhere or nowhere, and an event that has an origin goes by that name alone.

export interface EventPlace {
  /** By its lane's number in this store. */
  readonly lane: number;
  readonly seq: number;
}

/** A lane, as the names of its events have it. */
export interface NamedLane {
  readonly id: LaneId;
  readonly feed: FeedId;
}

export function namedLane(hasher: Hasher, { author, subject, epoch }: LaneRecord): NamedLane {
  const feed = feedId(hasher, author, subject);
  return { id: laneId(hasher, feed, epoch), feed };
}

/** What redactions call an event of this lane: the place where it first stood, and the id it had there. `own`: where it lies. */
export function nameAt(
  hasher: Hasher,
  lane: NamedLane,
  own: { readonly seq: number; readonly id: Uint8Array },
  event: { readonly bytes: Uint8Array; readonly offset: number },
): NamedEvent {
  const origin = originAt(event.bytes, event.offset);
  if (origin === undefined) return { lane: lane.id, seq: own.seq, id: own.id };
  return { lane: laneId(hasher, lane.feed, origin.epoch), seq: origin.seq, id: origin.id };
}

/** The event that redacts the one of this name, if one does: without reading a single event. */
export function redactedBy(view: FeedView, event: NamedEvent): EventPlace | undefined {
  for (const [key, value] of view.keys.range(redactionsOf(event))) {
    const place = decodeKey(key);
    const seq = decodeRedactionRecord(value);
    if (isMalformed(place) || place.table !== "redaction" || isMalformed(seq))
      throw new DamagedStore("redactions", "an entry that is none");
    if (redactionCounts(view, { lane: place.by, seq })) return { lane: place.by, seq };
  }
  return undefined;
}

/** From where a lane is frozen on, nothing that its author says counts. */
export function redactionCounts(view: FeedView, { lane, seq }: EventPlace): boolean {
  return seq <= countedEnd(view.head(lane)?.freezeAt ?? 0);
}

/** Of events of these seqs, those that a redaction names, rightly or not; each once. */
export function* redactedSeqs(view: FeedView, lane: LaneId, firstSeq: number, lastSeq: number): Generator<number, void, undefined> {
  for (let from = firstSeq; from <= lastSeq; ) {
    const [entry] = view.keys.range({ ...redactionsWithin(lane, from, lastSeq), limit: 1 });
    if (entry === undefined) return;
    const place = decodeKey(entry[0]);
    if (isMalformed(place) || place.table !== "redaction") throw new DamagedStore("redactions", "an entry that is none");
    yield place.event.seq;
    from = place.event.seq + 1;
  }
}

/** Which events of a block are redacted, by their index from 0: whether or not what they said is here. What the system's own say
 * stays. */
export function redactedIn(view: FeedView, hasher: Hasher, lane: NamedLane, block: BlockView): readonly number[] {
  const { bytes, firstSeq, count, spans } = block;
  const named = new Set(redactedSeqs(view, lane.id, firstSeq, firstSeq + count - 1));
  const ids = named.size === 0 ? new Uint8Array(0) : idsOfBlock(hasher, lane.id, block);
  const redacted: number[] = [];
  for (let index = 0; index < count; index++) {
    const [seq, offset] = [firstSeq + index, spans[index * spanWords] as number];
    const isAsked = kindAt(bytes, offset) > systemKindMax && (named.has(seq) || hasOrigin(bytes, offset));
    if (!isAsked) continue;
    const id = ids.subarray(index * hashBytes, (index + 1) * hashBytes);
    if (redactedBy(view, nameAt(hasher, lane, { seq, id }, { bytes, offset })) !== undefined) redacted.push(index);
  }
  return redacted;
}

/** Whether a lane has said before that it redacts this event: that it said so first is what is kept. */
export function isEntered(view: FeedView, event: NamedEvent, by: number): boolean {
  return view.keys.peek(redactionKey(event, by)) !== undefined;
}

/** By the list of absent payloads: the event's block says the same. */
export function isListed(view: FeedView, { lane, seq }: EventPlace): boolean {
  return view.keys.peek(absentKey(lane, seq)) !== undefined;
}

/** What an event redacts, if that is its kind and it says so rightly. */
export function redactionAt(bytes: Uint8Array, offset: number): Redaction | undefined {
  if (kindAt(bytes, offset) !== systemKinds.redacted) return undefined;
  const redaction = decodeRedaction(payloadAt(bytes, offset));
  return isMalformed(redaction) ? undefined : redaction;
}

/** The event that a redaction names: one of its own author, in its own subject, by where it first stood. */
export function namedBy(
  hasher: Hasher,
  { author, subject }: Pick<LaneRecord, "author" | "subject">,
  { epoch, seq, id }: Redaction,
): NamedEvent {
  return { lane: laneId(hasher, feedId(hasher, author, subject), epoch), seq, id };
}

/** An event as a store has it. */
export interface FoundEvent {
  readonly block: BlockView;
  /** In the block, from 0. */
  readonly index: number;
  readonly id: Uint8Array;
  readonly payload: "whole" | "absent";
}

/** The block that holds an event, if it is whole; what a disk has lost holds none. */
export function blockHolding(bytes: Uint8Array | undefined, seq: number): BlockView | undefined {
  const block = bytes && checkBlock(bytes);
  if (block === undefined || isMalformed(block) || seq < block.firstSeq || seq >= block.firstSeq + block.count) return undefined;
  return block;
}

/** An event, its block held against what follows it: nothing is signed or told for bytes that the disk has altered. */
export function soundEvent(view: FeedView, hasher: Hasher, { lane, seq }: EventPlace): FoundEvent | undefined {
  const record = view.lane(lane);
  const size = view.head(lane)?.size ?? 0;
  if (record === undefined || seq < 1 || seq > size) return undefined;
  const damaged = () => new DamagedStore(`event ${seq} of lane ${lane}`, "it is not the one that was written");
  const block = blockHolding(view.blockOf(lane, seq)?.slice(), seq);
  if (block === undefined) throw damaged();
  const ids = idsOfBlock(hasher, namedLane(hasher, record).id, block);
  const named = view.idFollowed(lane, block.firstSeq + block.count - 1);
  if (named === undefined || !equalBytes(named, ids.subarray(-hashBytes))) throw damaged();
  const index = seq - block.firstSeq;
  const id = ids.slice(index * hashBytes, (index + 1) * hashBytes);
  return { block, index, id, payload: isAbsent(block, index) ? "absent" : "whole" };
}
