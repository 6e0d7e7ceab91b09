import { isMalformed } from "../../bytes/malformed.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import type { Range } from "../../protocol/key-space.js";
import { absentKey, decodeKey, laneRange, tableRange } from "../../store/keys.js";
import type { LaneRecord } from "../../store/records.js";
import { type BlockView, eventIn, isAbsent } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { payloadLengthAt } from "../event/event.js";
import { blockHolding, type EventPlace, nameAt, namedLane, redactedBy } from "./absence.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { countedEnd } from "./freeze.js";

// Payloads that are wanted: absent, and not redacted. The list of absent ones is read a piece at a time.

/** An event whose payload is wanted. */
export interface Wanted extends EventPlace {
  readonly of: LaneRecord;
  readonly hash: Uint8Array;
  readonly bytes: number;
}

/** Places on the list behind `after`, in the order of the lanes' numbers; of some lanes alone, in ascending order, or of all. */
export function absentPlaces(
  view: FeedView,
  {
    lanes,
    after,
    limit,
  }: { readonly lanes: readonly number[] | undefined; readonly after: EventPlace | undefined; readonly limit: number },
): readonly EventPlace[] {
  const places: EventPlace[] = [];
  for (const { from, to } of rangesOf(lanes, after)) {
    for (const [key] of view.keys.range({ from, to, limit: limit - places.length })) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "absent") throw new DamagedStore("absent payloads", "a key that is none");
      places.push(place);
    }
    if (places.length >= limit) break;
  }
  return places;
}

function rangesOf(lanes: readonly number[] | undefined, after: EventPlace | undefined): readonly Range[] {
  const from = after && absentKey(after.lane, after.seq + 1);
  if (lanes === undefined) return [{ ...tableRange("absent"), ...(from && { from }) }];
  const left = lanes.filter((number) => after === undefined || number >= after.lane);
  return left.map((number) => ({ ...laneRange("absent", number), ...(from && number === after?.lane && { from }) }));
}

/** Reads one event after another, each block once. */
export class WantedReader {
  readonly #view: FeedView;
  readonly #hasher: Hasher;
  #last: { readonly lane: number; readonly block: BlockView; readonly ids: Uint8Array } | undefined;

  constructor(view: FeedView, hasher: Hasher) {
    this.#view = view;
    this.#hasher = hasher;
  }

  /** Nothing where it was redacted, or counts no more: what a lane says from where it is frozen on nobody reads. */
  at({ lane, seq }: EventPlace): Wanted | undefined {
    const view = this.#view;
    const record = view.lane(lane);
    if (record === undefined || view.subject(record.subject) === undefined) throw new DamagedStore(`lane ${lane}`, "its record is missing");
    // Whoever has it looks for it by this name.
    if (view.laneNumber(record.subject, record.author, record.epoch) !== lane)
      throw new DamagedStore(`lane ${lane}`, "its record is another lane's");
    const named = namedLane(this.#hasher, record);
    const { block, ids } = this.#block({ lane, seq }, (found) => idsOfBlock(this.#hasher, named.id, found));
    const index = seq - block.firstSeq;
    if (!isAbsent(block, index)) throw new DamagedStore(`event ${seq} of lane ${lane}`, "its payload is listed as absent, and is here");
    const event = eventIn(block, index);
    const own = { seq, id: ids.subarray(index * hashBytes, (index + 1) * hashBytes) };
    const name = nameAt(this.#hasher, named, own, { bytes: block.bytes, offset: block.spans[index * spanWords] as number });
    if (redactedBy(view, name) !== undefined || seq > countedEnd(view.head(lane)?.freezeAt ?? 0)) return undefined;
    return { lane, seq, of: record, hash: event.slice(-hashBytes), bytes: payloadLengthAt(event, 0) };
  }

  #block({ lane, seq }: EventPlace, idsOf: (block: BlockView) => Uint8Array): { readonly block: BlockView; readonly ids: Uint8Array } {
    const last = this.#last;
    if (last?.lane === lane && seq >= last.block.firstSeq && seq < last.block.firstSeq + last.block.count) return last;
    const block = blockHolding(this.#view.blockOf(lane, seq)?.slice(), seq);
    if (block === undefined) throw new DamagedStore(`event ${seq} of lane ${lane}`, "it is missing");
    this.#last = { lane, block, ids: idsOf(block) };
    return this.#last;
  }
}
