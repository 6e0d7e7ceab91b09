import { toHex } from "../../bytes/hex.js";
import { isMalformed } from "../../bytes/malformed.js";
import type { Batch } from "../../protocol/key-space.js";
import { decodeKey, givenUpKey, tableRange } from "../../store/keys.js";
import { encodeGivenUpRecord } from "../../store/records.js";
import type { FeedView } from "../lane/feed-view.js";
import { givenUpFault, returnedFault, unmarkedFault } from "./audit-returns.js";
import { entriesOf } from "./audit-tables.js";
import { Findings } from "./findings.js";

// What is said of events that were appended again. Whatever is wrong there goes: at worst an event is brought back once more, and
// counts once all the same. What was withdrawn and is marked nowhere is marked again, or it would never come back.

export function* repairReturns(view: FeedView, mended: Findings): Generator<Batch, void, undefined> {
  for (const [key, value] of entriesOf(view.keys, tableRange("givenUp"))) {
    const place = decodeKey(key);
    const fault =
      isMalformed(place) || place.table !== "givenUp" ? "a key that is none" : faultIn(() => givenUpFault(view, place.lane, value));
    if (fault === undefined) continue;
    mended.add("givenUp", toHex(key), `${fault}: removed`);
    yield [[key.slice(), undefined]];
  }
  for (const [key, value] of entriesOf(view.keys, tableRange("returned"))) {
    const place = decodeKey(key);
    const fault =
      isMalformed(place) || place.table !== "returned" ? "a key that is none" : faultIn(() => returnedFault(view, place.event, value));
    if (fault === undefined) continue;
    mended.add("returned", toHex(key), `${fault}: removed`);
    yield [[key.slice(), undefined]];
  }
  for (const [key] of entriesOf(view.keys, tableRange("head"))) {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "head") continue;
    const { lane } = place;
    // A lane that cannot be read is not ours to judge.
    const from = new Findings().attempt(() => (unmarkedFault(view, lane) === undefined ? undefined : view.head(lane)?.freezeAt));
    if (from === undefined) continue;
    mended.add("givenUp", `lane ${lane}`, "marked to be appended again from the fork on");
    yield [[givenUpKey(lane), encodeGivenUpRecord({ from, next: from })]];
  }
}

/** Damage is a fault too. */
function faultIn(look: () => string | undefined): string | undefined {
  const found = new Findings();
  const fault = found.attempt(look);
  return fault ?? found.list()[0]?.detail;
}
