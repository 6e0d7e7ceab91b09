import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { headKey, mmrKey } from "../../store/keys.js";
import { encodeHeadRecord, type HeadRecord } from "../../store/records.js";
import { DamagedStore } from "../lane/feed-view.js";
import { LaneReader } from "../lane/lane-reader.js";
import { hasher, type Rig } from "../rig/feed-rig.suite.js";
import { branches, meet, placeOf, proofBetween, replica, writer } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom, outcome, rangeTools } from "../rig/offered-lane.suite.js";
import { encodeForkProof, VerifiedFork } from "../seal/fork-proof.js";
import { answerTo, ForkSearch } from "../seal/fork-search.js";
import { forkFromParting, forkShown, heldBranch } from "./fork-parting.js";
import type { Differs, RangeOffer } from "./verified-range.js";

const HELD = 150;
const FORKED_AT = 71;
const [one, other] = branches(HELD, { from: FORKED_AT - 1, more: 140 }) as [Rig, Rig];
const bytes = encodeForkProof(proofBetween(one, other, FORKED_AT));

/** A replica that holds so much of the first branch. */
function holding(size: number): Rig {
  const rig = replica();
  meet(rig, cutOffer(one, "s", { from: 1, to: size, perBlock: 11 }));
  return rig;
}

function shown(rig: Rig, offer: RangeOffer) {
  const answer = outcome(rig, offer);
  if (answer instanceof Malformed || answer.kind !== "differs") throw new Error(`it does not differ: ${JSON.stringify(answer)}`);
  return forkShown(rig.view, rangeTools, rig.laneNumber("s", writer), answer);
}

test("property: a range that begins no later than the fork proves it on the spot, in the same bytes however much is held", () => {
  const size = fc.integer({ min: FORKED_AT, max: HELD });
  const end = fc.integer({ min: FORKED_AT, max: 210 });
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: FORKED_AT }), end, fc.integer({ min: 1, max: 20 }), (held, from, to, perBlock) => {
      const fork = shown(holding(held), cutOffer(other, "s", { from, to, perBlock }));
      expect(fork instanceof VerifiedFork && encodeForkProof(fork.proof)).toEqual(bytes);
    }),
    { numRuns: 60 },
  );
});

test("where a range begins behind the fork, or ends with what is the same, it does not say where the fork is", () => {
  expect(shown(holding(HELD), cutOffer(other, "s", { from: FORKED_AT + 1, to: 200, perBlock: 9 }))).toBe("elsewhere");
  expect(shown(holding(FORKED_AT), cutOffer(other, "s", { from: FORKED_AT + 1, to: 200, perBlock: 9 }))).toBe("elsewhere");
  const [x, y] = branches(20, { from: 9, more: 11 }) as [Rig, Rig];
  const rig = replica();
  meet(rig, offerFrom(x, "s"));
  expect(shown(rig, cutOffer(y, "s", { from: 3, to: 8, perBlock: 9 }))).toBe("elsewhere");
});

/** Two branches that part behind `common` events, and a replica of fewer: it has a seal over all of the first. */
function covered(common: number, sizes: readonly [number, number], held: number): { readonly rig: Rig; readonly x: Rig; readonly y: Rig } {
  const [x, y] = branches(sizes[0], { from: common, more: sizes[1] - common }) as [Rig, Rig];
  const rig = replica();
  meet(rig, cutOffer(x, "s", { from: 1, to: held, perBlock: 9 }));
  return { rig, x, y };
}

test("property: part of a lane under a seal of one branch keeps no other branch out: it proves the fork at once, or when the rest comes", () => {
  const small = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(small, small, small, small, fc.integer({ min: 1, max: 40 }), (common, one, other, held, to) => {
      const sizes = [common + one, common + other] as const;
      const { rig, x, y } = covered(common, sizes, Math.min(held, common));
      const met = [meet(rig, cutOffer(y, "s", { from: 1, to: Math.min(to, sizes[1]), perBlock: 4 }))];
      for (const each of [y, x, y]) met.push(meet(rig, offerFrom(each, "s")));
      expect(met).not.toContain("elsewhere");
      expect([...rig.view.forks()].map(encodeForkProof)).toEqual([encodeForkProof(proofBetween(x, y, common + 1))]);
      expect(rig.view.head(0)).toMatchObject({ freezeAt: common + 1 });
    }),
    { numRuns: 60 },
  );
});

test("where the seal here names the event at which a range is another, that proves the fork, and what was held is all it takes", () => {
  for (const [common, sizes, held, to] of [
    [1, [4, 4], 1, undefined],
    [5, [8, 8], 5],
    [6, [7, 9], 5],
    [4, [5, 30], 4],
    // Here the range ends before the fork too, and its own proof names the event.
    [4, [5, 5], 3, 4],
  ] as const) {
    const { rig, x, y } = covered(common, sizes, held);
    const fork = shown(rig, cutOffer(y, "s", { from: 1, to: to ?? sizes[1], perBlock: 9 }));
    expect(fork instanceof VerifiedFork && encodeForkProof(fork.proof)).toEqual(encodeForkProof(proofBetween(x, y, common + 1)));
  }
});

