import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { epochsPerFeedMax, returnEventsMax, returnWaitMs } from "../../bytes/limits.js";
import { subjectId } from "../../identity/ids.js";
import { laneNumberKey, laneRange, tableRange } from "../../store/keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { encodeGivenUpRecord, encodeLaneNumber, encodeReturnedRecord } from "../../store/records.js";
import { repairStore } from "../audit/repair.js";
import { type LostSpan, lostSpan } from "../lane/lost-span.js";
import { type MendedSpan, mendedSpan } from "../range/mended-span.js";
import { offeredRange } from "../range/offered-range.js";
import type { RangeOffer } from "../range/verified-range.js";
import { audited, auditParts } from "../rig/audited-store.suite.js";
import { appended, hasher, network, nonce, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { laneBytes, rangeTools } from "../rig/offered-lane.suite.js";
import { append, compared, copyOf, decide, events, exchange, lanes, later, pass, run, texts } from "../rig/twins.suite.js";
import type { LanePlace } from "../seal/checkpoint.js";
import type { FeedNotice } from "./feed-vocabulary.js";

// What becomes of a store that comes back: copied, restored, put back to an earlier state, or with a twin that goes on.

const subject = subjectId(hasher, network, pathOf("s"));
const replica = (author = 2) => new Rig({ author, instance: 100 + author });

/** A store with these events, and a replica that has them. */
function published(...some: readonly string[]): [Rig, Rig] {
  const [store, other] = [new Rig(), replica()];
  append(store, ...some);
  pass(store, other);
  return [store, other];
}

function firstLane(rig: Rig): LanePlace {
  return { author: rig.author, subject, epoch: { index: 0, nonce: nonce(1) } };
}

/** A store put back to where it had `before`, when `after` was known to `other` already. */
function putBack(before: readonly string[], after: readonly string[]): { readonly back: Rig; readonly other: Rig } {
  const [store, other] = published(...before);
  const snapshot = copyOf(store);
  append(store, ...after);
  pass(store, other);
  return { back: new Rig({ keys: snapshot }), other };
}

function expectOneHistory(rigs: readonly Rig[], expected: readonly string[]): void {
  exchange(...rigs);
  for (const rig of rigs) expect(texts(rig)).toEqual(expected);
  for (const rig of rigs) expect(audited(rig.keys).problems).toEqual([]);
}

test("a copied store that runs beside the first: epochs of one index, no fork, nothing lost, and both go on", () => {
  const [first, other] = published("1", "2");
  const second = new Rig({ keys: copyOf(first), instance: 2 });
  const third = new Rig({ keys: copyOf(first), instance: 3 });
  append(second, "of second");
  append(third, "of third");
  append(first, "of first");
  expectOneHistory([first, second, third, other], ["1", "2", "of second", "of third", "of first"]);
  expect(lanes(other)).toEqual(["0: 3", "1: 2", "1: 2"]);
  append(second, "more");
  append(first, "and more");
  expectOneHistory([first, second, third, other], ["1", "2", "of second", "of third", "of first", "more", "and more"]);
});

test("restored from a backup: what was written since comes back from others, and what is written now goes into a new epoch", () => {
  const [store, other] = published("1", "2");
  const backup = copyOf(store);
  append(store, "3");
  pass(store, other);
  const restored = new Rig({ keys: backup, instance: 2 });
  append(restored, "4");
  expectOneHistory([restored, other], ["1", "2", "3", "4"]);
  expect(lanes(restored)).toEqual(["0: 3", "1: 2"]);
  expect([...other.view.forks()]).toEqual([]);
});

test("put back in place and compared before it is published: what others hold is taken, and what is here is appended again behind it", () => {
  const { back, other } = putBack(["1", "2"], ["3", "4"]);
  append(back, "5", "6");
  const before = events(back).slice(2);
  expect(decide(back, other, firstLane(back))).toEqual({ kind: "parted", from: 3 });
  expectOneHistory([back, other, replica(3)], ["1", "2", "3", "4", "5", "6"]);
  expect([[...other.view.forks()], lanes(other)]).toEqual([[], ["0: 4", "1: 3"]]);
  // Each says what it was, and stands where it stood.
  const after = events(back).slice(4);
  expect(after.map(({ origin }) => [origin?.epoch.index, origin?.seq, origin?.stamp, toHex(origin?.id as Uint8Array)])).toEqual(
    before.map(({ epoch, seq, stamp, id }) => [epoch.index, seq, stamp, toHex(id)]),
  );
});

test("put back in place, with nothing new: what others hold is taken, and nothing is written under the old nonce any more", () => {
  const { back, other } = putBack(["1", "2"], ["3", "4"]);
  expect(decide(back, other, firstLane(back))).toEqual({ kind: "adopt", from: 3 });
  expectOneHistory([back, other], ["1", "2", "3", "4"]);
  append(back, "5");
  expectOneHistory([back, other], ["1", "2", "3", "4", "5"]);
  expect(lanes(other)).toEqual(["0: 4", "1: 2"]);
});

test("put back in place and published before anybody could compare: the fork is proven, all freeze at one place, nothing is lost", () => {
  const { back, other } = putBack(["1", "2"], ["3", "4"]);
  const unknowing = replica(3);
  append(back, "5", "6");
  expect(decide(back, unknowing, firstLane(back))).toEqual({ kind: "publish", from: 1 });
  pass(back, unknowing);
  expectOneHistory([unknowing, other, back], ["1", "2", "3", "4", "5", "6"]);
  for (const rig of [unknowing, other, back]) expect([...rig.view.forks()].map(({ forkedAt }) => forkedAt)).toEqual([3]);
  append(back, "7");
  expectOneHistory([unknowing, other, back], ["1", "2", "3", "4", "5", "6", "7"]);
});

test("a twin with the same nonce that publishes too: both append again what is theirs, and what both bring back is there once", () => {
  const [first, other] = published("1", "2");
  const twin = new Rig({ keys: copyOf(first) });
  append(first, "of first");
  append(twin, "of twin");
  const unknowing = replica(3);
  pass(first, other);
  pass(twin, unknowing);
  expectOneHistory([first, twin, other, unknowing], ["1", "2", "of first", "of twin"]);
  append(first, "more");
  append(twin, "and more");
  expectOneHistory([first, twin, other, unknowing], ["1", "2", "of first", "of twin", "more", "and more"]);
  expect(first.instance).not.toEqual(twin.instance);
});

test("what two stores of one author both bring back counts once, and each knows the other's for the same", () => {
  const [first, other] = published("1", "2");
  const copy = new Rig({ keys: copyOf(first), instance: 2 });
  for (const rig of [first, copy]) run(rig, { kind: "giveUp", token: 1, place: firstLane(rig), from: 2 });
  exchange(first, copy, other);
  expect(lanes(other)).toEqual(["0: 2", "1: 2", "1: 2"]);
  expect(texts(other)).toEqual(["1", "2"]);
});

test("an event that was appended again keeps its first place when it is again, and its first id", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3");
  const [first] = events(back).slice(1);
  exchange(back, other);
  const place = { author: back.author, subject, epoch: { index: 1, nonce: back.instance } };
  run(back, { kind: "giveUp", token: 1, place, from: 1 });
  const last = events(back).at(-1);
  expect([last?.epoch.index, last?.origin?.seq, toHex(last?.origin?.id as Uint8Array)]).toEqual([1, 2, toHex(first?.id as Uint8Array)]);
  expect(lanes(back)).toEqual(["0: 2", "1: 2", "2: 2"]);
});

