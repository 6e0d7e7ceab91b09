import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { appendBytesMax, appendEventsMax, keyBytesMax, localBytesMax, payloadBytesMax } from "../bytes/limits.js";
import type { NewEvent } from "./event-api.js";
import { codeOf, collect, events, Followed, keysWithAuthors, notWritten, PeerRig, unknown, watch } from "./peer-rig.suite.js";

const subject = "team/notes";

test("an append answers where its events lie, once they are on disk and not before", async () => {
  const rig = new PeerRig();
  const waiting = watch(rig.peer.append(subject, events("a", "b", "c")));
  await rig.step();
  expect([waiting.state, rig.store.commits.length]).toEqual(["waiting", 1]);
  await rig.rest();
  const receipt = waiting.value;
  expect(receipt).toMatchObject({ author: rig.peer.author, epoch: 0, count: 3 });
  expect([0, 1, 2].map((index) => receipt?.seq(index))).toEqual([1, 2, 3]);
  const read = await rig.records(subject);
  expect(read.map(({ seq, id }) => [seq, id])).toEqual([0, 1, 2].map((index) => [receipt?.seq(index), receipt?.id(index)]));
});

test("appends of one turn are answered each with its own seqs and ids", async () => {
  const rig = new PeerRig();
  const all = ["x/y", subject, subject, "x/y"].map((path, index) => rig.peer.append(path, events(`${index} one`, `${index} two`)));
  const receipts = await rig.of(Promise.all(all));
  expect(receipts.map(({ seq }) => [seq(0), seq(1)])).toEqual([
    [1, 2],
    [1, 2],
    [3, 4],
    [3, 4],
  ]);
  const stored = new Map<string, string>();
  for (const path of [subject, "x/y"]) {
    for (const { id, payload } of await rig.records(path)) stored.set(id, new TextDecoder().decode(payload));
  }
  const said = receipts.flatMap(({ id }) => [stored.get(id(0)), stored.get(id(1))]);
  expect(said).toEqual([0, 1, 2, 3].flatMap((index) => [`${index} one`, `${index} two`]));
});

test("a receipt knows its seqs and ids where frontier events went between", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 70) });
  const texts = Array.from({ length: 300 }, (_, index) => `event ${index}`);
  const receipt = await rig.append(subject, ...texts);
  const seqs = texts.map((_, index) => receipt.seq(index));
  // 70 rows need two deltas: one goes in a frontier event ahead, at the beginning and once more within 256 events.
  expect([seqs[0], seqs[299], receipt.count]).toEqual([2, 302, 300]);
  const read = (await rig.records(subject)).filter(({ author }) => author === rig.peer.author);
  expect(read.map(({ seq }) => seq)).toEqual(seqs);
  expect(read.map(({ id }) => id)).toEqual(texts.map((_, index) => receipt.id(index)));
});

test("what an event carries comes back as it was given", async () => {
  const rig = new PeerRig();
  const given: NewEvent = { payload: Uint8Array.of(1, 2, 3), kind: 200, codec: "cbor", key: Uint8Array.of(9) };
  await rig.of(rig.peer.append(subject, [given, { payload: new Uint8Array(0) }]));
  const [first, second] = await rig.records(subject);
  expect(first).toMatchObject({ kind: 200, codec: "cbor", stamp: [expect.any(Number), expect.any(Number)] });
  expect([toHex(first?.payload ?? new Uint8Array(0)), toHex(first?.key ?? new Uint8Array(0))]).toEqual(["010203", "09"]);
  expect(second).toMatchObject({ kind: 128, codec: "raw", payload: new Uint8Array(0) });
  expect(second).not.toHaveProperty("key");
});

