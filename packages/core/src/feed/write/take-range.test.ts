import { expect, test } from "vitest";
import { clockDriftMsMax, epochsPerFeedMax } from "../../bytes/limits.js";
import { subjectId } from "../../identity/ids.js";
import { authorKey, headKey, laneNumberKey } from "../../store/keys.js";
import { encodeLaneNumber } from "../../store/records.js";
import { encodeCausalDelta } from "../event/causal-delta.js";
import { eventsInOrder } from "../lane/subject-reader.js";
import { audited } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { hasher, network, nonce, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { knownSizes } from "../rig/known-sizes.suite.js";
import { cutOffer, laneBytes, offerFrom, take, takeOffer, verified } from "../rig/offered-lane.suite.js";

function writer(...texts: readonly string[]): Rig {
  const rig = new Rig();
  for (const text of texts) rig.append("s", parts(text));
  return rig;
}

function reader(): Rig {
  return new Rig({ author: 2, instance: 2 });
}

function texts(rig: Rig, path = "s"): string[] {
  const subject = subjectId(hasher, network, pathOf(path));
  const spans = [...rig.view.lanes(subject)].map((entry) => ({ entry, next: 1, end: (rig.view.head(entry.number)?.size ?? 0) + 1 }));
  return [...eventsInOrder(rig.view, hasher, subject, spans)].map(({ payload }) => new TextDecoder().decode(payload as Uint8Array));
}

test("what is taken is read with what is written here, in one order", () => {
  const [a, b] = [writer("1", "2"), reader()];
  b.wallMs = a.wallMs - 50;
  b.append("s", parts("0"));
  const notice = take(b, verified(b, offerFrom(a, "s")));
  expect(notice).toEqual({ kind: "taken", token: 1, path: "s", lane: expect.any(Number), size: 2 });
  b.append("s", parts("3"));
  expect(texts(b)).toEqual(["0", "1", "2", "3"]);
  expect(audited(b.keys)).toMatchObject({ problems: [], events: 4, feeds: 2 });
  expect(b.describe("feed")).toMatchObject({ appended: 2, taken: 2 });
});

test("the author's key, the lane and its mark are written with its first events, and only the mark again", () => {
  const [a, b] = [writer("1"), reader()];
  const first = b.feed({ kind: "take", token: 1, range: verified(b, offerFrom(a, "s")) });
  first.commit();
  expect(first.writes.map(({ kind }) => kind)).toEqual(["author", "lane", "taken", "changed", "clock"]);
  expect(b.keys.get(authorKey(a.author))).toBeDefined();
  a.append("s", parts("2"));
  b.settle();
  const second = b.feed({ kind: "take", token: 2, range: verified(b, offerFrom(a, "s", 2)) });
  second.commit();
  expect(second.writes.map(({ kind }) => kind)).toEqual(["taken", "changed"]);
  expect(b.settle().root).toEqual(a.settle().root);
});

test("an author's keys that were lost are written again with whatever comes of that author", () => {
  const [a, b] = [new Rig({ signatures: "hybrid" }), reader()];
  a.append("s", parts("1"));
  take(b, verified(b, offerFrom(a, "s")));
  const keys = b.keys.get(authorKey(a.author));
  b.keys.remove(authorKey(a.author));
  expect(audited(b.keys).problems).not.toEqual([]);
  a.append("s", parts("2"));
  take(b, verified(b, offerFrom(a, "s")));
  expect(b.keys.get(authorKey(a.author))).toEqual(keys);
  expect(audited(b.keys).problems).toEqual([]);
});

test("several lanes and subjects of several authors have numbers of their own", () => {
  const [a, c, b] = [writer("1"), new Rig({ author: 3, instance: 3 }), reader()];
  a.append("t", parts("2"));
  c.append("s", parts("3"));
  for (const [rig, path] of [
    [a, "s"],
    [a, "t"],
    [c, "s"],
  ] as const)
    expect(takeOffer(b, offerFrom(rig, path))).toBe("taken");
  b.append("u", parts("4"));
  expect([b.laneNumber("s", a.author), b.laneNumber("t", a.author), b.laneNumber("s", c.author), b.laneNumber("u")]).toEqual([0, 1, 2, 3]);
  expect(audited(b.keys).problems).toEqual([]);
});

test("an own lane that is open knows at once what was taken of others", () => {
  const [a, b] = [writer("1", "2"), reader()];
  b.append("s", parts("x"));
  takeOffer(b, cutOffer(a, "s", { from: 1, to: 1, perBlock: 1 }));
  b.append("s", parts("y"));
  b.append("s", parts("z"));
  takeOffer(b, offerFrom(a, "s", 2));
  b.append("s", parts("z"));
  expect(knownSizes(b, a)).toEqual([0, 1, 1, 2]);
  b.start();
  b.append("s", parts("after a restart"));
  expect(knownSizes(b, a)).toEqual([0, 1, 1, 2, 2]);
});

test("in one turn, events before a range do not know it and those behind it do", () => {
  const [a, b] = [writer("1"), reader()];
  const range = verified(b, offerFrom(a, "s"));
  b.feed(b.command("s", parts("x")), { kind: "take", token: 9, range }, b.command("s", parts("y"))).commit();
  expect(knownSizes(b, a)).toEqual([0, 1]);
  expect(audited(b.keys).problems).toEqual([]);
});

test("what is written here stands behind what was taken, after a restart too", () => {
  const [a, b] = [new Rig(), reader()];
  a.wallMs += clockDriftMsMax / 2;
  a.append("s", parts("theirs"));
  takeOffer(b, offerFrom(a, "s"));
  b.start();
  b.append("s", parts("ours"));
  expect(texts(b)).toEqual(["theirs", "ours"]);
  expect(audited(b.keys).problems).toEqual([]);
});

test("an event from the future is stored, and does not move the clock", () => {
  const [a, b] = [writer("due"), reader()];
  a.wallMs += 2 * clockDriftMsMax;
  a.append("s", parts("not yet"));
  takeOffer(b, offerFrom(a, "s"));
  expect(b.view.head(0)?.size).toBe(2);
  b.append("s", parts("ours"));
  expect(texts(b)).toEqual(["due", "ours", "not yet"]);
  expect(b.view.head(1)?.stamp.wallMs).toBe(b.wallMs);
  expect(audited(b.keys).problems).toEqual([]);
});

test("a store that writes nothing itself, and holds only what is yet to come", () => {
  const [a, b] = [new Rig(), reader()];
  a.wallMs += 2 * clockDriftMsMax;
  a.append("s", parts("not yet"));
  takeOffer(b, offerFrom(a, "s"));
  expect(audited(b.keys).problems).toEqual([]);
});

test("a delta that leans on nothing is its author's claim, and no damage here", () => {
  const b = reader();
  const a = new Rig();
  const causal = encodeCausalDelta({ coverage: "changes", rows: [{ index: 0, amount: 4 }] });
  const events = [0, 1].map((at) => ({
    kind: 128,
    stamp: { wallMs: 1_795_000_000_000 + at, counter: 0 },
    payload: Uint8Array.of(at),
    causal,
  }));
  putLane(a.keys, { lane: 0, author: 1, path: "s", epoch: { index: 0, nonce: nonce(1) }, events, perBlock: 2 });
  expect(takeOffer(b, offerFrom(a, "s"))).toBe("taken");
  expect(audited(b.keys).problems).toEqual([]);
  expect(audited(a.keys).problems.map(({ what }) => what)).toContain("causal");
});

test("a full disk takes nothing in; what is there is not touched, and later it is taken", () => {
  const [a, b] = [writer("1"), reader()];
  const range = verified(b, offerFrom(a, "s"));
  b.disk = "full";
  expect(take(b, range)).toMatchObject({ kind: "refused", code: "disk-full" });
  expect(b.view.nextLaneNumber()).toBe(0);
  b.disk = "roomy";
  expect(take(b, range).kind).toBe("taken");
});

test("events of the store's own author are taken where another instance wrote them, and only there", () => {
  const a = writer("1");
  const [same, copy] = [new Rig(), new Rig({ instance: 5 })];
  expect(take(same, verified(same, offerFrom(a, "s")))).toMatchObject({ kind: "refused", code: "usage", reason: /itself writes/ });
  expect(laneBytes(same, 0)).toEqual({});
  expect(take(copy, verified(copy, offerFrom(a, "s"))).kind).toBe("taken");
  expect(laneBytes(copy, 0)).toEqual(laneBytes(a, 0));
});

test("a feed is taken in no more epochs than it may have", () => {
  const b = reader();
  const a = writer("1");
  const subject = subjectId(hasher, network, pathOf("s"));
  for (let index = 1; index <= epochsPerFeedMax; index++)
    b.keys.put(laneNumberKey(subject, a.author, { index, nonce: nonce(1) }), encodeLaneNumber(0));
  expect(take(b, verified(b, offerFrom(a, "s")))).toMatchObject({ kind: "refused", code: "too-large" });
});

test("a lane that lost its head is damaged, and nobody's fault who offers more of it", () => {
  const [a, b] = [writer("1"), reader()];
  takeOffer(b, offerFrom(a, "s"));
  a.append("s", parts("2"));
  const range = verified(b, offerFrom(a, "s", 2));
  b.keys.remove(headKey(0));
  expect(take(b, range)).toMatchObject({ kind: "refused", code: "corrupt" });
});

test("a turn that is lost leaves nothing of what it took, and its range is as good as before", () => {
  const [a, b] = [writer("1", "2"), reader()];
  const range = verified(b, offerFrom(a, "s"));
  b.feed({ kind: "take", token: 1, range });
  b.start();
  expect(take(b, range).kind).toBe("taken");
  expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
});
