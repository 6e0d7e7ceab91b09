import { expect, test } from "vitest";
import { equalBytes } from "../../bytes/order.js";
import { subjectId } from "../../identity/ids.js";
import type { Entry } from "../../protocol/key-space.js";
import { blockKey, tableRange } from "../../store/keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { repairStore } from "../audit/repair.js";
import { encodeEpochOpened, encodeRedaction, type Redaction, systemKinds } from "../event/event.js";
import type { RangeOffer } from "../range/verified-range.js";
import { fill, holds, offerWithout, redact, told } from "../rig/absent-lane.suite.js";
import { audited, auditParts } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { hasher, network, nonce, pathOf, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { forkBetween, freeze } from "../rig/forked-stores.suite.js";
import { offerFrom, takeOffer, verified } from "../rig/offered-lane.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { append, copyOf, exchange, pass, run } from "../rig/twins.suite.js";
import { Copies } from "./copies.js";
import { FeedView } from "./feed-view.js";

// One event that several stores of its author have appended again, and the redaction of it.

const subject = subjectId(hasher, network, pathOf("s"));
const replica = () => new Rig({ author: 2, instance: 102 });
const first = { index: 0, nonce: nonce(1) };

/** Numbers of the author's lanes, in the order of their epochs. */
const lanesOf = (rig: Rig, author = rig.author) => [...rig.view.lanes(subject, author)].map(({ number }) => number);

/** Two stores of one author, each of which has appended the second of two events again, in epochs of their own; and a replica. */
function broughtBackTwice(): { readonly one: Rig; readonly two: Rig; readonly other: Rig } {
  const [one, other] = [new Rig(), replica()];
  append(one, "1", "the secret");
  pass(one, other);
  const two = new Rig({ keys: copyOf(one), instance: 2 });
  for (const rig of [one, two]) run(rig, { kind: "giveUp", token: 1, place: { author: one.author, subject, epoch: first }, from: 2 });
  exchange(one, two, other);
  return { one, two, other };
}

function expectTakenBack(...rigs: readonly Rig[]): void {
  for (const rig of rigs) {
    expect([told(rig, "s").map((line) => line.replace(/^\S+ /, "")), holds(rig, "the secret")]).toEqual([["1", "(redacted)"], false]);
    expect(audited(rig.keys).problems).toEqual([]);
  }
}

test("an event that two stores brought back is redacted wherever it lies, whichever of them redacts it and whichever place is named", () => {
  for (const which of ["one", "two"] as const) {
    for (const named of [0, 1, 2]) {
      const { one, two, other } = broughtBackTwice();
      const rig = which === "one" ? one : two;
      expect(redact(rig, "s", 2, lanesOf(rig)[named])).toMatchObject({ kind: "appended", seqs: { count: 1 } });
      expectTakenBack(rig);
      exchange(one, two, other);
      expectTakenBack(one, two, other);
      expect(redact(rig, "s", 2, lanesOf(rig)[2 - named])).toMatchObject({ code: "usage", reason: "event 2 is redacted already" });
    }
  }
});

test("whose original never left a disk that is lost: it is named where it stood, and all that was appended again goes", () => {
  const [store, other] = [new Rig(), replica()];
  append(store, "1");
  const snapshot = copyOf(store);
  append(store, "2");
  pass(store, other);
  const back = new Rig({ keys: snapshot });
  append(back, "the secret");
  const copy = new Rig({ keys: copyOf(back), instance: 9 });
  exchange(back, other);
  exchange(copy, other);
  exchange(back, copy, other);
  expect(told(other, "s")).toEqual(["0/1 1", "0/2 2", "1/2 the secret"]);
  redact(back, "s", 2, back.laneNumber("s"));
  exchange(back, copy, other);
  for (const rig of [back, copy, other]) {
    expect([told(rig, "s"), holds(rig, "the secret")]).toEqual([["0/1 1", "0/2 2", "1/2 (redacted)"], false]);
    expect(audited(rig.keys).problems).toEqual([]);
  }
});

function permuted<T>(things: readonly T[]): T[][] {
  if (things.length === 0) return [[]];
  return things.flatMap((thing, at) => permuted(things.toSpliced(at, 1)).map((rest) => [thing, ...rest]));
}

test("in whatever order they come, the event, what was appended again and the redaction, one by one or in one turn", () => {
  const { one } = broughtBackTwice();
  const offers = lanesOf(one).map((lane) => offerWithout(one, lane, []));
  const redacting = new Rig({ keys: copyOf(one), instance: 9 });
  redact(redacting, "s", 2, lanesOf(redacting)[1]);
  const all = [...offers, offerFrom(redacting, "s")];
  expect(all.map(({ checkpoint }) => checkpoint.place.epoch.index)).toEqual([0, 1, 1, 2]);
  for (const order of permuted(all)) {
    const [slow, fast] = [replica(), replica()];
    for (const offer of order) expect(takeOffer(slow, offer)).toBe("taken");
    expectTakenBack(slow);
    const turn = fast.feed(...order.map((offer) => ({ kind: "take", token: 1, range: verified(fast, offer) }) as const));
    turn.commit();
    expect(turn.notices.map(({ kind }) => kind)).toEqual(order.map(() => "taken"));
    expectTakenBack(fast);
  }
});

test("what is redacted where it first stood is not taken in where it was appended again, and is not wanted there", () => {
  const { one } = broughtBackTwice();
  const [, lane = 0] = lanesOf(one);
  const without = offerWithout(one, lane, [2]);
  redact(one, "s", 2, 0);
  const rig = replica();
  expect([takeOffer(rig, without), told(rig, "s")]).toEqual(["taken", ["1/2 (wanted)"]]);
  // The redaction lies in the lane that this store writes, whichever of its author's lanes is the last by its nonce.
  const written = [...one.view.lanes(subject, one.author)].filter(({ epoch }) => equalBytes(epoch.nonce, one.instance)).at(-1);
  takeOffer(rig, offerWithout(one, written?.number ?? 0, []));
  const [number = 0] = lanesOf(rig, one.author);
  expect(told(rig, "s")).toEqual(["1/2 (redacted)"]);
  expect(fill(rig, number, 2, "the secret")).toMatchObject({ kind: "refused", reason: "event 2 is redacted by its author" });
  expect([holds(rig, "the secret"), audited(rig.keys).problems]).toEqual([false, []]);
});

test("a redaction that counts no more leaves all of it wanted, and one that counts again takes back what came meanwhile", () => {
  const { one } = broughtBackTwice();
  const offers = lanesOf(one).map((lane) => offerWithout(one, lane, []));
  // Another store of the author redacts it, in a lane that comes to be forked before the redaction.
  const redacting = new Rig({ keys: copyOf(one), instance: 9 });
  append(redacting, "in the lane");
  const forked = new Rig({ keys: copyOf(redacting) });
  redact(redacting, "s", 2, 0);
  append(forked, "on the other branch");
  const fork = forkBetween(redacting, forked, 3);
  const rig = replica();
  for (const offer of [offerFrom(redacting, "s"), ...offers]) expect(takeOffer(rig, offer)).toBe("taken");
  expect([told(rig, "s")[1], holds(rig, "the secret")]).toEqual(["0/2 (redacted)", false]);
  for (const each of [rig, redacting]) freeze(each, fork);
  for (const each of [rig, redacting]) expect(told(each, "s")[1]).toBe("0/2 (wanted)");
  // Whoever has it may bring it, until its author appends the redaction again.
  const again = lanesOf(redacting)[1] as number;
  expect([fill(redacting, again, 2, "the secret"), holds(redacting, "the secret")]).toMatchObject([{ kind: "passed" }, true]);
  while (redacting.returnAt !== undefined) redacting.goOn().commit();
  expect([told(redacting, "s")[1], holds(redacting, "the secret")]).toEqual(["0/2 (redacted)", false]);
  takeOffer(rig, offerFrom(redacting, "s"));
  expect(told(rig, "s")[1]).toBe("0/2 (redacted)");
  for (const each of [rig, redacting]) expect(audited(each.keys).problems).toEqual([]);
});

/** A lane that claims that its second event, the secret, was appended again. */
function claiming(author: number, path: string, id: Uint8Array): RangeOffer {
  const { keys } = new Rig({ author, instance: 8 });
  const opened = { ...plainEvent(1), kind: systemKinds.epochOpened, payload: encodeEpochOpened({ epoch: first, size: 2, headId: id }) };
  const payload = new TextEncoder().encode("what it claims");
  const claim = { ...plainEvent(2), payload, origin: { epoch: first, seq: 2, stamp: plainEvent(0).stamp, id } };
  putLane(keys, { lane: 0, author, path, epoch: { index: 1, nonce: nonce(8) }, events: [opened, claim], perBlock: 9 });
  return offerFrom(new Rig({ keys, author, instance: 9 }), path);
}

test("the claim to be a redacted event takes back what the same author said in the same subject, and nobody else's", () => {
  const author = new Rig();
  append(author, "1", "the secret");
  redact(author, "s", 2);
  const [named] = [...author.view.keys.range(tableRange("redaction"))].map(([key]) => key.slice(41, 73));
  const rig = replica();
  for (const offer of [claiming(1, "s", named as Uint8Array), claiming(3, "s", named as Uint8Array), claiming(1, "t", named as Uint8Array)])
    expect(takeOffer(rig, offer)).toBe("taken");
  takeOffer(rig, offerFrom(author, "s"));
  expect(told(rig, "s").filter((line) => line.startsWith("1/"))).toEqual(["1/2 (redacted)", "1/2 what it claims"]);
  expect([told(rig, "t"), audited(rig.keys).problems]).toEqual([["1/2 what it claims"], []]);
});

test("an event that was appended again goes by the name it first had alone: by the other it is redacted nowhere", () => {
  const { one, other } = broughtBackTwice();
  const [, lane = 0] = lanesOf(one);
  const record = one.view.lane(lane);
  if (record === undefined) throw new Error("a lane");
  const redaction: Redaction = { epoch: record.epoch, seq: 2, id: one.view.head(lane)?.headId as Uint8Array };
  const event = { ...plainEvent(9), kind: systemKinds.redacted, payload: encodeRedaction(redaction) };
  const opened = {
    ...plainEvent(8),
    kind: systemKinds.epochOpened,
    payload: encodeEpochOpened({ epoch: first, size: 2, headId: redaction.id }),
  };
  const { keys } = new Rig({ instance: 7 });
  putLane(keys, { lane: 0, author: 1, path: "s", epoch: { index: 3, nonce: nonce(7) }, events: [opened, event], perBlock: 9 });
  expect(takeOffer(other, offerFrom(new Rig({ keys, instance: 6 }), "s"))).toBe("taken");
  expect(told(other, "s")).toEqual(["0/1 1", "0/2 the secret"]);
  expect(audited(other.keys).problems).toEqual([]);
});

test("a payload appended again that is redacted where it first stood, and still here, is found, and goes", () => {
  const { one } = broughtBackTwice();
  redact(one, "s", 2, 0);
  const whole = one.keys.snapshot();
  const [[key, value]] = [...one.keys.range(tableRange("redaction"))] as unknown as [Entry];
  one.keys.remove(key);
  const again = lanesOf(one)[2] as number;
  expect(fill(one, again, 2, "the secret")).toMatchObject({ kind: "passed" });
  one.keys.put(key, value);
  expect(audited(one.keys).problems.map(({ detail }) => detail)).toEqual(["the payload of event 2 is redacted, and still here"]);
  const steps = repairStore(new FeedView(new SpoilingKeys(one.keys)), auditParts);
  for (let step = steps.next(); !step.done; step = steps.next()) applyBatch(one.keys, step.value);
  expect([audited(one.keys).problems, holds(one, "the secret")]).toEqual([[], false]);
  expect([...one.keys.range(tableRange("absent"))]).toEqual([...whole.range(tableRange("absent"))]);
});

test("many redactions read the later epochs once, but for what was written since", () => {
  const store = new Rig();
  append(store, ...Array.from({ length: 9 }, (_, at) => `secret ${at}.`));
  const place = { author: store.author, subject, epoch: first };
  const copies = new Copies();
  const of = (id: Uint8Array, epoch = first) => copies.of(store.view, place, { epoch, seq: 1, id });
  const ids = () => [...store.keys.range(tableRange("returned"))].map(([key]) => key.slice(1));
  const seqs = () => new Set(ids().flatMap((id) => of(id).map(({ seq }) => seq)));
  run(store, { kind: "giveUp", token: 1, place, from: 6 });
  expect(seqs()).toEqual(new Set([2, 3, 4, 5]));
  run(store, { kind: "giveUp", token: 2, place, from: 1 });
  const all = new Set([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(seqs()).toEqual(all);
  expect([of(new Uint8Array(32)), of(ids()[0], { index: 1, nonce: nonce(1) })]).toEqual([[], []]);
  store.keys.remove(blockKey(store.laneNumber("s"), 1));
  expect(seqs()).toEqual(all);
  copies.forget(store.laneNumber("s"));
  expect(seqs()).toEqual(new Set());
});

test("what came in the place of a lane's end is found, though the lane was read before", () => {
  const [store, other] = [new Rig(), replica()];
  append(store, "1");
  const snapshot = copyOf(store);
  append(store, "2");
  pass(store, other);
  const back = new Rig({ keys: snapshot });
  append(back, "the secret");
  back.feed({ kind: "giveUp", token: 1, place: { author: back.author, subject, epoch: first }, from: 2 }).commit();
  // The disk is kept here, and two stores go on from it under one nonce.
  const [one, two] = [new Rig({ keys: copyOf(back) }), new Rig({ keys: copyOf(back) })];
  exchange(one, other);
  // In a block of its own, so that the first is not the last that was read.
  append(two, "between".padEnd(9_000));
  run(two);
  redact(two, "s", 1, 0);
  exchange(two, other);
  const at = [...two.view.lanes(subject, two.author)].map(({ epoch }) => epoch.index);
  expect([at, told(two, "s").map((line) => line.trim())]).toEqual([
    [0, 1, 2],
    ["0/1 (redacted)", "0/2 2", "1/2 the secret", "2/2 between"],
  ]);
  redact(two, "s", 2, lanesOf(two)[1]);
  expect([told(two, "s")[2], holds(two, "the secret"), audited(two.keys).problems]).toEqual(["1/2 (redacted)", false, []]);
});
