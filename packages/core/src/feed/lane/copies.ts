import { toHex } from "../../bytes/hex.js";
import { copiesKnownMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { spanWords } from "../../identity/crypto.js";
import { blocksFrom, decodeKey } from "../../store/keys.js";
import type { LaneRecord } from "../../store/records.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { originAt, type Redaction } from "../event/event.js";
import { hasOrigins } from "../event/origin.js";
import type { FeedView, LaneEntry } from "./feed-view.js";

// Where events lie that were appended again. Nothing in the store says so by the place where they first stood: the later epochs of
// the feed are read for it, which only a redaction asks for. What was read once is kept in mind, so that many redactions read a
// lane once. A feed of one epoch has no such lanes.

/** Of one lane, what has been read of it. */
interface KnownLane {
  /** Where the last block read begins: it may have grown since. */
  readonly from: number;
  /** Seqs of events that were appended again, by the id they first had. */
  readonly seqs: Map<string, Set<number>>;
}

/** Owner: the core that writes feeds. Lanes only grow, or it is told. */
export class Copies {
  readonly #known = new Map<number, KnownLane>();
  #count = 0;

  /** Events of this author and subject that may be the one named, appended again: the same first id says so, and no more. */
  of(view: FeedView, { author, subject }: Pick<LaneRecord, "author" | "subject">, named: Redaction): CopyPlace[] {
    const found: CopyPlace[] = [];
    for (const lane of [...view.lanes(subject, author)]) {
      // An origin is of an earlier epoch.
      if (lane.epoch.index <= named.epoch.index) continue;
      for (const seq of this.#read(view, lane.number).get(toHex(named.id)) ?? []) found.push({ lane, seq });
    }
    if (this.#count > copiesKnownMax) this.#forgetAll();
    return found;
  }

  /** Its end has other events now. */
  forget(lane: number): void {
    for (const seqs of this.#known.get(lane)?.seqs.values() ?? []) this.#count -= seqs.size;
    this.#known.delete(lane);
  }

  #forgetAll(): void {
    this.#known.clear();
    this.#count = 0;
  }

  #read(view: FeedView, lane: number): ReadonlyMap<string, ReadonlySet<number>> {
    const known = this.#known.get(lane) ?? { from: 1, seqs: new Map<string, Set<number>>() };
    let { from } = known;
    for (const [key, bytes] of view.keys.range(blocksFrom(lane, from))) {
      const place = decodeKey(key);
      from = isMalformed(place) || place.table !== "block" ? from : place.firstSeq;
      // Most have none, and are not looked at any closer. What the disk has lost is no event: the audit tells of it.
      const block = hasOrigins(bytes) ? checkBlock(bytes) : undefined;
      if (block === undefined || isMalformed(block)) continue;
      for (const { seq, id } of appendedAgain(block)) this.#add(known.seqs, id, seq);
    }
    this.#known.set(lane, { from, seqs: known.seqs });
    return known.seqs;
  }

  #add(all: Map<string, Set<number>>, id: string, seq: number): void {
    const seqs = all.get(id) ?? new Set();
    if (seqs.has(seq)) return;
    all.set(id, seqs.add(seq));
    this.#count++;
  }
}

export interface CopyPlace {
  readonly lane: LaneEntry;
  readonly seq: number;
}

/** Events of a block that stood elsewhere before, by the id they first had. */
export function* appendedAgain({ bytes, firstSeq, count, spans }: BlockView): Generator<{ seq: number; id: string }, void, undefined> {
  for (let index = 0; index < count; index++) {
    const origin = originAt(bytes, spans[index * spanWords] as number);
    if (origin !== undefined) yield { seq: firstSeq + index, id: toHex(origin.id) };
  }
}