const bytes = (length: number): Uint8Array => new Uint8Array(length);
const refused: readonly (readonly [string, string, readonly NewEvent[], string?])[] = [
  ["no path", "invalid-path", events("x"), ""],
  ["a path of too many parts", "invalid-path", events("x"), "a/b/c/d/e/f/g/h/i"],
  ["an empty part", "invalid-path", events("x"), "a//b"],
  ["no events", "usage", []],
  ["a system kind", "usage", [{ payload: bytes(1), kind: 1 }]],
  ["a kind of no range", "usage", [{ payload: bytes(1), kind: 51 }]],
  ["a kind of control", "usage", [{ payload: Uint8Array.of(128), kind: 60 }]],
  ["the network's last kind", "usage", [{ payload: bytes(1), kind: 127 }]],
  ["a kind that is no number", "usage", [{ payload: bytes(1), kind: Number.NaN }]],
  ["an unknown codec", "usage", [{ payload: bytes(1), codec: "yaml" as never }]],
  ["a codec that objects have", "usage", [{ payload: bytes(1), codec: "constructor" as never }]],
  ["an empty key", "usage", [{ payload: bytes(1), key: bytes(0) }]],
  ["a long key", "usage", [{ payload: bytes(1), key: bytes(keyBytesMax + 1) }]],
  ["a text as payload", "usage", [{ payload: "text" as never }]],
  ["a text as key", "usage", [{ payload: bytes(1), key: "text" as never }]],
  ["no payload", "usage", [{} as never]],
  ["a large payload", "too-large", [{ payload: bytes(payloadBytesMax + 1) }]],
  ["many bytes", "too-large", Array(3).fill({ payload: bytes(Math.ceil((appendBytesMax + 1) / 3)) })],
  ["many events", "too-large", Array(appendEventsMax + 1).fill({ payload: bytes(0) })],
];

test.for(refused)("%s: %s", async ([, code, given, path = subject]) => {
  const rig = new PeerRig();
  const failing = codeOf(rig.peer.append(path, given));
  await rig.rest();
  expect(await failing).toBe(code);
  // Nothing of it is left, and nothing is broken by it.
  expect((await rig.append(subject, "good")).seq(0)).toBe(1);
  expect(await rig.texts(subject)).toEqual(["good"]);
});

test("bytes from another realm are bytes", async () => {
  const rig = new PeerRig();
  const foreign = Object.defineProperty({ length: 1, 0: 7 }, Symbol.toStringTag, { value: "Uint8Array" });
  expect(Object.prototype.toString.call(foreign)).toBe("[object Uint8Array]");
  await rig.of(rig.peer.append(subject, [{ payload: foreign as never }]));
  const [event] = await rig.records(subject);
  expect([...(event?.payload ?? [])]).toEqual([7]);
});

test("more bytes in flight than the bounds allow: busy, until some of them are written", async () => {
  const rig = new PeerRig();
  const quarter: NewEvent[] = [{ payload: bytes(localBytesMax / 8) }, { payload: bytes(localBytesMax / 8) }];
  const taken = Array.from({ length: 3 }, () => watch(rig.peer.append(subject, quarter)));
  expect(await codeOf(rig.peer.append(subject, [...quarter]))).toBe("busy");
  await rig.rest();
  expect(taken.map(({ state }) => state)).toEqual(["resolved", "resolved", "resolved"]);
  expect((await rig.of(rig.peer.append(subject, quarter))).seq(0)).toBe(7);
});

test("an event counts with its key and header, not with its payload alone", async () => {
  const rig = new PeerRig();
  const half: NewEvent[] = Array(2).fill({ payload: bytes(localBytesMax / 4) });
  const rest: NewEvent[] = [{ payload: bytes(localBytesMax / 4) }, { payload: bytes(localBytesMax / 4 - 100) }];
  const taken = [half, rest].map((given) => watch(rig.peer.append(subject, given)));
  expect(await codeOf(rig.peer.append(subject, [{ payload: bytes(0), key: bytes(40) }]))).toBe("busy");
  await rig.rest();
  expect(taken.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
});

test("bytes whose caller gave up are in flight all the same, until they are written", async () => {
  const rig = new PeerRig();
  const stop = new AbortController();
  const half: NewEvent[] = Array(2).fill({ payload: bytes(localBytesMax / 4) });
  const given = codeOf(rig.peer.append(subject, half, { signal: stop.signal }));
  stop.abort();
  expect(await given).toBe("unknown-outcome");
  expect(await codeOf(rig.peer.append(subject, half))).toBe("busy");
  await rig.rest();
  expect((await rig.of(rig.peer.append(subject, half))).seq(0)).toBe(3);
});

test("a signal raised before: nothing is written", async () => {
  const rig = new PeerRig();
  const signal = AbortSignal.abort("enough");
  expect(await codeOf(rig.peer.append(subject, events("x"), { signal }))).toBe("aborted");
  await expect(rig.peer.append(subject, events("x"), { signal })).rejects.toMatchObject({ cause: "enough" });
  await rig.rest();
  expect(await rig.texts(subject)).toEqual([]);
});

test("a signal raised on the way: the outcome is unknown, and here it was written", async () => {
  const rig = new PeerRig();
  const stop = new AbortController();
  const given = codeOf(rig.peer.append(subject, events("x"), { signal: stop.signal }));
  await rig.step();
  stop.abort();
  expect(await given).toBe("unknown-outcome");
  await rig.rest();
  expect(await rig.texts(subject)).toEqual(["x"]);
});

test("a signal raised afterwards changes nothing, and many may share one", async () => {
  const rig = new PeerRig();
  const stop = new AbortController();
  let listeners = 0;
  const add = stop.signal.addEventListener.bind(stop.signal);
  Object.assign(stop.signal, {
    addEventListener: (...all: Parameters<typeof add>) => {
      listeners++;
      add(...all);
    },
  });
  const taken = Array.from({ length: 50 }, (_, index) => rig.peer.append(subject, events(`${index}`), { signal: stop.signal }));
  const receipts = await rig.of(Promise.all(taken));
  stop.abort();
  expect(receipts.map(({ seq }) => seq(0))).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(listeners).toBe(1);
});

test("a full disk refuses appends, not reads; with room again they go on by themselves", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "before");
  rig.store.room = 0;
  const failing = codeOf(rig.peer.append(subject, events("full")));
  await rig.rest();
  expect(await failing).toBe("disk-full");
  expect(await rig.texts(subject)).toEqual(["before"]);
  expect((await rig.of(rig.peer.status())).disk).toBe("full");
  rig.store.room = 2 ** 30;
  expect((await rig.append(subject, "after")).seq(0)).toBe(2);
  expect((await rig.of(rig.peer.status())).disk).toBe("roomy");
});

