import { expect, test } from "vitest";
import { subjectId } from "../../identity/ids.js";
import { tableRange } from "../../store/keys.js";
import { redact, told } from "../rig/absent-lane.suite.js";
import { audited } from "../rig/audited-store.suite.js";
import { hasher, network, nonce, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet, placeOf } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom } from "../rig/offered-lane.suite.js";
import { append, copyOf, exchange, lanes, later, pass, run, takeOwn, texts } from "../rig/twins.suite.js";

// A store's own lane, as others hold it: what comes in which place, and what goes with what was there.

const subject = subjectId(hasher, network, pathOf("s"));
const [whole, forked, parted] = branches(12, { from: 9, more: 2 }, { from: 4, more: 2 }) as [Rig, Rig, Rig];
const fork = forkBetween(whole, forked, 10);

/** A copy of the author's store, made when it had so many events. */
function copiedAt(size: number): Rig {
  const [rig] = branches(size) as [Rig];
  return new Rig({ keys: copyOf(rig), instance: 50 });
}

const lane = (rig: Rig) => ({ head: rig.view.head(0), mark: rig.view.givenUp(0) });

test("a lane that is frozen further on than it is held is taken up to the fork, and behind it what comes is appended again", () => {
  const rig = copiedAt(5);
  freeze(rig, fork);
  expect(takeOwn(rig, cutOffer(whole, "s", { from: 6, to: 9, perBlock: 3 }))).toBe("taken");
  expect(lane(rig)).toMatchObject({ head: { size: 9, freezeAt: 10 }, mark: undefined });
  expect(audited(rig.keys).problems).toEqual([]);
  expect(takeOwn(rig, cutOffer(whole, "s", { from: 10, to: 12, perBlock: 3 }))).toBe("taken");
  expect(lane(rig)).toMatchObject({ head: { size: 12, freezeAt: 10 }, mark: { from: 10, next: 13 } });
  expect(texts(rig)).toEqual(texts(whole));
  expect(audited(rig.keys).problems).toEqual([]);
});

test("a lane known by its fork alone comes in pieces, before the fork, over it and behind it", () => {
  const rig = new Rig({ instance: 50 });
  freeze(rig, fork);
  expect(rig.describe("feed")["unknownForks"]).toBe(1);
  for (const [from, to] of [
    [1, 5],
    [6, 10],
    [11, 12],
  ] as const)
    expect(takeOwn(rig, cutOffer(whole, "s", { from, to, perBlock: 9 }))).toBe("taken");
  expect(lane(rig)).toMatchObject({ head: { size: 12, freezeAt: 10 }, mark: { from: 10, next: 13 } });
  expect(rig.describe("feed")["unknownForks"]).toBe(0);
  expect(texts(rig)).toEqual(texts(whole));
  expect(audited(rig.keys).problems).toEqual([]);
});

test("what parts from others before the fork gives way once it is back, and what counts of theirs is no longer given up", () => {
  const rig = new Rig({ keys: copyOf(parted) });
  const mine = texts(rig).slice(4);
  freeze(rig, fork);
  expect(takeOwn(rig, cutOffer(whole, "s", { from: 1, to: 7, perBlock: 9 }))).toBe("taken");
  expect(lane(rig)).toMatchObject({ head: { size: 7, freezeAt: 10 }, mark: undefined });
  expect(takeOwn(rig, offerFrom(whole, "s"))).toBe("taken");
  expect(lane(rig)).toMatchObject({ head: { size: 12, freezeAt: 10 }, mark: { from: 10, next: 13 } });
  expect([...texts(rig)].sort()).toEqual([...texts(whole), ...mine].sort());
  expect(audited(rig.keys).problems).toEqual([]);
});

test("what parts from a seal of which nobody has the events goes, once it is back: no fork is made of it, and all have one root", () => {
  const other = new Rig({ author: 2, instance: 102 });
  meet(other, cutOffer(whole, "s", { from: 1, to: 3, perBlock: 9 }));
  const rig = new Rig({ keys: copyOf(parted) });
  const mine = texts(rig);
  expect(takeOwn(rig, cutOffer(whole, "s", { from: 1, to: 3, perBlock: 9 }))).toBe("held");
  exchange(rig, other);
  expect(lane(rig)).toMatchObject({ head: { size: 3, seal: { size: 12 } }, mark: undefined });
  for (const each of [rig, other]) expect([texts(each), [...each.view.forks()], audited(each.keys).problems]).toEqual([mine, [], []]);
  expect(rig.settle().root).toEqual(other.settle().root);
  // Whoever has them after all: they come behind it.
  expect(meet(other, offerFrom(whole, "s"))).toBe("taken");
  exchange(rig, other);
  expect(lane(rig)).toMatchObject({ head: { size: 12 }, mark: undefined });
  expect(new Set(texts(rig))).toEqual(new Set([...texts(whole), ...mine]));
  expect(rig.settle().root).toEqual(other.settle().root);
});

test("what others hold less of stays, where their seal is over what is here, or nothing is given up", () => {
  const [more] = branches(12) as [Rig];
  for (const size of [3, 7]) {
    const other = new Rig({ author: 2, instance: 102 });
    meet(other, cutOffer(more, "s", { from: 1, to: size, perBlock: 9 }));
    const rig = new Rig({ keys: copyOf(more) });
    exchange(rig, other);
    expect(lane(rig)).toMatchObject({ head: { size: 12 }, mark: undefined });
    expect(rig.instance).toEqual(more.instance);
    run(rig, { kind: "giveUp", token: 1, place: placeOf(rig), from: size + 1 });
    expect(takeOwn(rig, cutOffer(more, "s", { from: 1, to: size, perBlock: 9 }))).toBe("held");
    expect(lane(rig)).toMatchObject({ head: { size: 12 }, mark: { from: size + 1, next: 13 } });
  }
});

test("where an event was appended again is forgotten with the end of the lane it went to", () => {
  const [store, other] = [new Rig(), new Rig({ author: 2, instance: 102 })];
  append(store, "1");
  const snapshot = copyOf(store);
  append(store, "2");
  pass(store, other);
  const back = new Rig({ keys: snapshot });
  append(back, "secret");
  later(back);
  // It is to be given up, and the machine stops; then the disk is kept, and two stores go on from it.
  const place = { author: back.author, subject, epoch: { index: 0, nonce: nonce(1) } };
  back.feed({ kind: "giveUp", token: 1, place, from: 2 }).commit();
  const [first, second] = [new Rig({ keys: copyOf(back) }), new Rig({ keys: copyOf(back) })];
  exchange(first, other);
  append(second, "other");
  run(second);
  expect(redact(second, "s", 3, second.laneNumber("s")).kind).toBe("appended");
  expect([...second.keys.range(tableRange("returned"))].length).toBe(1);
  expect(told(second, "s")).toEqual(["0/1 1", "0/2 (redacted)", "1/2 other"]);
  exchange(second, other);
  // What comes in its place is another event at that seq, which is not "back" by an entry that names it.
  expect(audited(second.keys).problems).toEqual([]);
  expect(lanes(second).slice(0, 2)).toEqual(["0: 2", "1: 2"]);
});
