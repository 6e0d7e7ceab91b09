import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { appendBytesMax, appendEventsMax, blockBytesMax, keyBytesMax, lanesOpenMax, payloadBytesMax } from "../../bytes/limits.js";
import { compareBytes } from "../../bytes/order.js";
import { hashBytes } from "../../identity/crypto.js";
import { subjectId } from "../../identity/ids.js";
import { sealRoot } from "../../proof/seal-tree.js";
import { tableRange } from "../../store/keys.js";
import { appended, hasher, idsOf, laneIdOf, network, nonce, parts, Rig } from "../rig/feed-rig.suite.js";
import { joined, type NaiveEvent, naiveBlocks, naiveLane, naiveLeaf, naiveSealRoot, u64 } from "../rig/naive-lane.suite.js";
import type { FeedNotice } from "./feed-vocabulary.js";
import type { NewParts } from "./open-lane.js";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function eventsOf(rig: Rig, path: string): NaiveEvent[] {
  const epoch = { index: 0, nonce: rig.instance };
  return naiveLane(rig.keys, rig.laneNumber(path), laneIdOf(rig.author, path, epoch));
}

test("a first append makes the lane, and says seqs and ids as the specification has them", () => {
  const rig = new Rig();
  const turn = rig.feed(rig.command("a/b", parts("one"), parts("two", { key: Uint8Array.of(7), kind: 30, codec: 2 })));
  turn.commit();
  const notice = appended(turn.notices[0]);
  expect(turn.notices.length).toBe(1);
  expect([notice.path, notice.epoch, notice.seqs]).toEqual(["a/b", 0, { first: 1, count: 2, each: undefined }]);
  const events = eventsOf(rig, "a/b");
  expect(idsOf(notice).map(toHex)).toEqual(events.map(({ id }) => toHex(id)));
  expect(events.map(({ kind, codec, payload, key }) => [kind, codec, text(payload), key?.[0]])).toEqual([
    [128, 0, "one", undefined],
    [30, 2, "two", 7],
  ]);
  expect(events.map(({ stamp }) => stamp)).toEqual([
    [rig.wallMs, 0],
    [rig.wallMs, 1],
  ]);
  expect(events.map(({ flags }) => flags & 2)).toEqual([2, 0]);
});

test("what the store then holds is found by all its ways in", () => {
  const rig = new Rig();
  rig.append("a/b", parts("one"));
  const subject = subjectId(hasher, network, rig.command("a/b").path);
  expect(toHex(rig.view.subjectId(rig.command("a/b").path) as Uint8Array)).toBe(toHex(subject));
  expect(rig.view.subject(subject)).toBe("a/b");
  expect(rig.view.lane(0)).toEqual({ subject, author: new Uint8Array(rig.author), epoch: { index: 0, nonce: nonce(1) } });
  expect([...rig.view.lanes(subject)].map(({ number }) => number)).toEqual([0]);
  expect(rig.view.laneNumber(subject, rig.author, { index: 0, nonce: nonce(1) })).toBe(0);
  expect(rig.view.isChanged(0)).toBe(true);
  expect(rig.view.nextLaneNumber()).toBe(1);
  expect([...rig.view.subjects()].map(({ path }) => path)).toEqual(["a/b"]);
});

test("appends of one turn to one subject follow each other, under one signature", () => {
  const rig = new Rig();
  rig.append("s", parts("0"));
  rig.signer.signed.length = 0;
  const turn = rig.feed(rig.command("s", parts("1"), parts("2")), rig.command("s", parts("3")), rig.command("s", parts("4")));
  turn.commit();
  expect(rig.signer.signed.length).toBe(1);
  const notices = turn.notices.map(appended);
  expect(notices.map(({ seqs }) => [seqs.first, seqs.count])).toEqual([
    [2, 2],
    [4, 1],
    [5, 1],
  ]);
  const events = eventsOf(rig, "s");
  expect(notices.flatMap(idsOf).map(toHex)).toEqual(events.slice(1).map(({ id }) => toHex(id)));
  expect(notices.map(({ token }) => token)).toEqual([2, 3, 4]);
  expect(turn.writes.filter(({ kind }) => kind === "appended").length).toBe(1);
});