test("a clock that cannot be right refuses appends, and they go on once it is set", async () => {
  const rig = new PeerRig();
  rig.hand.clock.wall = 1_000_000;
  const failing = codeOf(rig.peer.append(subject, events("x")));
  await rig.rest();
  expect(await failing).toBe("clock");
  rig.hand.clock.wall = 1_800_000_000_000;
  expect((await rig.append(subject, "x")).seq(0)).toBe(1);
});

test("a commit that fails for sure: internal, and not written; what comes after it goes on", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "one");
  const failing = codeOf(rig.peer.append(subject, events("lost")));
  await rig.step();
  rig.store.fail(notWritten);
  expect(await failing).toBe("internal");
  expect((await rig.append(subject, "two")).seq(0)).toBe(2);
  expect(await rig.texts(subject)).toEqual(["one", "two"]);
});

test.for(["found", "not found"] as const)(
  "a commit of unknown outcome, %s afterwards: unknown-outcome, and the lane goes on from what is there",
  async (found) => {
    const rig = new PeerRig();
    await rig.append(subject, "one");
    const failing = codeOf(rig.peer.append(subject, events("maybe")));
    await rig.step();
    rig.store.fail(unknown, found);
    expect(await failing).toBe("unknown-outcome");
    await rig.append(subject, "two");
    expect(await rig.texts(subject)).toEqual(found === "found" ? ["one", "maybe", "two"] : ["one", "two"]);
    expect(await rig.of(rig.peer.audit())).toMatchObject({ ok: true, problems: [] });
  },
);

test("a reader that waits while a commit fails reads again, and is told of nothing that is gone", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "one");
  const failing = codeOf(rig.peer.append(subject, events("lost")));
  await rig.step();
  const read = watch(collect(rig.peer.events(subject)));
  const feeds = watch(rig.peer.feeds());
  const follower = new Followed(rig.peer, subject);
  await rig.step();
  expect([read.state, feeds.state, follower.texts]).toEqual(["waiting", "waiting", []]);
  rig.store.fail(notWritten);
  await rig.rest();
  expect(await failing).toBe("internal");
  expect([read.value, feeds.value?.map(({ size }) => size), follower.texts]).toEqual([["one"], [1], ["one"]]);
  await rig.append(subject, "two");
  expect([follower.texts, follower.seqs, follower.end.state]).toEqual([["one", "two"], [1, 2], "waiting"]);
});

test("a status that is asked for while a commit fails gets its answer, or an error that is to the point", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "one");
  const append = codeOf(rig.peer.append(subject, events("lost")));
  const status = watch(rig.peer.status());
  await rig.step();
  rig.store.fail(unknown);
  await rig.rest();
  expect([await append, status.state, status.error]).toMatchObject(["unknown-outcome", "rejected", { code: "internal" }]);
  expect((await rig.of(rig.peer.status())).subjects).toEqual([{ path: subject, events: 1 }]);
});
