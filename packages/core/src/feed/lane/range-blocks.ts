import { Malformed } from "../../bytes/malformed.js";
import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import {
  absentIn,
  authoredLength,
  BlockBuilder,
  type BlockView,
  blockCount,
  blockFirstSeq,
  checkBlock,
  fitsBehind,
} from "../event/block.js";
import { sizeAt } from "../event/event.js";
import { DamagedStore } from "./feed-view.js";
import type { HeldLane } from "./held-lane.js";
import { soundTail } from "./sound-lane.js";

// Blocks of a foreign range as they are stored. A lane's blocks follow from its events alone: each is filled until the next
// event does not fit. So every replica has the author's own blocks, whatever the pieces they came in. Those that come as
// they are to be stored, which is the rule, are stored as they came; where a range was cut within a block, its events are
// laid out anew behind the last ones held.

export interface StoredBlock {
  readonly firstSeq: number;
  readonly bytes: Uint8Array;
}

/** Blocks that are checked and follow on. */
export interface OfferedBlocks {
  readonly views: readonly BlockView[];
  readonly idOf: (seq: number) => Uint8Array;
  /** Seq of the last event that is wanted of them. */
  readonly end: number;
}

/** What of a lane's blocks changes with the events behind `held` in these blocks. */
export function laidOut(
  where: { readonly hasher: Hasher; readonly lane: LaneId },
  held: HeldLane,
  { views, idOf, end }: OfferedBlocks,
): readonly StoredBlock[] {
  const next = held.size + 1;
  const news = views.filter(({ firstSeq, count }) => firstSeq + count > next && firstSeq <= end);
  const last = news.at(-1) as BlockView;
  const isWhole = last.firstSeq + last.count - 1 === end;
  const asTheyAre = isWhole && goesOn(held, news[0] as BlockView) && news.every((view, index) => isFull(view, news[index + 1]));
  return asTheyAre ? news : laidOutAnew(where, held, { views: news, idOf, end });
}

/** Whether a block stands where one is to begin: behind a last one that is full, or in its place. */
function goesOn({ tail, size }: HeldLane, view: BlockView): boolean {
  if (tail === undefined) return true;
  // Of events held, what is here of their payloads stays as it is: the one block may lack what the other has.
  if (view.firstSeq === blockFirstSeq(tail)) return absentIn(tail).length === 0 && view.absent.length === 0;
  return view.firstSeq === size + 1 && !fitsBehind(blockCount(tail), authoredLength(tail), sizeOf(view, 0));
}

/** A copy of a block as stored, without what lies behind that event: it is as long as the lane is. */
export function blockUpTo(block: Uint8Array, end: number): Uint8Array {
  const keep = end + 1 - blockFirstSeq(block);
  if (keep >= blockCount(block)) return block.slice();
  const view = checkBlock(block);
  if (view instanceof Malformed) throw new DamagedStore(`the block from seq ${blockFirstSeq(block)}`, view.reason);
  return cutBlock(view, keep);
}

/** A block without what lies before that event, which is one of its own and not the first. */
export function blockFrom(block: Uint8Array, from: number, previous: Uint8Array): Uint8Array {
  const view = checkBlock(block);
  if (view instanceof Malformed) throw new DamagedStore(`the block from seq ${blockFirstSeq(block)}`, view.reason);
  const builder = new BlockBuilder(from, previous);
  for (let index = from - view.firstSeq; index < view.count; index++) builder.addFrom(view, index);
  return builder.finish();
}

/** Its first events. */
export function cutBlock(block: BlockView, keep: number): Uint8Array {
  const builder = new BlockBuilder(block.firstSeq, block.previous);
  for (let index = 0; index < keep; index++) builder.addFrom(block, index);
  return builder.finish();
}

function isFull({ bytes, count }: BlockView, next: BlockView | undefined): boolean {
  return next === undefined || !fitsBehind(count, authoredLength(bytes), sizeOf(next, 0));
}

function laidOutAnew(
  where: { readonly hasher: Hasher; readonly lane: LaneId },
  held: HeldLane,
  { views, idOf, end: last }: OfferedBlocks,
): StoredBlock[] {
  const laid: StoredBlock[] = [];
  let builder =
    held.tail === undefined ? new BlockBuilder(1, new Uint8Array(hashBytes)) : BlockBuilder.resume(soundTail(where, held, held.tail));
  const end = () => {
    if (builder.firstSeq + builder.count - 1 > held.size && builder.count > 0)
      laid.push({ firstSeq: builder.firstSeq, bytes: builder.finish() });
  };
  for (const view of views) {
    for (let index = Math.max(0, held.size + 1 - view.firstSeq); index < Math.min(view.count, last + 1 - view.firstSeq); index++) {
      const size = sizeOf(view, index);
      if (!builder.fits(size)) {
        end();
        builder = new BlockBuilder(view.firstSeq + index, idBefore(view, index, idOf));
      }
      builder.addFrom(view, index);
    }
  }
  end();
  return laid;
}

function idBefore(view: BlockView, index: number, idOf: (seq: number) => Uint8Array): Uint8Array {
  return index === 0 ? view.previous : idOf(view.firstSeq + index - 1);
}

/** With its payload. */
function sizeOf({ bytes, spans }: BlockView, index: number): number {
  return sizeAt(bytes, spans[index * spanWords] as number);
}
