import fc from "fast-check";
import { expect, test } from "vitest";
import { rangeRedactionsMax } from "../../bytes/limits.js";
import type { RangeOffer } from "../range/verified-range.js";
import { entriesIn, fill, holds, offerWithout, redact, told } from "../rig/absent-lane.suite.js";
import { audited } from "../rig/audited-store.suite.js";
import { laneIdOf, nonce, parts, Rig } from "../rig/feed-rig.suite.js";
import { naiveLane } from "../rig/naive-lane.suite.js";
import { cutOffer, laneBytes, offerFrom, outcome, takeOffer } from "../rig/offered-lane.suite.js";

// Whatever comes first: the event, what it says, or that it is taken back.

const TEXTS = Array.from({ length: 9 }, (_, at) => `what event ${at + 1} says`.repeat(1 + at * 60));
const REDACTED = [2, 5, 9];

/** A lane of nine events, and another epoch of its author that redacts three of them. */
function written(): { readonly early: RangeOffer; readonly pieces: readonly RangeOffer[]; readonly after: Rig } {
  const before = new Rig();
  for (const text of TEXTS) before.append("s", parts(text));
  const early = offerFrom(before, "s");
  const pieces = [1, 4, 8].map((to) => cutOffer(before, "s", { from: Math.max(1, to - 2), to, perBlock: 2 }));
  const after = new Rig({ keys: before.keys, instance: 9 });
  for (const seq of REDACTED) redact(after, "s", seq, 0);
  return { early, pieces, after };
}

const { early, pieces, after } = written();
const redactions = [1, 2, 3].map((size) => cutOffer(after, "s", { from: 1, to: size + 1, perBlock: 1 }));

const acts: readonly ((rig: Rig) => void)[] = [
  (rig) => taken(rig, early),
  ...pieces.map((piece) => (rig: Rig) => taken(rig, piece)),
  (rig) => taken(rig, offerWithout(after, 0, "any")),
  (rig) => taken(rig, offerWithout(after, 0, [1, 2, 3])),
  ...redactions.map((offer) => (rig: Rig) => taken(rig, offer)),
  ...TEXTS.map((text, at) => (rig: Rig) => filled(rig, at + 1, text)),
  (rig) => filled(rig, 4, "something else"),
];

/** A piece that does not follow on what is held comes again later. */
function taken(rig: Rig, offer: RangeOffer): void {
  const reason = takeOffer(rig, offer);
  if (!["taken", "held"].includes(reason)) expect(reason).toContain("events are held");
}

function numberOf(rig: Rig): number | undefined {
  const place = early.checkpoint.place;
  return rig.view.laneNumber(place.subject, place.author, place.epoch);
}

function filled(rig: Rig, seq: number, text: string): void {
  const number = numberOf(rig);
  if (number !== undefined) fill(rig, number, seq, text);
}

/** All of it in one order, the same for everybody. */
function finish(rig: Rig): void {
  for (const act of [acts[0], ...redactions.map((offer) => (to: Rig) => taken(to, offer))]) act(rig);
  for (const [at, text] of TEXTS.entries()) filled(rig, at + 1, text);
}

function state(rig: Rig): readonly unknown[] {
  const number = numberOf(rig) as number;
  const lane = naiveLane(rig.keys, number, laneIdOf(early.checkpoint.place.author, "s", early.checkpoint.place.epoch));
  const tables = [
    entriesIn(rig, "redaction").map((entry) => entry.slice(0, 144)),
    entriesIn(rig, "absent").map((entry) => entry.slice(10)),
  ];
  const blocks = Object.entries(laneBytes(rig, number)).map(([key, value]) => `${key} ${value}`);
  return [lane.map(({ id, isAbsent }) => [Buffer.from(id).toString("hex"), isAbsent]), told(rig, "s"), tables, blocks, rig.settle().root];
}

test("property: in whatever order they come, every replica ends with the same", () => {
  const straight = new Rig({ author: 2, instance: 2 });
  finish(straight);
  const expected = state(straight);
  expect(told(straight, "s")).toEqual(TEXTS.map((text, at) => `0/${at + 1} ${REDACTED.includes(at + 1) ? "(redacted)" : text}`));
  fc.assert(
    fc.property(fc.array(fc.nat(acts.length - 1), { maxLength: 14 }), (order) => {
      const rig = new Rig({ author: 2, instance: 2 });
      for (const index of order) {
        acts[index](rig);
        expect(audited(rig.keys).problems).toEqual([]);
      }
      finish(rig);
      expect(state(rig)).toEqual(expected);
      expect(audited(rig.keys).problems).toEqual([]);
      for (const seq of REDACTED) expect(holds(rig, `what event ${seq} says`)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

test("property: what is told of an event on the way is right, or that it is not here", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(acts.length - 1), { maxLength: 10 }), (order) => {
      const rig = new Rig({ author: 2, instance: 2 });
      for (const index of order) acts[index](rig);
      for (const line of told(rig, "s")) {
        const [, seq, text] = /^0\/(\d+) (.*)$/.exec(line) as unknown as [string, string, string];
        expect(["(wanted)", REDACTED.includes(Number(seq)) ? "(redacted)" : "", TEXTS[Number(seq) - 1]]).toContain(text);
      }
    }),
    { numRuns: 60 },
  );
});

test("of a range with very many redactions the beginning is taken, and then the rest", () => {
  const a = new Rig();
  const count = rangeRedactionsMax + 20;
  for (let at = 0; at < count; at++) a.append("s", parts(`the secret ${at}`));
  const early = offerFrom(a, "s");
  for (let at = 0; at < count; at++) redact(a, "s", at + 1);
  const rig = new Rig({ author: 2, instance: 2 });
  takeOffer(rig, early);
  const late = offerFrom(a, "s");
  expect([takeOffer(rig, late), rig.view.head(0)?.size]).toEqual(["taken", count + rangeRedactionsMax]);
  expect(audited(rig.keys).problems).toEqual([]);
  expect([takeOffer(rig, late), rig.view.head(0)?.size, outcome(rig, late)]).toEqual(["taken", 2 * count, { kind: "held" }]);
  expect([holds(rig, "the secret"), audited(rig.keys).problems]).toEqual([false, []]);
  expect(naiveLane(rig.keys, 0, laneIdOf(a.author, "s", { index: 0, nonce: nonce(1) })).at(-1)?.id).toEqual(a.view.head(0)?.headId);
});