test("a turn over several subjects is sealed once; each head has its place and path in the order of lane ids", () => {
  const rig = new Rig();
  rig.append("w/0", parts("before"));
  rig.wallMs += 5;
  const paths = ["w/0", "w/1", "w/2", "w/3", "w/4"];
  rig.signer.signed.length = 0;
  rig.feed(...paths.map((path, index) => rig.command(path, parts(`e${index}`)))).commit();
  expect(rig.signer.signed.length).toBe(1);
  const lanes = paths
    .map((path) => ({ path, id: laneIdOf(rig.author, path, { index: 0, nonce: rig.instance }), events: eventsOf(rig, path) }))
    .sort((left, right) => compareBytes(left.id, right.id));
  const leaves = lanes.map(({ id, events }) => naiveLeaf(id, events));
  const root = naiveSealRoot(leaves);
  lanes.forEach(({ path, events }, index) => {
    const head = rig.view.head(rig.laneNumber(path));
    expect(head?.size).toBe(events.length);
    expect(toHex(head?.headId as Uint8Array)).toBe(toHex(events[events.length - 1].id));
    expect([head?.seal.index, head?.seal.leaves, head?.seal.size]).toEqual([index, 5, events.length]);
    const claimed = sealRoot(hasher, { leaf: leaves[index], index, count: 5, path: head?.seal.path ?? [] });
    expect(toHex(claimed as Uint8Array)).toBe(toHex(root));
  });
  const greatest = lanes.flatMap(({ events }) => events.map(({ stamp }) => stamp)).sort((a, b) => a[0] - b[0] || a[1] - b[1])[5];
  const said = joined(new TextEncoder().encode("sinter/1/seal\n"), rig.author, u64(greatest[0]).subarray(2), u64(greatest[1]).subarray(6));
  expect(toHex(rig.signer.signed[0])).toBe(toHex(joined(said, u64(5).subarray(4), root)));
});

test("whatever is appended in whatever turns, the lanes are as the specification has them", () => {
  const anyEvent = fc.record({
    size: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 4000 }) }, fc.constant(blockBytesMax), fc.constant(2 * blockBytesMax)),
    keyed: fc.boolean(),
  });
  const anyAppend = fc.record({ path: fc.constantFrom("a", "b/c", "b/c/d"), events: fc.array(anyEvent, { minLength: 1, maxLength: 8 }) });
  const anyTurn = fc.record({ appends: fc.array(anyAppend, { maxLength: 4 }), after: fc.constantFrom("commit", "restart", "wait") });
  fc.assert(
    fc.property(fc.array(anyTurn, { maxLength: 8 }), (turns) => {
      const rig = new Rig();
      const ids = new Map<string, string[]>();
      for (const { appends, after } of turns) {
        const signed = rig.signer.signed.length;
        const turn = rig.feed(...appends.map(({ path, events }) => rig.command(path, ...events.map(eventOf))));
        turn.commit();
        expect(rig.signer.signed.length - signed).toBe(appends.length === 0 ? 0 : 1);
        for (const notice of turn.notices.map(appended))
          ids.set(notice.path, [...(ids.get(notice.path) ?? []), ...idsOf(notice).map(toHex)]);
        if (after === "restart") rig.start();
        if (after === "wait") rig.wallMs += 10_000;
      }
      for (const [path, expected] of ids) expectLane(rig, path, expected);
    }),
    { numRuns: 40 },
  );
});

function eventOf({ size, keyed }: { readonly size: number; readonly keyed: boolean }): NewParts {
  return parts(size, keyed ? { key: new Uint8Array(200).fill(1) } : {});
}

/** Chain, blocks, stamps, head: by the words of the specification. */
function expectLane(rig: Rig, path: string, ids: readonly string[]): void {
  const lane = rig.laneNumber(path);
  const events = eventsOf(rig, path);
  expect(events.map(({ id }) => toHex(id))).toEqual(ids);
  for (let at = 1; at < events.length; at++) {
    const [before, after] = [events[at - 1].stamp, events[at].stamp];
    expect(after[0] - before[0] || after[1] - before[1]).toBeGreaterThan(0);
  }
  for (const block of naiveBlocks(rig.keys, lane)) {
    const count = new DataView(block.buffer, block.byteOffset).getUint16(2);
    expect(count === 1 || block.length <= blockBytesMax).toBe(true);
  }
  const head = rig.view.head(lane);
  expect([head?.size, head?.lastBlockSeq]).toEqual([events.length, events[events.length - 1].block]);
  expect(rig.view.clock()?.wallMs).toBeGreaterThan(events[events.length - 1].stamp[0]);
}