test("it is told what was brought back, to whom it asked for it and for a fork to anybody", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3", "4");
  const asked = run(back, { kind: "giveUp", token: 9, place: firstLane(back), from: 2 });
  expect(asked).toEqual([{ kind: "returned", tokens: [9], path: "s", epoch: 1, events: 2 }]);
  expect(run(back, { kind: "giveUp", token: 10, place: firstLane(back), from: 3 })).toMatchObject([{ tokens: [10], events: 0 }]);
  expect(compared(back, offerOf(other)).kind).toBe("comes");
});

test("an append in the turn in which its lane is given up is answered, and appended again as well", () => {
  const { back, other } = putBack(["1"], ["2"]);
  later(back);
  const turn = back.feed(
    back.command("s", parts("3")),
    { kind: "giveUp", token: 1, place: firstLane(back), from: 2 },
    back.command("s", parts("4")),
  );
  turn.commit();
  expect(turn.notices.map(({ kind }) => kind)).toEqual(["appended", "appended"]);
  expect(turn.notices.map((notice) => appended(notice).epoch)).toEqual([0, 1]);
  run(back);
  expectOneHistory([back, other], ["1", "2", "3", "4"]);
});

test("what others hold does not come in the turn in which this store still wrote the lane", () => {
  const { back, other } = putBack(["1"], ["2"]);
  const comes = compared(back, offerOf(other));
  if (comes.kind !== "comes") throw new Error(comes.kind);
  later(back);
  const giveUp = { kind: "giveUp", token: 1, place: firstLane(back), from: comes.from } as const;
  const turn = back.feed(back.command("s", parts("3")), giveUp, { kind: "take", token: 2, range: comes.range });
  turn.commit();
  expect(turn.notices.map(({ kind }) => kind).sort()).toEqual(["appended", "stale"]);
  run(back);
  expectOneHistory([back, other], ["1", "2", "3"]);
});

