import fc from "fast-check";
import { expect, test } from "vitest";
import { blockKey } from "../../store/keys.js";
import { audited } from "../rig/audited-store.suite.js";
import { appended, parts, Rig } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, placeOf, replica } from "../rig/forked-stores.suite.js";
import { clocksOf, knownSizes } from "../rig/known-sizes.suite.js";
import { cutOffer, offerFrom, takeOffer, verified } from "../rig/offered-lane.suite.js";
import { copyOf } from "../rig/twins.suite.js";
import type { Observed } from "./known-lanes.js";

function writer(author: number, count: number): Rig {
  const rig = new Rig({ author, instance: author });
  for (let at = 1; at <= count; at++) rig.append("s", parts(`${author}: ${at}`));
  return rig;
}

/** A turn of one append by who has folded so much, committed. */
function appendKnowing(rig: Rig, observed: Observed | undefined, count = 1): void {
  const events = Array.from({ length: count }, () => parts("x"));
  const turn = rig.feed({ ...rig.command("s", ...events), observed });
  turn.commit();
  expect(appended(turn.notices[0]).seqs.count).toBe(count);
}

function takeUpTo(rig: Rig, from: Rig, last: number): void {
  const known = [...rig.view.lanes(placeOf(from).subject, from.author)].at(0);
  const first = 1 + (known === undefined ? 0 : (rig.view.head(known.number)?.size ?? 0));
  if (first <= last) expect(takeOffer(rig, cutOffer(from, "s", { from: first, to: last, perBlock: 3 }))).toBe("taken");
}

test("who holds but has not folded claims what was folded; who writes without a view, all that is held", () => {
  const [a, b] = [writer(1, 5), new Rig({ author: 2, instance: 2 })];
  takeUpTo(b, a, 5);
  const lane = b.laneNumber("s", a.author);
  appendKnowing(b, new Map([[lane, 2]]));
  appendKnowing(b, new Map([[lane, 3]]), 2);
  appendKnowing(b, undefined);
  appendKnowing(b, new Map());
  appendKnowing(b, new Map([[lane, 4]]));
  expect(knownSizes(b, a)).toEqual([2, 3, 3, 5, 0, 4]);
  expect(audited(b.keys).problems).toEqual([]);
});

test("what is taken while a view stands still is claimed by none of its events", () => {
  const [a, b] = [writer(1, 6), new Rig({ author: 2, instance: 2 })];
  takeUpTo(b, a, 2);
  const observed = new Map([[b.laneNumber("s", a.author), 1]]);
  appendKnowing(b, observed);
  takeUpTo(b, a, 4);
  appendKnowing(b, observed);
  appendKnowing(b, undefined);
  takeUpTo(b, a, 6);
  appendKnowing(b, observed);
  appendKnowing(b, undefined);
  expect(knownSizes(b, a)).toEqual([1, 1, 4, 1, 6]);
});

test("after a restart the lane goes on with what was folded then, whatever it said before", () => {
  const [a, b] = [writer(1, 4), new Rig({ author: 2, instance: 2 })];
  takeUpTo(b, a, 4);
  const lane = b.laneNumber("s", a.author);
  appendKnowing(b, undefined);
  for (const observed of [new Map([[lane, 2]]), undefined, new Map([[lane, 3]]), new Map()]) {
    b.start();
    appendKnowing(b, observed);
  }
  expect(knownSizes(b, a)).toEqual([4, 2, 4, 3, 0]);
});

test("nobody claims more than is held and counts, nor lanes of other subjects, nor lanes that are not here", () => {
  const [a, b] = [writer(1, 3), new Rig({ author: 2, instance: 2 })];
  a.append("t", parts("elsewhere"));
  takeOffer(b, offerFrom(a, "t"));
  takeUpTo(b, a, 2);
  const [lane, elsewhere] = [b.laneNumber("s", a.author), b.laneNumber("t", a.author)];
  const observed = new Map([
    [lane, 9],
    [elsewhere, 1],
    [77, 5],
  ]);
  appendKnowing(b, observed);
  expect(clocksOf(b, b.laneNumber("s"), [lane, elsewhere])).toEqual([[2, 0]]);
});

test("an event says nothing of other lanes where nothing has changed for its author", () => {
  const [a, b] = [writer(1, 3), new Rig({ author: 2, instance: 2 })];
  takeUpTo(b, a, 3);
  const lane = b.laneNumber("s", a.author);
  const flags = () => [...b.view.keys.range({ from: blockKey(b.laneNumber("s"), 1), to: blockKey(b.laneNumber("s"), 99) })];
  const observed = new Map([[lane, 2]]);
  appendKnowing(b, observed);
  const before = flags()[0]?.[1].length as number;
  appendKnowing(b, observed);
  appendKnowing(b, new Map(observed));
  // A header and one byte each.
  expect(flags()[0]?.[1].length).toBe(before + 2 * 17);
});

