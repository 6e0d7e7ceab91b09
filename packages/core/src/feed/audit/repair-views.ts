import { toHex } from "../../bytes/hex.js";
import { repairBatchEntriesMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import type { Hasher } from "../../identity/crypto.js";
import type { Batch } from "../../protocol/key-space.js";
import { tableRange } from "../../store/keys.js";
import { viewParts, viewRange } from "../../store/view-keys.js";
import { decodeViewNumber } from "../../store/view-records.js";
import type { FeedView } from "../lane/feed-view.js";
import { entriesOf } from "./audit-tables.js";
import { viewEntries } from "./audit-views.js";
import type { Findings } from "./findings.js";

type Steps<T> = Generator<Batch, T, undefined>;

/** A view in which anything is wrong goes as a whole: it is folded anew when a peer next opens it. What leads to it goes first, so
 * that nobody finds half of one. */
export function* repairViews(view: FeedView, hasher: Hasher, mended: Findings): Steps<void> {
  const gone = new Set<number>();
  for (const { view: number, key, fault } of viewEntries(view, hasher)) {
    if (fault === undefined) {
      yield [];
      continue;
    }
    if (number === undefined) mended.add("view", toHex(key), `${fault}: removed`);
    else if (!gone.has(number)) mended.add("view", `view ${number}`, `${fault}: removed, to be folded anew`);
    if (number !== undefined) gone.add(number);
    // Whatever its key says: that of a view that is dropped would not find it.
    yield [[key.slice(), undefined]];
  }
  if (gone.size === 0) return;
  for (const [key, value] of entriesOf(view.keys, tableRange("viewNumber"))) {
    const number = decodeViewNumber(value);
    yield !isMalformed(number) && gone.has(number) ? [[key.slice(), undefined]] : [];
  }
  for (const number of gone) yield* dropped(view, number);
}

function* dropped(view: FeedView, number: number): Steps<void> {
  let piece: Batch[number][] = [];
  for (const table of viewParts) {
    for (const [key] of entriesOf(view.keys, viewRange(table, number))) {
      piece.push([key.slice(), undefined]);
      if (piece.length < repairBatchEntriesMax) continue;
      yield piece;
      piece = [];
    }
  }
  yield piece;
}
