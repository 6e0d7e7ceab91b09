import { equalBytes } from "../bytes/order.js";
import { type FeedView, unlessLost } from "../feed/lane/feed-view.js";
import { countedHead } from "../feed/lane/freeze.js";
import { hybridSizeOf } from "../feed/lane/lane-reach.js";
import type { Hasher } from "../identity/crypto.js";
import type { Row } from "./messages.js";

// What is held of a lane, as others are told of it.

/** A row without its place. */
type RowState = Pick<Row, "size" | "headId" | "freezeAt" | "hybridSize">;

/**
 * Nothing, where there is no such lane, and where the disk has lost what its row would say: of that an audit tells, and nobody is told
 * what may be wrong. Of a lane that is frozen at its first event nothing counts: its row, of size 0, tells of
 * the fork to whoever has a row of it; in the trie and in the index it has none.
 */
export function rowOf(view: FeedView, hasher: Hasher, lane: number): Row | undefined {
  return unlessLost(() => {
    const place = view.lane(lane);
    if (place === undefined) return undefined;
    const { author, subject, epoch } = place;
    const { size, headId, freezeAt } = countedHead(view, hasher, lane);
    return { author, subject, epoch, size, headId, freezeAt, hybridSize: hybridSizeOf(view, lane, { size, freezeAt }) };
  });
}

/** Of one lane: whether they say the same of it. */
export function equalRows(one: RowState, other: RowState): boolean {
  const areNumbersEqual = one.size === other.size && one.freezeAt === other.freezeAt && one.hybridSize === other.hybridSize;
  return areNumbersEqual && equalBytes(one.headId, other.headId);
}