test("many events come back over several turns, and appends go on between them", () => {
  const { back, other } = putBack(["1"], ["2"]);
  const many = Array.from({ length: 2 * returnEventsMax + 5 }, (_, at) => `x${at}`);
  append(back, ...many);
  back.feed({ kind: "giveUp", token: 1, place: firstLane(back), from: 2 }).commit();
  back.goOn().commit();
  append(back, "between");
  expect(back.returnAt).toBeDefined();
  run(back);
  expectOneHistory([back, other], ["1", "2", ...many, "between"]);
});

test("a crash at any commit of it loses nothing and brings nothing back twice", () => {
  for (let crashAt = 0; crashAt < 8; crashAt++) {
    const { back, other } = putBack(["1"], ["2"]);
    const many = Array.from({ length: 2 * returnEventsMax + 5 }, (_, at) => `x${at}`);
    append(back, ...many);
    let commits = 0;
    const turns = [() => back.feed({ kind: "giveUp", token: 1, place: firstLane(back), from: 2 })];
    while (turns.length > 0) {
      const turn = (turns.pop() as () => ReturnType<Rig["goOn"]>)();
      if (commits++ === crashAt) {
        back.start();
        if (crashAt === 0) turns.push(() => back.feed({ kind: "giveUp", token: 1, place: firstLane(back), from: 2 }));
      } else turn.commit();
      if (back.returnAt !== undefined) turns.push(() => back.goOn());
    }
    expect(lanes(back), `crash at ${crashAt}`).toEqual([
      `0: ${many.length + 1}`,
      expect.stringMatching(`1: ${many.length + 1}|1: ${many.length + 2}`),
    ]);
    expectOneHistory([back, other], ["1", "2", ...many]);
  }
});

test("a full disk puts it off: whoever waits is told, and it goes on by itself", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3");
  back.feed({ kind: "giveUp", token: 1, place: firstLane(back), from: 2 }).commit();
  back.disk = "full";
  const turn = back.goOn();
  expect(turn.notices).toMatchObject([{ kind: "refused", token: 1, code: "disk-full" }]);
  expect([turn.batch, back.returnAt]).toEqual([[], returnWaitMs]);
  back.disk = "roomy";
  run(back);
  expectOneHistory([back, other], ["1", "2", "3"]);
});

