import { type Hasher, hashBytes, spanWords } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import { type BlockView, blockRun, eventIn } from "./block.js";
import { eventIdOf } from "./event-id.js";

/** Writes the ids of the first `count` events of a block to `out`, 32 bytes each. Whole events are hashed a run at a time;
 * one whose payload is absent by the hash that stands for it. */
export function blockIds(
  hasher: Hasher,
  lane: LaneId,
  block: BlockView,
  { out, at = 0, count = block.count }: { readonly out: Uint8Array; readonly at?: number; readonly count?: number },
): void {
  if (block.absent.length === 0) return hasher.eventIds({ ...blockRun(lane, block), count }, out, at);
  let [previous, from] = [block.previous, 0];
  const wholeUpTo = (end: number) => {
    if (end === from) return;
    const spans = block.spans.subarray(from * spanWords, end * spanWords);
    hasher.eventIds({ lane, firstSeq: block.firstSeq + from, previous, bytes: block.bytes, spans, count: end - from }, out, idAt(from));
    previous = out.subarray(idAt(end) - hashBytes, idAt(end));
  };
  const idAt = (index: number) => at + index * hashBytes;
  for (const index of block.absent) {
    if (index >= count) break;
    wholeUpTo(index);
    const event = eventIn(block, index);
    const [head, payloadHash] = [event.subarray(0, -hashBytes), event.subarray(-hashBytes)];
    const id = eventIdOf(hasher, { lane, previous, seq: block.firstSeq + index, head, payloadHash });
    out.set(id, idAt(index));
    [previous, from] = [id, index + 1];
  }
  wholeUpTo(count);
}

/** The same as bytes of their own. */
export function idsOfBlock(hasher: Hasher, lane: LaneId, block: BlockView, count = block.count): Uint8Array {
  const out = new Uint8Array(count * hashBytes);
  blockIds(hasher, lane, block, { out, count });
  return out;
}
