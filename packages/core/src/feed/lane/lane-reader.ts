import { blockIndexEntriesMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { feedId, type LaneId, laneId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { storedPlace } from "../../proof/mmr-positions.js";
import { type MmrProof, proveInclusion } from "../../proof/mmr-proof.js";
import type { NodeSource } from "../../proof/mmr-source.js";
import { blockKey, mmrKey } from "../../store/keys.js";
import { absentIn, blockCount, blockFirstSeq, checkBlock, eventOffset, isWhole } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { stampAt } from "../event/event.js";
import { DamagedStore, type FeedView } from "./feed-view.js";

/** Where an event lies. The same object each time, and bytes good until the next read: look, or copy. */
export interface Located {
  bytes: Uint8Array;
  offset: number;
  /** Absent: the hash of it stands in its place. */
  payload: "whole" | "absent";
}

/** What shows that an event is in its lane: its id, the range it stands in, the way up. */
export interface EventProof {
  readonly id: Uint8Array;
  readonly lane: LaneId;
  readonly seq: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly path: MmrProof;
}

/** Reads one lane as stored: by seq, in runs, by stamp, with proofs. Owner: whoever reads; it remembers where blocks begin. */
export class LaneReader {
  readonly #view: FeedView;
  readonly #hasher: Hasher;
  readonly #lane: number;
  readonly #located: Located = { bytes: new Uint8Array(0), offset: 0, payload: "whole" };
  /** First and last seqs of blocks met so far, in order: a known key is read several times faster than one sought. */
  #firsts: number[] = [];
  #lasts: number[] = [];

  constructor(view: FeedView, hasher: Hasher, lane: number) {
    this.#view = view;
    this.#hasher = hasher;
    this.#lane = lane;
  }

  get size(): number {
    return this.#view.head(this.#lane)?.size ?? 0;
  }

  event(seq: number): Located | undefined {
    const block = this.#blockHolding(seq);
    if (block === undefined) return undefined;
    this.#located.bytes = block;
    const index = seq - blockFirstSeq(block);
    this.#located.offset = eventOffset(block, index);
    this.#located.payload = isWhole(block) || !absentIn(block).includes(index) ? "whole" : "absent";
    return this.#located;
  }

  /** Blocks from the one that holds `from` up to the one that holds `to`. Each is good until the next read of the store.
   * Where a block ends says where the next begins: a known key is read several times faster than a cursor moves. */
  *blocks(from: number, to: number): Iterable<Uint8Array> {
    for (let block = from <= to ? this.#blockHolding(from) : undefined; block !== undefined; ) {
      const next = blockFirstSeq(block) + blockCount(block);
      yield block;
      block = next <= to ? this.#view.keys.peek(blockKey(this.#lane, next)) : undefined;
    }
  }

  /** First seq whose stamp is `stamp` or greater; one beyond the end if there is none. */
  seqAt(stamp: Stamp): number {
    let low = 1;
    let high = this.size + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = this.event(middle);
      if (found === undefined) throw new DamagedStore(`lane ${this.#lane}`, `event ${middle} is missing`);
      if (compareStamps(stampAt(found.bytes, found.offset), stamp) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  prove(seq: number): EventProof | undefined {
    const head = this.#view.head(this.#lane);
    if (head === undefined || seq < 1 || seq > head.size) return undefined;
    const lane = this.laneId();
    const source = this.nodes(lane);
    const path = proveInclusion(this.#hasher, source, head.size, seq - 1);
    const id = source.leaves(seq - 1, 1)?.slice();
    if (path === undefined || id === undefined)
      throw new DamagedStore(`lane ${this.#lane}`, `what shows that event ${seq} is in it is missing`);
    return { id, lane, seq, size: head.size, root: mmrRoot(this.#hasher, head), path };
  }

  laneId(): LaneId {
    const record = this.#view.lane(this.#lane);
    if (record === undefined) throw new DamagedStore(`lane ${this.#lane}`, "its record is missing");
    return laneId(this.#hasher, feedId(this.#hasher, record.author, record.subject), record.epoch);
  }

  /** The lane's Merkle Mountain Range: its higher nodes are stored, the lower ones follow from the events. */
  nodes(lane: LaneId): NodeSource {
    return {
      node: (height, index) => {
        const { group, position } = storedPlace(height, index);
        return this.#view.keys.peek(mmrKey(this.#lane, group))?.subarray(position * hashBytes, (position + 1) * hashBytes);
      },
      leaves: (from, count) => this.#ids(lane, from + 1, count),
    };
  }

  /** Of blocks that are whole: a damaged one must neither be hashed beyond its end nor lead round in circles. */
  #ids(lane: LaneId, firstSeq: number, count: number): Uint8Array | undefined {
    const ids = new Uint8Array(count * hashBytes);
    for (let filled = 0; filled < count; ) {
      const seq = firstSeq + filled;
      const bytes = this.#blockHolding(seq);
      if (bytes === undefined) return undefined;
      const block = checkBlock(bytes);
      if (block instanceof Malformed) throw new DamagedStore(`lane ${this.#lane}, event ${seq}`, block.reason);
      const skip = seq - block.firstSeq;
      if (skip < 0 || skip >= block.count) return undefined;
      const wanted = Math.min(count - filled, block.count - skip);
      const all = idsOfBlock(this.#hasher, lane, block, skip + wanted);
      ids.set(all.subarray(skip * hashBytes), filled * hashBytes);
      filled += wanted;
    }
    return ids;
  }

  #blockHolding(seq: number): Uint8Array | undefined {
    const at = this.#indexOf(seq);
    if (at >= 0 && seq <= (this.#lasts[at] as number)) {
      const block = this.#view.keys.peek(blockKey(this.#lane, this.#firsts[at] as number));
      if (block !== undefined) return block;
    }
    const block = this.#view.blockOf(this.#lane, seq);
    if (block === undefined || seq >= blockFirstSeq(block) + blockCount(block)) return undefined;
    this.#remember(at, blockFirstSeq(block), blockFirstSeq(block) + blockCount(block) - 1);
    return block;
  }

  /** Of the last block known to begin at `seq` or before; -1 if none is. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #remember(before: number, first: number, last: number): void {
    if (this.#firsts[before] === first) {
      this.#lasts[before] = last;
      return;
    }
    if (this.#firsts.length >= blockIndexEntriesMax) {
      this.#firsts = [first];
      this.#lasts = [last];
      return;
    }
    this.#firsts.splice(before + 1, 0, first);
    this.#lasts.splice(before + 1, 0, last);
  }
}