test("what comes in the place of what was cut is byte for byte what the other has, wherever the two part", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(sizes, sizes, sizes, (common, theirs, mine) => {
      const textsOf = (what: string, each: readonly number[]) => each.map((size, at) => `${what}${at}`.padEnd(size, "."));
      const { back, other } = putBack(textsOf("c", common), textsOf("t", theirs));
      append(back, ...textsOf("m", mine));
      exchange(back, other);
      expect(laneBytes(back, 0)).toEqual(laneBytes(other, 0));
      expect(texts(back)).toEqual([...textsOf("c", common), ...textsOf("t", theirs), ...textsOf("m", mine)]);
      expect(audited(back.keys).problems).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test("an audit under way while the end of a lane is replaced finds nothing wrong with it", () => {
  const { back, other } = putBack(
    Array.from({ length: 150 }, (_, at) => `c${at}`.padEnd(4_000)),
    ["2", "3"],
  );
  append(back, "4".padEnd(9_000), "5");
  const comes = compared(back, offerOf(other));
  if (comes.kind !== "comes") throw new Error(comes.kind);
  const whole = back.keys.snapshot();
  for (let at = 1; at < 130; at += 6) {
    back.keys.restore(whole);
    back.start();
    const { problems } = audited(back.keys, (step) => {
      if (step !== at) return;
      run(back, { kind: "giveUp", token: 1, place: firstLane(back), from: comes.from });
      run(back, { kind: "take", token: 2, range: comes.range });
    });
    expect(problems, `replaced behind step ${at}`).toEqual([]);
  }
});

test("what was redacted does not come back, and what redacts it does", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3", "4", "5");
  run(back, { kind: "redact", token: 1, lane: 0, seq: 3 }, { kind: "redact", token: 2, lane: 0, seq: 1 });
  exchange(back, other, replica(3));
  const said = (rig: Rig) => events(rig).map(({ payload }) => (typeof payload === "string" ? payload : new TextDecoder().decode(payload)));
  for (const rig of [back, other]) expect(said(rig)).toEqual(["redacted", "2", "3", "5"]);
  for (const rig of [back, other]) expect(audited(rig.keys).problems).toEqual([]);
});

test("what is said of events appended again is held against them, and put in order", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3");
  const unknowing = replica(3);
  pass(back, unknowing);
  exchange(back, other, unknowing);
  const whole = back.keys.snapshot();
  const [[mark], [entry]] = [...back.keys.range(tableRange("givenUp")), ...back.keys.range(tableRange("returned"))] as unknown as [
    [Uint8Array],
    [Uint8Array],
  ];
  const damages: [string, () => void][] = [
    ["givenUp", () => back.keys.remove(mark)],
    ["givenUp", () => back.keys.put(mark, encodeGivenUpRecord({ from: 2, next: 99 }))],
    ["givenUp", () => back.keys.put(mark, Uint8Array.of(1))],
    ["returned", () => back.keys.put(entry, encodeReturnedRecord({ lane: 0, seq: 2 }))],
    ["returned", () => back.keys.put(entry, Uint8Array.of(1))],
  ];
  for (const [what, damage] of damages) {
    back.keys.restore(whole);
    damage();
    expect(audited(back.keys).problems.map((problem) => problem.what)).toContain(what);
    repaired(back);
    expect(audited(back.keys).problems).toEqual([]);
    back.start();
    run(back);
    expectOneHistory([back, other, unknowing], ["1", "2", "3"]);
  }
});

function repaired(rig: Rig): void {
  const steps = repairStore(rig.view, auditParts);
  for (let step = steps.next(); !step.done; step = steps.next()) applyBatch(rig.keys, step.value);
}

test("a feed that has all the epochs it may have brings nothing back, and says so; its events stay where they are", () => {
  const { back } = putBack(["1"], ["2"]);
  append(back, "3");
  for (let index = 1; index < epochsPerFeedMax; index++)
    back.keys.put(laneNumberKey(subject, back.author, { index, nonce: nonce(1) }), encodeLaneNumber(0));
  const notices = run(back, { kind: "giveUp", token: 1, place: firstLane(back), from: 2 });
  expect(notices).toMatchObject([{ kind: "refused", token: 1, code: "usage", reason: /1024 epochs/ }]);
  expect(back.view.givenUp(0)).toEqual({ from: 2, next: 2 });
});

test("an event from the future comes back when its time has come", () => {
  const { back } = putBack(["1"], ["2"]);
  const copy = new Rig({ keys: copyOf(back), instance: 2 });
  append(copy, "now");
  pass(copy, back);
  copy.wallMs += 3_600_000;
  copy.feed(copy.command("s", parts("ahead"))).commit();
  pass(copy, back);
  const place = { author: back.author, subject, epoch: { index: 1, nonce: nonce(2) } };
  back.feed({ kind: "giveUp", token: 1, place, from: 1 }).commit();
  const turn = back.goOn();
  turn.commit();
  expect(turn.notices).toMatchObject([{ kind: "refused", code: "clock" }]);
  expect(back.view.givenUp(1)).toEqual({ from: 1, next: 3 });
  back.wallMs += 3_600_000;
  run(back);
  expect(back.view.givenUp(1)).toEqual({ from: 1, next: 4 });
});

test("an event that this clock itself gave out comes back at once, however early the machine now thinks it is", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3");
  back.wallMs -= 3_600_000;
  run(back, { kind: "giveUp", token: 1, place: firstLane(back), from: 2 });
  expect(lanes(back)).toEqual(["0: 2", "1: 2"]);
  expectOneHistory([back, other], ["1", "2", "3"]);
});

