import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { forksOfUnknownLanesMax } from "../../bytes/limits.js";
import { authorKey, forkKey } from "../../store/keys.js";
import { auditStore } from "../audit/audit.js";
import { hasher, network, parts, Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet, placeOf, replica, rowOf } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom } from "../rig/offered-lane.suite.js";
import { encodeForkProof } from "../seal/fork-proof.js";
import { freezing } from "./freeze-lane.js";

function problems(rig: Rig): readonly unknown[] {
  const steps = auditStore(rig.view, { hasher, verifier: standInVerifier, network });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.problems;
  }
}

const forks = (() => {
  const [a, b, c] = branches(12, { from: 7, more: 3 }, { from: 4, more: 90 }) as [Rig, Rig, Rig];
  const met = [forkBetween(a, b, 8), forkBetween(a, c, 5), forkBetween(b, c, 5)] as const;
  return { stores: [a, b, c], met };
})();

test("a proof freezes the lane it is of: told once, with what is withdrawn here, and kept with the head in one commit", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  meet(rig, offerFrom(a, "s"));
  rig.settle();
  const turn = rig.feed({ kind: "freeze", token: 7, fork: forks.met[0] });
  expect(turn.notices).toEqual([
    { kind: "frozen", token: 7, place: placeOf(a), path: "s", freezeAt: 8, wasFrozenAt: 0, withdrawn: { from: 8, to: 12 } },
  ]);
  expect(rig.view.head(0)?.freezeAt).toBe(0);
  expect(turn.batch.length).toBe(3);
  turn.commit();
  expect(rig.view.head(0)).toMatchObject({ size: 12, freezeAt: 8 });
  expect(rig.view.freezeAt(forks.met[0].lane)).toBe(8);
  const again = rig.feed({ kind: "freeze", token: 8, fork: forks.met[0] });
  expect([again.notices, again.writes]).toEqual([[{ kind: "passed", token: 8 }], []]);
  expect(problems(rig)).toEqual([]);
});

test("a lower fork freezes it lower, and tells only of what is withdrawn by that; a higher one changes nothing", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  meet(rig, offerFrom(a, "s"));
  freeze(rig, forks.met[0]);
  expect(freeze(rig, forks.met[1])).toMatchObject({ kind: "frozen", freezeAt: 5, wasFrozenAt: 8, withdrawn: { from: 5, to: 7 } });
  expect(freeze(rig, forks.met[0])).toMatchObject({ kind: "passed" });
});

test("what is not on disk was not told: a commit that is lost leaves neither proof nor frozen head", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  meet(rig, offerFrom(a, "s"));
  rig.feed({ kind: "freeze", token: 1, fork: forks.met[0] });
  rig.start();
  expect([rig.view.freezeAt(forks.met[0].lane), rig.view.head(0)?.freezeAt]).toEqual([0, 0]);
  expect(freeze(rig, forks.met[0]).kind).toBe("frozen");
});

test("a proof that comes before the feed is kept, with the keys: the feed is taken up to the fork and no further", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  expect(freeze(rig, forks.met[0])).toMatchObject({ kind: "frozen", path: undefined, freezeAt: 8, withdrawn: undefined });
  expect(rig.keys.get(authorKey(a.author))).toEqual(a.keys.get(authorKey(a.author)));
  expect(meet(rig, cutOffer(a, "s", { from: 1, to: 3, perBlock: 2 }))).toBe("taken");
  expect(meet(rig, cutOffer(a, "s", { from: 4, to: 12, perBlock: 3 }))).toBe("taken");
  expect(meet(rig, cutOffer(a, "s", { from: 8, to: 12, perBlock: 3 }))).toBe("frozen");
  expect(rig.view.head(0)).toMatchObject({ size: 7, freezeAt: 8, seal: { size: 12 } });
  expect(problems(rig)).toEqual([]);
});

const rangeOf = (store: number) => fc.tuple(fc.constant(store), fc.nat({ max: 100 }), fc.nat({ max: 100 }), fc.integer({ min: 1, max: 9 }));
const step = fc.oneof(
  rangeOf(0),
  rangeOf(1),
  rangeOf(2),
  fc.nat({ max: 2 }).map((fork) => fork),
);

function act(rig: Rig, what: number | [number, number, number, number]): void {
  if (typeof what === "number") return void freeze(rig, forks.met[what] as (typeof forks.met)[0]);
  const [store, from, length, perBlock] = what;
  const source = forks.stores[store] as Rig;
  const { size } = source.view.head(source.laneNumber("s")) as { size: number };
  const first = 1 + (from % size);
  meet(rig, cutOffer(source, "s", { from: first, to: Math.min(size, first + length), perBlock }));
}

