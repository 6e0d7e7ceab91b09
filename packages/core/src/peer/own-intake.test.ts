import { expect, test } from "vitest";
import { returnEventsMax } from "../bytes/limits.js";
import { encodePortableFork } from "../feed/lane/portable-fork.js";
import { networkName, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { branches, forkBetween } from "../feed/rig/forked-stores.suite.js";
import { cutOffer, offerFrom } from "../feed/rig/offered-lane.suite.js";
import { append, copyOf, pass } from "../feed/rig/twins.suite.js";
import { laneRange } from "../store/keys.js";
import { codeOf, Followed, notWritten, PeerRig, textOf, watch } from "./peer-rig.suite.js";

// What others hold of a store's own feed, offered to its peer: whatever was put back or copied, nothing is lost.

/** A store put back to `before`, as a peer; and one that holds what it had written since. */
function putBack(before: readonly string[], after: readonly string[]): { readonly back: PeerRig; readonly other: Rig } {
  const store = new Rig();
  const other = new Rig({ author: 2, instance: 2 });
  append(store, ...before);
  const snapshot = copyOf(store);
  append(store, ...after);
  pass(store, other);
  return { back: new PeerRig({ keys: snapshot }), other };
}

test("a peer that was put back takes what it had forgotten, and its new events stand behind it in a new epoch", async () => {
  const { back, other } = putBack(["1"], ["2", "3"]);
  const receipt = await back.append("s", "4", "5");
  expect([receipt.epoch, receipt.seq(0)]).toEqual([0, 2]);
  expect(await back.of(back.peer.take(firstAuthors(other)))).toEqual({ kind: "taken", size: 3, displaced: { from: 2, reappended: 2 } });
  expect([...(await back.texts("s"))].sort()).toEqual(["1", "2", "3", "4", "5"]);
  const records = await back.records("s");
  const again = records.filter(({ origin }) => origin !== undefined);
  expect(again.map(({ epoch, origin }) => [epoch, origin?.epoch, origin?.seq, origin?.id])).toEqual([
    [1, 0, 2, receipt.id(0)],
    [1, 0, 3, receipt.id(1)],
  ]);
  expect((await back.of(back.peer.audit())).problems).toEqual([]);
  expect((await back.append("s", "6")).epoch).toBe(1);
});

test("what it has it has, and what parts from it before the range begins is asked for from earlier on", async () => {
  const { back, other } = putBack(["1", "2"], ["3", "4"]);
  expect(await back.of(back.peer.take(cutFirst(other, 1, 2)))).toEqual({ kind: "held" });
  await back.append("s", "5");
  expect(await codeOf(back.of(back.peer.take(cutFirst(other, 4, 4))))).toBe("usage");
  expect(await back.of(back.peer.take(cutFirst(other, 2, 3)))).toEqual({ kind: "taken", size: 3, displaced: { from: 3, reappended: 1 } });
  expect(await back.of(back.peer.take(cutFirst(other, 4, 4)))).toEqual({ kind: "taken", size: 4 });
});

test("what its own disk has lost is nobody's fault, and nothing of it is appended again", async () => {
  const store = new Rig();
  const other = new Rig({ author: 2, instance: 2 });
  append(store, ...Array.from({ length: 40 }, (_, at) => `${at} ${"x".repeat(200)}`));
  pass(store, other);
  const [key, block] = [...store.keys.range(laneRange("block", 0))].map(
    ([at, value]) => [at.slice(), value.slice()] as const,
  )[0] as readonly [Uint8Array, Uint8Array];
  block[block.length >> 1] = (block[block.length >> 1] as number) ^ 4;
  store.keys.put(key, block);
  const last = store.view.head(0)?.size ?? 0;
  for (const [from, to] of [
    [1, last],
    [last - 1, last],
  ] as const) {
    const rig = new PeerRig({ keys: copyOf(store) });
    expect(await codeOf(rig.of(rig.peer.take(cutFirst(other, from, to))))).toBe("corrupt");
    for (const gone of [laneRange("block", 1), laneRange("givenUp", 0)]) expect([...rig.keys.range(gone)]).toEqual([]);
    expect(await rig.of(rig.peer.feeds())).toMatchObject([{ epoch: 0, size: last }]);
  }
});

test("ranges of it offered all at once come one after the other", async () => {
  const { back, other } = putBack(["1"], ["2", "3", "4"]);
  await back.append("s", "5");
  const outcomes = await back.of(Promise.all([1, 2, 3, 4].map((seq) => back.peer.take(cutFirst(other, seq, seq)))));
  expect(outcomes).toEqual([
    { kind: "held" },
    { kind: "taken", size: 2, displaced: { from: 2, reappended: 1 } },
    { kind: "taken", size: 3 },
    { kind: "taken", size: 4 },
  ]);
  expect((await back.texts("s")).length).toBe(5);
});

test("a feed that is frozen further on than it is held is taken up to the fork", async () => {
  const [whole, other] = branches(12, { from: 9, more: 2 }) as [Rig, Rig];
  const back = new PeerRig({ keys: copyOf(branches(5)[0] as Rig), instance: 50 });
  const { proof } = forkBetween(whole, other, 10);
  await back.of(back.peer.accuse(encodePortableFork({ networkName, path: pathOf("s"), keys: whole.authorKeys, proof })));
  expect(await back.of(back.peer.take(cutOffer(whole, "s", { from: 1, to: 9, perBlock: 4 })))).toEqual({ kind: "taken", size: 9 });
  expect((await back.texts("s")).length).toBe(9);
  expect((await back.of(back.peer.audit())).problems).toEqual([]);
});

test("a peer whose cores begin anew while it appends events again goes on, answers who waits for that, and can be closed", async () => {
  const { back, other } = putBack(["1"], ["2"]);
  await back.append("s", ...Array.from({ length: 3 * returnEventsMax }, (_, at) => `mine ${at}`));
  const taking = watch(back.peer.take(firstAuthors(other)));
  const next = () => back.peer.view.givenUp(0)?.next ?? 0;
  const until = async (is: () => boolean) => {
    for (; !is(); back.hand.scheduler.tick()) {
      await back.promises();
      back.hand.clock.advance(0);
    }
  };
  await until(() => next() === 2);
  back.store.flush();
  // A commit that fails makes the cores anew: they know of the mark, and of nobody who waits.
  await until(() => next() > 2);
  back.store.fail(notWritten);
  await back.rest();
  expect(taking.value).toEqual({ kind: "taken", size: 2, displaced: { from: 2, reappended: expect.any(Number) } });
  expect((await back.texts("s")).length).toBe(3 * returnEventsMax + 2);
  const closing = watch(back.peer.close());
  await back.rest();
  expect(closing.state).toBe("resolved");
});

test("a copy of a store takes what the first goes on to write, and writes on itself", async () => {
  const store = new Rig();
  append(store, "1");
  const copy = new PeerRig({ keys: copyOf(store), instance: 2 });
  await copy.append("s", "of the copy");
  append(store, "2");
  expect(await copy.of(copy.peer.take(offerFrom(store, "s")))).toEqual({ kind: "taken", size: 2 });
  expect([...(await copy.texts("s"))].sort()).toEqual(["1", "2", "of the copy"]);
  expect((await copy.append("s", "more")).epoch).toBe(1);
});

test("who follows the subject is told of what goes, and reads what comes in its place", async () => {
  const { back, other } = putBack(["1"], ["2", "3"]);
  await back.append("s", "4");
  const gone: unknown[] = [];
  const followed = new Followed(back.peer, "s", { withdrawn: ({ epoch, from, to }) => gone.push([epoch, from, to]) });
  await back.rest();
  expect(followed.texts).toEqual(["1", "4"]);
  await back.of(back.peer.take(firstAuthors(other)));
  await back.rest();
  expect([...followed.texts.slice(2)].sort()).toEqual(["2", "3", "4"]);
  expect(gone).toEqual([[0, 2, 2]]);
  followed.abort.abort();
  await back.rest();
});

test("who is reading when the end of a feed is replaced by a shorter one is told to read again, and of no damage", async () => {
  const { back, other } = putBack(["1"], ["2"]);
  await back.append("s", ..."3456".split("").map((text) => text.padEnd(7_000)));
  const reading = back.peer.events("s")[Symbol.asyncIterator]();
  expect(textOf((await back.of(reading.next())).value)).toBe("1");
  await back.of(back.peer.take(firstAuthors(other)));
  const rest = async () => {
    for (let next = await reading.next(); !next.done; ) next = await reading.next();
  };
  expect(await back.of(codeOf(rest()))).toBe("busy");
  expect((await back.texts("s")).length).toBe(6);
});

/** All of the first author's lane. */
function firstAuthors(other: Rig) {
  return cutFirst(other, 1, other.view.head(0)?.size ?? 0);
}

function cutFirst(other: Rig, from: number, to: number) {
  return cutOffer(asFirst(other), "s", { from, to, perBlock: 9 });
}

/** The rig's store, read for the first author's lane. */
function asFirst(other: Rig): Rig {
  return new Rig({ keys: copyOf(other), author: 1, instance: 90 });
}