test("where it names no event of its own there, the range is taken: whoever has the events shows the fork", () => {
  const { rig, x, y } = covered(4, [8, 8], 4);
  expect([meet(rig, offerFrom(y, "s")), meet(rig, offerFrom(x, "s"))]).toEqual(["taken", "frozen"]);
});

test("a seal here that lost a byte on the disk accuses nobody", () => {
  const { rig, y } = covered(1, [4, 4], 1);
  const answer = outcome(rig, offerFrom(y, "s")) as Differs;
  const head = rig.view.head(0) as HeadRecord;
  const cover = { ...head.cover, proof: head.cover?.proof.map((hash) => hash.map((byte) => byte ^ 1)) } as HeadRecord["cover"];
  rig.keys.put(headKey(0), encodeHeadRecord({ ...head, cover }));
  expect(() => forkShown(rig.view, rangeTools, 0, answer)).toThrow(DamagedStore);
});

test("a relay's own invention accuses nobody: its events do not lead to the checkpoint they came with", () => {
  const rig = holding(HELD);
  const mine = cutOffer(one, "s", { from: 60, to: 150, perBlock: 9 });
  const theirs = cutOffer(other, "s", { from: 60, to: 150, perBlock: 9 });
  for (const offer of [
    { ...theirs, checkpoint: mine.checkpoint },
    { ...theirs, proof: theirs.proof.slice(1) },
    { ...theirs, proof: theirs.proof.map((hash) => hash.map((byte) => byte ^ 1)) },
  ])
    expect(shown(rig, offer)).toBeInstanceOf(Malformed);
  expect([...rig.view.forks()]).toEqual([]);
});

test("what is lost here is our damage, and nobody's fork", () => {
  const rig = holding(HELD);
  const answer = outcome(rig, offerFrom(other, "s")) as Differs;
  rig.keys.put(mmrKey(0, 0), new Uint8Array(32));
  expect(() => forkShown(rig.view, rangeTools, 0, answer)).toThrow(DamagedStore);
});

test("a fork found by search is proven by the same bytes, from a lane of which only the beginning is held as well", () => {
  for (const held of [FORKED_AT, 100, HELD]) {
    const rig = holding(held);
    const answer = outcome(rig, cutOffer(other, "s", { from: FORKED_AT + 1, to: 100, perBlock: 9 })) as Differs;
    const theirs = other.view.head(0);
    const reader = (of: Rig) => new LaneReader(of.view, hasher, 0).nodes(new LaneReader(of.view, hasher, 0).laneId());
    const { mmrRoot: root, headId, seal } = answer.checkpoint.checkpoint;
    const told = { size: seal.size, root, peaks: theirs?.peaks ?? [] };
    const search = ForkSearch.begin(hasher, { source: reader(rig), size: held }, told) as ForkSearch;
    let step = search.next();
    for (; step.kind === "ask"; step = search.next())
      search.answer(answerTo(hasher, { source: reader(other), size: seal.size }, step.question) ?? []);
    if (step.kind !== "parting") throw new Error(step.kind);
    const split = step.parting.theirs;
    const proof = forkFromParting(placeOf(other), heldBranch(rig.view, hasher, 0, split.at), { split, headId, seal });
    expect(VerifiedFork.verify(rangeTools, proof, answer.keys)).toBeInstanceOf(VerifiedFork);
    expect(encodeForkProof(proof)).toEqual(bytes);
  }
});

test("of a lane that is frozen, a range that differs before that shows a lower fork", () => {
  const rig = holding(HELD);
  expect(meet(rig, offerFrom(other, "s"))).toBe("frozen");
  expect(rig.view.head(0)?.freezeAt).toBe(FORKED_AT);
  const lower = branches(150, { from: 30, more: 200 })[1] as Rig;
  expect(meet(rig, cutOffer(lower, "s", { from: 100, to: 200, perBlock: 9 }))).toBe("frozen");
  expect(rig.view.head(0)?.freezeAt).toBe(FORKED_AT);
  expect(meet(rig, cutOffer(lower, "s", { from: 40, to: 200, perBlock: 9 }))).toBe("elsewhere");
  expect(meet(rig, cutOffer(lower, "s", { from: 20, to: 200, perBlock: 9 }))).toBe("frozen");
  expect(rig.view.head(0)?.freezeAt).toBe(31);
});

test("a lane and what it began with are no fork, whoever holds the more of it", () => {
  const [long] = branches(40) as [Rig];
  const short = branches(40, { from: 17, more: 0 })[1] as Rig;
  const rig = replica();
  expect([offerFrom(short, "s"), offerFrom(long, "s"), offerFrom(short, "s")].map((offer) => meet(rig, offer))).toEqual([
    "taken",
    "taken",
    "held",
  ]);
});