test("property: whatever comes in whatever order, replicas end frozen at one place, with one row and one root", () => {
  const all = [0, 1, 2, ...forks.stores.map((_, store) => [store, 0, 100, 7] as [number, number, number, number])];
  const asked = replica();
  for (const what of all) act(asked, what);
  const row = rowOf(asked);
  expect(row.slice(0, 3)).toEqual([4, expect.any(String), 5]);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.shuffledSubarray(all, { minLength: all.length }), (steps, rest) => {
      const rig = replica();
      for (const what of [...steps, ...rest]) act(rig, what);
      expect(rowOf(rig)).toEqual(row);
      expect(problems(rig)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("a replica that holds less than what counts says what it holds, and that the lane is frozen", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  meet(rig, cutOffer(a, "s", { from: 1, to: 2, perBlock: 2 }));
  freeze(rig, forks.met[1]);
  expect(rowOf(rig).slice(0, 3)).toEqual([2, expect.any(String), 5]);
});

test("of a lane forked at its first event nothing counts, and there is no row of it: who holds only the proof has the same root", () => {
  const [x, y] = [new Rig(), new Rig()];
  for (const [rig, text] of [
    [x, "x"],
    [y, "y"],
  ] as const)
    rig.append("s", parts(text), parts("more"));
  const fork = forkBetween(x, y, 1);
  expect(fork.forkedAt).toBe(1);
  const [holder, knower] = [replica(2), replica(3)];
  meet(holder, offerFrom(x, "s"));
  holder.settle();
  for (const rig of [holder, knower]) freeze(rig, fork);
  expect(meet(knower, offerFrom(y, "s"))).toBe("frozen");
  expect(toHex(holder.settle().root)).toBe(toHex(knower.settle().root));
  expect([holder.settle().rows, problems(holder), problems(knower)]).toEqual([0, [], []]);
});

test("the lane of a store that writes on in the turn it is frozen stays frozen", () => {
  const [a] = branches(6) as [Rig];
  const [x, y] = branches(6, { from: 3, more: 2 }) as [Rig, Rig];
  const turn = a.feed(a.command("s", parts("more")), { kind: "freeze", token: 1, fork: forkBetween(x, y, 4) });
  turn.commit();
  expect(a.view.head(0)).toMatchObject({ size: 7, freezeAt: 4 });
});

test("a lane that was written in the turn it is frozen stays frozen, though this store has begun another by then", () => {
  const [x, y, z] = branches(6, { from: 4, more: 2 }, { from: 3, more: 2 }) as [Rig, Rig, Rig];
  const [high, low] = [forkBetween(x, y, 5), forkBetween(x, z, 4)];
  const first = { kind: "freeze", token: 1, fork: high } as const;
  const givenUp = { kind: "giveUp", token: 1, place: placeOf(x), from: 6 } as const;
  for (const before of [first, givenUp]) {
    const [a] = branches(6) as [Rig];
    a.feed(a.command("s", parts("more")), before, a.command("s", parts("elsewhere")), { kind: "freeze", token: 2, fork: low }).commit();
    expect(a.view.head(0)).toMatchObject({ size: 7, freezeAt: 4 });
    expect(problems(a)).toEqual([]);
  }
});

test("forks of feeds that are not here are bounded; one of a feed that is here is always taken", () => {
  const [a] = forks.stores as [Rig];
  const rig = replica();
  const full = () => forksOfUnknownLanesMax;
  expect(freezing(forks.met[0], rig.view, full)).toMatchObject({ code: "too-large" });
  meet(rig, offerFrom(a, "s"));
  expect(freezing(forks.met[0], rig.view, full)).toMatchObject({ freeze: { freezeAt: 8 } });
});

test("a disk that is full, and a proof here that is damaged, are refused with what to do", () => {
  const rig = replica();
  rig.disk = "full";
  expect(freeze(rig, forks.met[0])).toMatchObject({ kind: "refused", code: "disk-full" });
  rig.disk = "roomy";
  rig.keys.put(forkKey(forks.met[0].lane), encodeForkProof(forks.met[0].proof).subarray(1));
  expect(freeze(rig, forks.met[0])).toMatchObject({ kind: "refused", code: "corrupt" });
});

test("two copies of a store that both go on are no fork: their epochs have one index, and different nonces", () => {
  const copies = [7, 8].map((instance) => {
    const { keys } = branches(4)[0] as Rig;
    const rig = new Rig({ keys, instance });
    rig.append("s", parts(`of instance ${instance}`));
    return rig;
  });
  const rig = replica();
  for (const store of [...copies, ...copies]) expect(["taken", "held"]).toContain(meet(rig, offerFrom(store, "s")));
  expect([...rig.view.lanes(placeOf(copies[0] as Rig).subject)].map(({ epoch }) => [epoch.index, epoch.nonce[0]])).toEqual([
    [1, 7],
    [1, 8],
  ]);
  expect([...rig.view.forks()]).toEqual([]);
});
