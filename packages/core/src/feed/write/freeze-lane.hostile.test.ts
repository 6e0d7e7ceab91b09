import fc from "fast-check";
import { expect, test } from "vitest";
import { turnCostMax } from "../../bytes/limits.js";
import { equalBytes } from "../../bytes/order.js";
import type { Entry, Range } from "../../protocol/key-space.js";
import { tableRange } from "../../store/keys.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import type { RangeOffer } from "../range/verified-range.js";
import { hasher, network, parts, Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { branches, branchesOf, forkBetween, freeze, meet, placeOf, replica } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom } from "../rig/offered-lane.suite.js";
import { feedProtocol } from "./feed-core.js";
import { countUnknownForks } from "./freeze-lane.js";

// What must not freeze a feed: anything that an honest author does, and anything that somebody else makes of it.

/** One author that never signs two histories: its store, copies of it as it was before that write nothing, and copies that
 * went on as instances of their own. */
const honest = (() => {
  const stores = branches(60, { from: 7, more: 0 }, { from: 31, more: 0 }, { from: 59, more: 0 });
  const copies = [20, 60].map((from, index) => {
    const { keys } = branches(60, { from, more: 0 })[1] as Rig;
    const rig = new Rig({ keys, instance: 5 + index });
    for (let at = 0; at < 9; at++) rig.append("s", parts(`copy ${index} ${at}`));
    return rig;
  });
  return [...stores, ...copies];
})();

const cut = fc
  .tuple(fc.nat({ max: honest.length - 1 }), fc.nat({ max: 99 }), fc.nat({ max: 99 }), fc.integer({ min: 1, max: 9 }))
  .map(([which, from, length, perBlock]): RangeOffer => {
    const store = honest[which] as Rig;
    const size = store.view.head(store.laneNumber("s"))?.size ?? 0;
    const first = 1 + (from % size);
    return cutOffer(store, "s", { from: first, to: Math.min(size, first + length), perBlock });
  });

/** What a relay can make of offers: parts of several, and bits of its own. */
const invented = fc.tuple(cut, cut, cut, fc.nat(), fc.nat({ max: 7 })).map(([blocks, checkpoint, proof, at, bit]): RangeOffer => {
  const bent = blocks.blocks.map((block) => block.slice());
  const [first] = bent as [Uint8Array];
  if (at % 3 === 0) first[at % first.length] = (first[at % first.length] as number) ^ (1 << bit);
  return { ...blocks, blocks: bent, checkpoint: checkpoint.checkpoint, proof: at % 2 === 0 ? proof.proof : checkpoint.proof };
});

test("property: an honest author is never accused, whatever of its stores is offered, and whatever a relay makes of that", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(cut, invented), { minLength: 3, maxLength: 25 }), (offers) => {
      const rig = replica();
      for (const offer of offers) expect(meet(rig, offer)).not.toBe("frozen");
      expect([...rig.view.forks()]).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("a fork of one feed freezes no other of its author: not in another subject, not in another epoch", () => {
  const [a, b] = branches(9, { from: 5, more: 3 }) as [Rig, Rig];
  const later = new Rig({ keys: a.keys, instance: 8 });
  later.append("s", parts("of a later epoch"));
  later.append("t", parts("elsewhere"));
  const rig = replica();
  freeze(rig, forkBetween(branches(9)[0] as Rig, b, 6));
  for (const path of ["s", "t"]) expect(meet(rig, offerFrom(later, path))).toBe("taken");
  expect(rig.view.head(rig.laneNumber("s", later.author))?.freezeAt).toBe(0);
  expect(rig.view.head(rig.laneNumber("t", later.author))?.freezeAt).toBe(0);
});

test("forks of feeds that are not here are read once to count them, however many come, and more of them whose feeds do", () => {
  const reads = { forks: 0 };
  class Counting extends MemoryKeys {
    override range(range: Range): Iterable<Entry> {
      if (equalBytes(range.from, tableRange("fork").from)) reads.forks++;
      return super.range(range);
    }
  }
  const rig = new Rig({ keys: new Counting(), author: 2, instance: 2 });
  for (let author = 10; author < 22; author++) {
    const [one, other, third] = branchesOf({ author }, 4, { from: 2, more: 2 }, { from: 1, more: 2 }) as [Rig, Rig, Rig];
    if (author % 4 === 3) meet(rig, cutOffer(one, "s", { from: 1, to: 1, perBlock: 1 }));
    for (const fork of [forkBetween(one, other, 3), forkBetween(one, third, 2)]) expect(freeze(rig, fork).kind).toBe("frozen");
    if (author % 4 === 1) meet(rig, cutOffer(one, "s", { from: 1, to: 1, perBlock: 1 }));
  }
  expect(reads.forks).toBe(1);
  expect(rig.describe("feed")["unknownForks"]).toBe(6);
  expect(countUnknownForks(rig.view)).toBe(6);
});

test("a turn takes in as many forks as it has time for, and no more", () => {
  const [a, b] = branches(9, { from: 5, more: 3 }) as [Rig, Rig];
  const { signer, author } = a;
  const protocol = feedProtocol({ hasher, signer, verifier: standInVerifier, signatures: "ed25519", author, network });
  const cost = protocol.costOf({ kind: "commanded", command: { kind: "freeze", token: 1, fork: forkBetween(a, b, 6) } });
  expect(turnCostMax / cost).toBeLessThan(50);
});

test("a fork counts among those of feeds that are not here until something of its feed is", () => {
  const [a, b] = branches(9, { from: 5, more: 3 }) as [Rig, Rig];
  const others = branchesOf({ author: 6 }, 4, { from: 1, more: 2 }) as [Rig, Rig];
  const rig = replica();
  freeze(rig, forkBetween(a, b, 6));
  freeze(rig, forkBetween(...others, 2));
  expect(countUnknownForks(rig.view)).toBe(2);
  meet(rig, cutOffer(a, "s", { from: 1, to: 2, perBlock: 2 }));
  expect(countUnknownForks(rig.view)).toBe(1);
  expect(placeOf(a).epoch.index).toBe(0);
});
