import { type Hasher, hashBytes, spanWords } from "../identity/crypto.js";
import type { LaneId } from "../identity/ids.js";
import { BlockBuilder, type BlockView, blockCount, blockFirstSeq, fitsBehind } from "./block.js";
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

/** What of a lane's blocks changes with the events behind `held` in these blocks, which are checked and follow on. */
export function laidOut(
  where: { readonly hasher: Hasher; readonly lane: LaneId },
  held: HeldLane,
  views: readonly BlockView[],
  idOf: (seq: number) => Uint8Array,
): readonly StoredBlock[] {
  const next = held.size + 1;
  const first = views.findIndex(({ firstSeq, count }) => firstSeq + count > next);
  const news = views.slice(first);
  const asTheyAre = goesOn(held, news[0] as BlockView) && news.every((view, index) => isFull(view, news[index + 1]));
  return asTheyAre ? news : laidOutAnew(where, held, news, idOf);
}

/** Whether a block stands where one is to begin: behind a last one that is full, or in its place. */
function goesOn({ tail, size }: HeldLane, view: BlockView): boolean {
  if (tail === undefined) return true;
  if (view.firstSeq === blockFirstSeq(tail)) return true;
  return view.firstSeq === size + 1 && !fitsBehind(blockCount(tail), tail.length, sizeOf(view, 0));
}

function isFull({ bytes, count }: BlockView, next: BlockView | undefined): boolean {
  return next === undefined || !fitsBehind(count, bytes.length, sizeOf(next, 0));
}

function laidOutAnew(
  where: { readonly hasher: Hasher; readonly lane: LaneId },
  held: HeldLane,
  views: readonly BlockView[],
  idOf: (seq: number) => Uint8Array,
): StoredBlock[] {
  const laid: StoredBlock[] = [];
  let builder =
    held.tail === undefined ? new BlockBuilder(1, new Uint8Array(hashBytes)) : BlockBuilder.resume(soundTail(where, held, held.tail));
  const end = () => {
    if (builder.firstSeq + builder.count - 1 > held.size && builder.count > 0)
      laid.push({ firstSeq: builder.firstSeq, bytes: builder.finish() });
  };
  for (const view of views) {
    for (let index = Math.max(0, held.size + 1 - view.firstSeq); index < view.count; index++) {
      const size = sizeOf(view, index);
      const from = view.spans[index * spanWords] as number;
      if (!builder.fits(size)) {
        end();
        builder = new BlockBuilder(view.firstSeq + index, idBefore(view, index, idOf));
      }
      builder.addBytes(view.bytes.subarray(from, from + size));
    }
  }
  end();
  return laid;
}

function idBefore(view: BlockView, index: number, idOf: (seq: number) => Uint8Array): Uint8Array {
  return index === 0 ? view.previous : idOf(view.firstSeq + index - 1);
}

function sizeOf({ spans }: BlockView, index: number): number {
  return (spans[index * spanWords + 1] as number) + (spans[index * spanWords + 2] as number);
}