test("the tail block is written again until the next event no longer fits", () => {
  const rig = new Rig();
  for (let at = 0; at < 40; at++) rig.append("s", parts(1000));
  const sizes = naiveBlocks(rig.keys, 0).map((block) => block.length);
  expect(sizes.length).toBeGreaterThan(2);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(blockBytesMax);
  for (const size of sizes.slice(0, -1)) expect(size + 1016).toBeGreaterThan(blockBytesMax);
});

test("a large event has a block to itself, and small ones go on behind it", () => {
  const rig = new Rig();
  rig.feed(rig.command("s", parts("a"), parts(blockBytesMax), parts("b"))).commit();
  rig.append("s", parts(3 * blockBytesMax));
  rig.append("s", parts("c"));
  expect(eventsOf(rig, "s").map(({ block }) => block)).toEqual([1, 2, 3, 4, 5]);
  expect(rig.view.head(0)?.lastBlockSeq).toBe(5);
  rig.start();
  rig.append("s", parts(blockBytesMax));
  expect(rig.view.head(0)?.lastBlockSeq).toBe(6);
  rig.start();
  rig.append("s", parts("d"));
  expect(eventsOf(rig, "s").map(({ block }) => block)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("the nodes of completed groups are stored as they complete", () => {
  const rig = new Rig();
  rig.append("s", ...Array.from({ length: 63 }, () => parts("x")));
  expect([...rig.keys.range(tableRange("mmr"))].length).toBe(0);
  rig.append("s", parts("x"));
  rig.append("s", ...Array.from({ length: 130 }, () => parts("x")));
  expect([...rig.keys.range(tableRange("mmr"))].map(([, nodes]) => nodes.length / hashBytes)).toEqual([1, 2, 1]);
});

const refusals: readonly (readonly [code: string, words: RegExp, events: readonly NewParts[]])[] = [
  ["usage", /no events/, []],
  ["usage", /kind 20/, [parts("x", { kind: 20 })]],
  ["usage", /kind 29/, [parts("x"), parts("x", { kind: 29 })]],
  ["usage", /kind 0/, [parts("x", { kind: 0 })]],
  ["usage", /kind 256/, [parts("x", { kind: 256 })]],
  ["usage", /kind 128.5/, [parts("x", { kind: 128.5 })]],
  ["usage", /kind NaN/, [parts("x", { kind: Number.NaN })]],
  ["usage", /codec 4/, [parts("x", { codec: 4 })]],
  ["usage", /codec 0.5/, [parts("x", { codec: 0.5 })]],
  ["usage", /codec -1/, [parts("x", { codec: -1 })]],
  ["usage", /key of 0 bytes/, [parts("x", { key: new Uint8Array(0) })]],
  ["usage", /key of 1025 bytes/, [parts("x", { key: new Uint8Array(keyBytesMax + 1) })]],
  ["too-large", /payload of/, [parts("x", { payload: new Uint8Array(payloadBytesMax + 1) })]],
  ["too-large", /65537 events/, new Array<NewParts>(appendEventsMax + 1).fill(parts(0))],
  ["too-large", /bytes in one append/, new Array<NewParts>(3).fill(parts("x", { payload: new Uint8Array(appendBytesMax / 2) }))],
];

function expectUntouched(rig: Rig, path: string, code: string, words: RegExp, events: readonly NewParts[]): void {
  const before = rig.describe("feed");
  const turn = rig.feed(rig.commandOf(path, events));
  expect(turn.batch).toEqual([]);
  expect(turn.notices.length).toBe(1);
  const [notice] = turn.notices as [FeedNotice & { readonly kind: "refused" }];
  expect([notice.kind, notice.code]).toEqual(["refused", code]);
  expect(notice.reason).toMatch(words);
  expect(notice.fix).toMatch(/\.$/);
  expect(rig.describe("feed")).toEqual(before);
}

test.each(refusals)("refused as %s (%s), and no trace of it is left", (code, words, events) => {
  const rig = new Rig();
  expectUntouched(rig, "new", code, words, events);
  rig.append("s", parts("one"));
  expectUntouched(rig, "s", code, words, events);
  expect(rig.append("s", parts("two")).seqs.first).toBe(2);
  expect(rig.append("new", parts("one")).seqs.first).toBe(1);
  expect(rig.laneNumber("new")).toBe(1);
});

test("the limits themselves are taken", () => {
  const rig = new Rig();
  rig.append("s", parts("x", { key: new Uint8Array(keyBytesMax) }), parts(payloadBytesMax));
  rig.feed(rig.commandOf("s", new Array<NewParts>(appendEventsMax).fill(parts(0)))).commit();
  expect(rig.view.head(0)?.size).toBe(appendEventsMax + 2);
});

test("a full disk refuses, and appends go on once there is room", () => {
  const rig = new Rig();
  rig.append("s", parts("one"));
  rig.disk = "full";
  expectUntouched(rig, "s", "disk-full", /full/, [parts("x")]);
  expectUntouched(rig, "t", "disk-full", /full/, [parts("x")]);
  rig.disk = "roomy";
  expect(rig.append("s", parts("two")).seqs.first).toBe(2);
});

test("a refused append takes nothing from the others of its turn", () => {
  const rig = new Rig();
  const turn = rig.feed(rig.command("s", parts("one")), rig.command("s"), rig.command("s", parts("two")));
  turn.commit();
  expect(turn.notices.map(({ kind }) => kind)).toEqual(["refused", "appended", "appended"]);
  expect(eventsOf(rig, "s").map(({ payload }) => text(payload))).toEqual(["one", "two"]);
});

test("a turn without appends writes nothing, and a barrier is passed as it is", () => {
  const rig = new Rig();
  expect(rig.feed().effects).toEqual([]);
  expect(rig.feed({ kind: "barrier", token: 9 }).effects).toEqual([{ kind: "notify", notice: { kind: "passed", token: 9 } }]);
});

test("a lane is marked as changed once, until its mark is taken", () => {
  const rig = new Rig();
  const marks = () => rig.feed(rig.command("s", parts("x")));
  const kinds = (turn: ReturnType<typeof marks>) => turn.writes.filter(({ kind }) => kind === "changed").length;
  const first = marks();
  first.commit();
  const second = marks();
  second.commit();
  expect([kinds(first), kinds(second)]).toEqual([1, 0]);
  rig.settle();
  expect(kinds(marks())).toBe(1);
});

test("a turn that is dropped never happened", () => {
  const [dropped, spared] = [new Rig(), new Rig()];
  for (const rig of [dropped, spared]) rig.append("s", parts("one"), parts(5000));
  dropped.feed(dropped.command("s", parts("lost"), parts(20_000)), dropped.command("t", parts("lost")));
  for (const rig of [dropped, spared]) {
    rig.start();
    rig.append("s", parts("two"));
    rig.append("u", parts("three"));
  }
  const entries = (rig: Rig) =>
    [...rig.keys.range({ from: new Uint8Array(0), to: Uint8Array.of(0xff) })].map(([key, value]) => toHex(key) + toHex(value));
  expect(entries(dropped)).toEqual(entries(spared));
});

test("of open lanes only the last used are kept, and one that was let go is opened again", () => {
  const rig = new Rig();
  rig.append("lane/first", parts("1"));
  for (let at = 0; at < lanesOpenMax + 10; at++) {
    rig.append(`lane/${at}`, parts("1"));
    if (at % 100 === 0) rig.append("lane/used", parts("again"));
  }
  expect(rig.describe("feed")["open"]).toBe(lanesOpenMax);
  expect(rig.append("lane/first", parts("2")).seqs.first).toBe(2);
  expect(rig.append("lane/used", parts("again")).seqs.first).toBe(12);
  expect(eventsOf(rig, "lane/first").length).toBe(2);
  expect(eventsOf(rig, "lane/used").length).toBe(12);
  expect(rig.describe("feed")["open"]).toBe(lanesOpenMax);
});

test("a lane touched in this turn is not let go, however many others are", () => {
  const rig = new Rig();
  const paths = Array.from({ length: lanesOpenMax + 5 }, (_, at) => `p/${at}`);
  const turn = rig.feed(...paths.map((path) => rig.command(path, parts("a"))), rig.command("p/0", parts("b")));
  turn.commit();
  expect(appended(turn.notices.at(-1)).seqs.first).toBe(2);
  expect(eventsOf(rig, "p/0").length).toBe(2);
  rig.append("one/more", parts("a"));
  expect(rig.describe("feed")["open"]).toBe(lanesOpenMax);
});
