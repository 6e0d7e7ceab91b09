import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { causalFullEveryEvents, causalRowsMax, epochsPerFeedMax } from "../../bytes/limits.js";
import { feedId, subjectId } from "../../identity/ids.js";
import { headKey } from "../../store/keys.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { CausalDecoder, isFullDelta } from "../event/causal-delta.js";
import { systemKinds } from "../event/event.js";
import { appended, hasher, idsOf, laneIdOf, network, nonce, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { joined, type NaiveEvent, naiveLane, u64 } from "../rig/naive-lane.suite.js";
import type { FeedNotice } from "./feed-vocabulary.js";

function epochOf(rig: Rig, index: number, path = "s"): NaiveEvent[] {
  const subject = subjectId(hasher, network, pathOf(path));
  const epoch = { index, nonce: rig.instance };
  const number = rig.view.laneNumber(subject, rig.author, epoch);
  if (number === undefined) throw new Error("no such lane");
  return naiveLane(rig.keys, number, laneIdOf(rig.author, path, epoch));
}

/** The vector clock at each event of a lane, as sizes by epoch index of the rig's author, or by author for others. */
function clocksOf(rig: Rig, index: number, events: readonly NaiveEvent[]): number[][] {
  const feed = feedId(hasher, rig.author, subjectId(hasher, network, pathOf("s")));
  const decoder = new CausalDecoder({ feed, epoch: { index, nonce: rig.instance } });
  return events.map(({ causal }) => {
    expect(decoder.apply(causal)).toBeUndefined();
    return decoder.rows().map(({ size }) => size);
  });
}

/** A store that has been copied `count` times, each copy having written a few events to "s". */
function copied(count: number, keys = new MemoryKeys()): Rig {
  let rig = new Rig({ keys, instance: 1 });
  for (let at = 1; at <= count; at++) {
    rig = new Rig({ keys, instance: at });
    rig.append("s", ...Array.from({ length: 1 + (at % 3) }, () => parts("x")));
  }
  return rig;
}

test("a new store instance begins an epoch, which says first what it branched from", () => {
  const first = new Rig();
  first.append("s", parts("1"), parts("2"));
  const second = new Rig({ keys: first.keys, instance: 2 });
  const notice = second.append("s", parts("3"), parts("4"));
  expect([notice.epoch, notice.seqs]).toEqual([1, { first: 2, count: 2, each: undefined }]);
  const events = epochOf(second, 1);
  expect(events.map(({ kind }) => kind)).toEqual([systemKinds.epochOpened, 128, 128]);
  expect(idsOf(notice).map(toHex)).toEqual(events.slice(1).map(({ id }) => toHex(id)));
  const before = epochOf(first, 0);
  expect(toHex(events[0].payload)).toBe(toHex(joined(u64(0).subarray(4), nonce(1), u64(2), before[1].id)));
  expect(clocksOf(second, 1, events)).toEqual([[2], [2], [2]]);
  expect(isFullDelta(events[0].causal as Uint8Array)).toBe(true);
});

test("the older lane stays as it was, and whoever wrote it goes on in it", () => {
  const first = new Rig();
  first.append("s", parts("1"));
  const second = new Rig({ keys: first.keys, instance: 2 });
  second.append("s", parts("2"));
  const again = new Rig({ keys: first.keys, instance: 1 });
  expect([again.append("s", parts("3")).epoch, again.append("s", parts("4")).seqs.first]).toEqual([0, 3]);
  const third = new Rig({ keys: first.keys, instance: 3 });
  third.append("s", parts("5"));
  const [opened] = epochOf(third, 2);
  expect(toHex(opened.payload.subarray(0, 28))).toBe(toHex(joined(u64(1).subarray(4), nonce(2), u64(2))));
  expect(clocksOf(third, 2, epochOf(third, 2))[0].sort()).toEqual([2, 3]);
});

test("stamps of the new epoch rise above all the older ones", () => {
  const first = new Rig();
  first.append("s", parts("1"));
  const second = new Rig({ keys: first.keys, instance: 2 });
  second.wallMs -= 100_000;
  second.append("s", parts("2"));
  const [opened] = epochOf(second, 1);
  expect(opened.stamp[0]).toBeGreaterThan(epochOf(first, 0)[0].stamp[0]);
});

test("other authors' lanes are in the delta, and their epochs are not ours", () => {
  const keys = new MemoryKeys();
  const other = new Rig({ keys, author: 2, instance: 1 });
  other.append("s", parts("1"), parts("2"), parts("3"));
  const rig = new Rig({ keys, author: 1, instance: 1 });
  const notice = rig.append("s", parts("mine"));
  expect([notice.epoch, notice.seqs.first]).toEqual([0, 1]);
  const events = epochOf(rig, 0);
  expect(events.map(({ kind }) => kind)).toEqual([128]);
  expect(clocksOf(rig, 0, events)).toEqual([[3]]);
});

test("more lanes than a delta holds: frontier events follow the one that opens the epoch", () => {
  const rig = copied(causalRowsMax + 7);
  const last = new Rig({ keys: rig.keys, instance: 200 });
  const notice = last.append("s", parts("after"));
  const events = epochOf(last, causalRowsMax + 7);
  expect(events.map(({ kind }) => kind)).toEqual([systemKinds.epochOpened, systemKinds.frontier, 128]);
  expect(notice.seqs.first).toBe(3);
  expect(toHex(idsOf(notice)[0])).toBe(toHex(events[2].id));
  const clocks = clocksOf(last, causalRowsMax + 7, events);
  expect(clocks.map(({ length }) => length)).toEqual([causalRowsMax, causalRowsMax + 7, causalRowsMax + 7]);
});

test("frontier events go ahead of an event in the middle of an append, and its seqs say so", () => {
  const { keys } = copied(2 * causalRowsMax + 1);
  const rig = new Rig({ keys, instance: 201 });
  const notices = [rig.append("s", parts("0"))];
  const rest = Array.from({ length: causalFullEveryEvents }, (_, at) => parts(`${at + 1}`));
  const turn = rig.feed(rig.commandOf("s", rest.slice(0, 200)), rig.commandOf("s", rest.slice(200)), rig.command("s", parts("last")));
  turn.commit();
  notices.push(...turn.notices.map(appended));
  const events = epochOf(rig, 2 * causalRowsMax + 1);
  const own = events.filter(({ kind }) => kind === 128);
  expect(notices.flatMap(idsOf).map(toHex)).toEqual(own.map(({ id }) => toHex(id)));
  const seqs = notices.flatMap(({ seqs: { first, count, each } }) => each ?? Array.from({ length: count }, (_, at) => first + at));
  expect(seqs).toEqual(own.map(({ seq }) => seq));
  expect(notices.map(({ seqs: { each } }) => each === undefined)).toEqual([true, true, false, true]);
  expect(own.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["0", ...rest.map((_, at) => `${at + 1}`), "last"]);
});

test("a full delta stands at least every 256 events, in one turn or in many", () => {
  for (const turns of [1, 7, 150]) {
    const { keys } = copied(3);
    const rig = new Rig({ keys, instance: 202 });
    const count = 600 / turns;
    for (let at = 0; at < turns; at++)
      rig
        .feed(
          rig.commandOf(
            "s",
            Array.from({ length: Math.ceil(count) }, () => parts(1)),
          ),
        )
        .commit();
    const events = epochOf(rig, 3);
    const full = events.filter(({ causal }) => causal !== undefined && isFullDelta(causal)).map(({ seq }) => seq);
    expect(full[0]).toBe(1);
    for (const [at, seq] of full.entries()) expect((full[at + 1] ?? events.length) - seq).toBeLessThanOrEqual(causalFullEveryEvents);
    const clocks = clocksOf(rig, 3, events);
    for (const clock of clocks) expect(clock).toEqual([2, 4, 2].map((size, at) => clocks[0][at] ?? size));
  }
});

test("a resumed lane says the whole frontier again, with what grew meanwhile", () => {
  const keys = new MemoryKeys();
  const rig = new Rig({ keys, author: 1 });
  const other = new Rig({ keys, author: 2 });
  other.append("s", parts("1"));
  rig.start();
  rig.append("s", parts("a"), parts("b"));
  other.append("s", parts("2"), parts("3"));
  rig.start();
  rig.append("s", parts("c"));
  const events = epochOf(rig, 0);
  expect(events.map(({ causal }) => causal !== undefined && isFullDelta(causal))).toEqual([true, false, true]);
  expect(clocksOf(rig, 0, events)).toEqual([[1], [1], [3]]);
});

function expectRefused(rig: Rig, code: string, words: RegExp): void {
  const turn = rig.feed(rig.command("s", parts("x")));
  const [notice] = turn.notices as [FeedNotice & { readonly kind: "refused" }];
  expect([notice.kind, notice.code]).toEqual(["refused", code]);
  expect(notice.reason).toMatch(words);
  expect(turn.batch).toEqual([]);
}

test("a feed whose last epoch lost its head begins no new one, however often it is asked", () => {
  const rig = copied(2);
  const head = rig.keys.get(headKey(1)) as Uint8Array;
  rig.keys.remove(headKey(1));
  const next = new Rig({ keys: rig.keys, instance: 3 });
  const clock = next.describe("feed")["clock"];
  for (let again = 0; again < 2; again++) expectRefused(next, "corrupt", /head of lane 1/);
  rig.keys.put(headKey(1), Uint8Array.of(1));
  expectRefused(next, "corrupt", /head of lane 1/);
  expect(next.describe("feed")["clock"]).toEqual(clock);
  next.append("t", parts("goes on"));
  expect(next.laneNumber("t")).toBe(2);
  rig.keys.put(headKey(1), head);
  expect(next.append("s", parts("x")).epoch).toBe(2);
  expect(next.laneNumber("s")).toBe(3);
});

test("a feed has at most so many epochs; those it has go on", () => {
  const rig = new Rig();
  rig.append("s", parts("1"));
  const lane = rig.view.lane(0);
  if (lane === undefined) throw new Error("no lane 0");
  for (let index = 1; index < epochsPerFeedMax; index++) putEpoch(rig, index);
  const next = new Rig({ keys: rig.keys, instance: 2 });
  expectRefused(next, "usage", /1024 epochs/);
  expect(next.append("t", parts("1")).epoch).toBe(0);
  expect(rig.append("s", parts("2")).epoch).toBe(0);
});

/** Another epoch of the lane 0's feed, as far as counting goes. */
function putEpoch(rig: Rig, index: number): void {
  const epoch = new Uint8Array(20).fill(0xaa);
  new DataView(epoch.buffer).setUint32(0, index);
  const subject = subjectId(hasher, network, pathOf("s"));
  rig.keys.put(joined(Uint8Array.of(6), subject, rig.author, epoch), Uint8Array.of(0, 0, 0, 0));
}
