import { expect, test } from "vitest";
import { blockKey } from "../../store/keys.js";
import { type LostSpan, lostSpan } from "../lane/lost-span.js";
import { countedRange } from "../range/counted-range.js";
import type { RangeOffer, VerifiedRange } from "../range/verified-range.js";
import { entriesIn, redact } from "../rig/absent-lane.suite.js";
import { audited } from "../rig/audited-store.suite.js";
import type { Rig } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet, replica, rowOf } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom, rangeTools, take } from "../rig/offered-lane.suite.js";

function ended<T>(steps: Generator<undefined, T, undefined>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

function rangeFor(rig: Rig, offer: RangeOffer): VerifiedRange {
  const span = ended(lostSpan(rig.view, rangeTools, 0)) as LostSpan;
  expect(span).toMatchObject({ from: 1, to: 5, last: undefined });
  const range = ended(countedRange(rig.view, rangeTools, span, offer));
  expect(range).toHaveProperty("ids");
  return range as VerifiedRange;
}

/** A reader of one branch, frozen at 6, of which all events lie in one block; and that block with a bit flipped. */
function stores() {
  const [one, other, third] = branches(9, { from: 5, more: 3 }, { from: 3, more: 6 }) as [Rig, Rig, Rig];
  redact(one, "s", 2);
  const rig = replica();
  meet(rig, offerFrom(one, "s"));
  freeze(rig, forkBetween(one, other, 6));
  const whole = replica();
  meet(whole, offerFrom(other, "s"));
  freeze(whole, forkBetween(one, other, 6));
  const block = rig.keys.get(blockKey(0, 1))?.slice() as Uint8Array;
  block[block.length >> 1] = (block[block.length >> 1] as number) ^ 4;
  rig.keys.put(blockKey(0, 1), block);
  return { rig, whole, other, third };
}

test("a frozen lane that has lost some of what counts ends with what counts, and nothing is left of what was behind it", () => {
  const { rig, whole, other } = stores();
  expect(entriesIn(rig, "redaction").length).toBe(1);
  const notice = take(rig, rangeFor(rig, offerFrom(other, "s")));
  expect(notice).toMatchObject({ kind: "taken", size: 5, replaced: { lane: 0, from: 6 } });
  expect(rig.view.head(0)).toMatchObject({ size: 5, freezeAt: 6 });
  expect(entriesIn(rig, "redaction")).toEqual([]);
  expect(rowOf(rig)).toEqual(rowOf(whole));
  expect(audited(rig.keys).problems).toEqual([]);
});

test("a third branch, which parts before the fork that is known, does not come in its place", () => {
  const { rig, third } = stores();
  const stored = rig.keys.snapshot();
  expect(take(rig, rangeFor(rig, cutOffer(third, "s", { from: 1, to: 5, perBlock: 9 })))).toMatchObject({ kind: "stale" });
  expect(rig.keys.snapshot()).toEqual(stored);
});

test("what ends with what counts is not cut once more", () => {
  const { rig, other } = stores();
  const range = rangeFor(rig, offerFrom(other, "s"));
  expect(take(rig, range)).toMatchObject({ kind: "taken" });
  expect(take(rig, range)).toMatchObject({ kind: "stale" });
});
