import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { type Hasher, hashBytes } from "../../identity/crypto.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { namedLane } from "../lane/absence.js";
import type { KnownEvent, LostSpan } from "../lane/lost-span.js";
import { blockFrom, cutBlock, type StoredBlock } from "../lane/range-blocks.js";

/** Events in the place of some that were lost: the same ones. Only `mendedSpan` makes one: the class is not exported. */
class MendedSpan {
  readonly span: LostSpan;
  readonly blocks: readonly StoredBlock[];
  /** The event before the first. */
  readonly before: KnownEvent;

  constructor(span: LostSpan, blocks: readonly StoredBlock[], before: KnownEvent) {
    this.span = span;
    this.blocks = blocks;
    this.before = before;
  }
}

export type { MendedSpan };

/** Holds what is offered against the one id that is known: of the last event that was lost. Events whose chain ends in that are those that
 * were written, whoever offers them. It may be the end of the span alone: what is before it is then known by the event that it follows. */
export function mendedSpan(hasher: Hasher, span: LostSpan, offered: readonly Uint8Array[]): Decoded<MendedSpan> {
  const { from, to, last, place } = span;
  if (last === undefined) return new Malformed("events of a frozen lane, of which no id is known");
  const { id: lane } = namedLane(hasher, place);
  const blocks: StoredBlock[] = [];
  let before: KnownEvent | undefined;
  let end: KnownEvent | undefined;
  for (const bytes of offered) {
    const view = checkBlock(bytes);
    if (view instanceof Malformed) return view;
    const isNext = end === undefined ? view.firstSeq <= to : view.firstSeq === end.seq + 1 && equalBytes(view.previous, end.id);
    if (!isNext) return new Malformed(`a block from seq ${view.firstSeq} that does not follow on`);
    const count = Math.min(view.count, to - view.firstSeq + 1);
    const ids = idsOfBlock(hasher, lane, view, count);
    const idAt = (seq: number) =>
      seq < view.firstSeq ? view.previous.slice() : ids.slice((seq - view.firstSeq) * hashBytes).subarray(0, hashBytes);
    end = { seq: view.firstSeq + count - 1, id: idAt(view.firstSeq + count - 1) };
    if (end.seq < from) continue;
    const begin = Math.max(from, view.firstSeq);
    before ??= { seq: begin - 1, id: idAt(begin - 1) };
    blocks.push(cut(view, { from, to, previous: before.id }));
    if (end.seq === to) break;
  }
  if (end === undefined || before === undefined || end.seq !== to || !equalBytes(end.id, last))
    return new Malformed(`events up to ${to}, which are not those that were lost`);
  return new MendedSpan({ ...span, from: before.seq + 1 }, blocks, before);
}

function cut(view: BlockView, { from, to, previous }: Pick<LostSpan, "from" | "to" | "previous">): StoredBlock {
  const keep = to - view.firstSeq + 1;
  const upTo = keep < view.count ? cutBlock(view, keep) : view.bytes;
  return view.firstSeq < from ? { firstSeq: from, bytes: blockFrom(upTo, from, previous) } : { firstSeq: view.firstSeq, bytes: upTo };
}