test("of a frozen lane only what counts is claimed, also by a view that has not heard of it", () => {
  const [x, y] = branches(6, { from: 3, more: 2 }) as [Rig, Rig];
  const b = replica();
  takeOffer(b, offerFrom(x, "s"));
  const lane = b.laneNumber("s", x.author);
  const observed = new Map([[lane, 5]]);
  appendKnowing(b, observed);
  freeze(b, forkBetween(x, y, 4));
  appendKnowing(b, observed);
  appendKnowing(b, undefined);
  appendKnowing(b, new Map([[lane, 2]]));
  b.start();
  appendKnowing(b, observed);
  expect(knownSizes(b, x)).toEqual([5, 3, 3, 2, 3]);
});

test("the event that opens an epoch claims what was folded, too", () => {
  const [a, b] = [writer(1, 4), new Rig({ author: 2, instance: 2 })];
  takeUpTo(b, a, 4);
  b.append("s", parts("before"));
  const own = b.laneNumber("s");
  const copy = new Rig({ keys: copyOf(b), author: 2, instance: 7 });
  const lane = copy.laneNumber("s", a.author);
  appendKnowing(
    copy,
    new Map([
      [lane, 1],
      [own, 1],
    ]),
  );
  expect(clocksOf(copy, copy.laneNumber("s"), [lane, own])).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test("what this store wrote to a lane in the turn it was given up is known once it is folded", () => {
  const rig = writer(1, 2);
  const place = placeOf(rig);
  const own = rig.laneNumber("s");
  const turn = rig.feed(
    rig.command("s", parts("3"), parts("4")),
    { kind: "giveUp", token: 1, place, from: 5 },
    { ...rig.command("s", parts("elsewhere")), observed: new Map([[own, 2]]) },
  );
  turn.commit();
  appendKnowing(rig, new Map([[own, 4]]));
  expect(clocksOf(rig, rig.laneNumber("s"), [own])).toEqual([[2], [2], [4]]);
});

test("in one turn each append claims what its own author had folded", () => {
  const [a, b] = [writer(1, 3), new Rig({ author: 2, instance: 2 })];
  const range = verified(b, offerFrom(a, "s"));
  b.feed({ ...b.command("s", parts("1")), observed: new Map() }, { kind: "take", token: 9, range }, b.command("s", parts("2")), {
    ...b.command("s", parts("3")),
    observed: new Map([[1, 1]]),
  }).commit();
  expect([b.laneNumber("s", a.author), knownSizes(b, a)]).toEqual([1, [0, 3, 1]]);
});

type Step =
  | { readonly kind: "take"; readonly writer: number; readonly last: number }
  | { readonly kind: "append"; readonly folded: readonly number[] | undefined; readonly again: boolean }
  | { readonly kind: "restart" };

const writers = [writer(3, 7), writer(4, 7), writer(5, 7)];
const sizes = fc.integer({ min: 0, max: 8 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const), writer: fc.nat(2), last: fc.integer({ min: 1, max: 7 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      folded: fc.option(fc.tuple(sizes, sizes, sizes), { nil: undefined }),
      again: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

test("property: whatever is taken, folded and written in whatever order, every event claims what its author knew", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 16 }), (steps) => {
      const rig = new Rig({ author: 2, instance: 2 });
      for (const each of writers) takeUpTo(rig, each, 1);
      const lanes = writers.map(({ author }) => rig.laneNumber("s", author));
      const held = lanes.map(() => 1);
      const expected: number[][] = [];
      let last: Observed | undefined;
      for (const step of steps) {
        if (step.kind === "restart") rig.start();
        if (step.kind === "take") {
          takeUpTo(rig, writers[step.writer] as Rig, step.last);
          held[step.writer] = Math.max(held[step.writer] as number, step.last);
        }
        if (step.kind !== "append") continue;
        // A view folds no more than is held.
        const folded = step.folded?.map((seq, at) => [lanes[at] as number, Math.min(seq, held[at] as number)] as const);
        const fresh = folded && new Map(folded.filter(([, seq]) => seq > 0));
        const observed = step.again && last !== undefined ? last : fresh;
        last = observed ?? last;
        appendKnowing(rig, observed);
        expected.push(held.map((size, at) => (observed === undefined ? size : Math.min(size, observed.get(lanes[at] as number) ?? 0))));
      }
      if (expected.length > 0) expect(clocksOf(rig, rig.laneNumber("s"), lanes)).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});