test("a lane that lost a byte on the disk is not appended again: nothing is signed for what nobody wrote", () => {
  const { back } = putBack(["1"], ["2"]);
  append(back, "3");
  const [entry] = [...back.keys.range({ from: Uint8Array.of(8), to: Uint8Array.of(9) })];
  const [key, block] = entry as [Uint8Array, Uint8Array];
  const bent = block.slice();
  bent[bent.length - 1] = (bent.at(-1) as number) ^ 1;
  back.keys.put(key, bent);
  const notices = run(back, { kind: "giveUp", token: 1, place: firstLane(back), from: 2 });
  expect(notices).toMatchObject([{ kind: "refused", code: "corrupt" }]);
  expect(lanes(back)).toEqual(["0: 2"]);
  // Begun anew, nobody waits for it: it is told of all the same.
  back.start();
  expect(run(back)).toEqual([]);
  expect(back.describe("feed")["stuck"]).toEqual([expect.stringMatching(/^lane 0: /)]);
  back.keys.put(key, block);
  run(back, { kind: "giveUp", token: 2, place: firstLane(back), from: 2 });
  expect([back.describe("feed")["stuck"], lanes(back)]).toEqual([[], ["0: 2", "1: 2"]]);
});

test("once what was lost of it has come back, the rest is appended again by itself", () => {
  const { back } = putBack(["1"], ["2"]);
  append(back, "3");
  const [entry] = [...back.keys.range(laneRange("block", 0))];
  const [key, block] = (entry as [Uint8Array, Uint8Array]).map((bytes) => bytes.slice()) as [Uint8Array, Uint8Array];
  back.keys.put(
    key,
    block.map((byte, at) => (at === block.length - 1 ? byte ^ 1 : byte)),
  );
  run(back, { kind: "giveUp", token: 1, place: firstLane(back), from: 2 });
  const steps = lostSpan(back.view, rangeTools, 0);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const mended = mendedSpan(hasher, step.value as LostSpan, [block]) as MendedSpan;
  run(back, { kind: "mend", token: 2, mended });
  expect([back.describe("feed")["stuck"], lanes(back)]).toEqual([[], ["0: 2", "1: 2"]]);
  expect(audited(back.keys).problems).toEqual([]);
});

test("nobody gives up the feed of another author", () => {
  const [store, other] = published("1");
  const refused: FeedNotice[] = [...run(other, { kind: "giveUp", token: 1, place: firstLane(store), from: 1 })];
  expect(refused).toMatchObject([{ kind: "refused", code: "usage" }]);
});

test("what others hold of a lane comes only once ours is back: before that it is stale", () => {
  const { back, other } = putBack(["1"], ["2"]);
  append(back, "3");
  const comes = compared(back, offerOf(other));
  if (comes.kind !== "comes") throw new Error(comes.kind);
  expect(comes.from).toBe(2);
  expect(run(back, { kind: "take", token: 1, range: comes.range })).toMatchObject([{ kind: "refused", code: "usage" }]);
  back.feed({ kind: "giveUp", token: 1, place: firstLane(back), from: 2 }).commit();
  const early = back.feed({ kind: "take", token: 2, range: comes.range });
  early.commit();
  expect(early.notices).toEqual([{ kind: "stale", token: 2 }]);
  run(back);
  expect(run(back, { kind: "take", token: 3, range: comes.range })).toMatchObject([{ kind: "taken", size: 2 }]);
  expect(back.view.givenUp(0)).toBeUndefined();
});

/** The first author's first lane, as another has it. */
function offerOf(rig: Rig): RangeOffer {
  const offer = offeredRange(rig.view, hasher, { lane: 0, from: 1, bytes: 1e9 });
  if (offer === undefined) throw new Error("nothing to offer");
  return offer;
}
