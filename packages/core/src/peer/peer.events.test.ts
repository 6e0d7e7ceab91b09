import { expect, test } from "vitest";
import { eventsPerReadMax } from "../bytes/limits.js";
import { systemKinds } from "../feed/event/event.js";
import { Rig } from "../feed/rig/feed-rig.suite.js";
import { headKey } from "../store/keys.js";
import { codeOf, collect, copyOf, events, Followed, keysWithAuthors, PeerRig, textOf, watch, writeAs } from "./peer-rig.suite.js";

const subject = "team/notes";

test("events come in total order, whoever wrote them and in whatever order they came", async () => {
  const { keys } = new Rig();
  const offsets = [30_000, 10_000, 20_000, 60_000, 50_000, 40_000];
  for (const [index, ms] of offsets.entries())
    writeAs(keys, { author: 2 + index, subject, atMs: 1_799_000_000_000 + ms, text: `at ${ms}` });
  const rig = new PeerRig({ keys });
  await rig.append(subject, "mine");
  expect(await rig.texts(subject)).toEqual([...offsets.toSorted((left, right) => left - right).map((ms) => `at ${ms}`), "mine"]);
  const stamps = (await rig.records(subject)).map(({ stamp }) => stamp[0]);
  expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
});

test("from is the first stamp wanted, to the first no longer wanted", async () => {
  const rig = new PeerRig();
  for (const text of ["a", "b", "c", "d", "e"]) {
    await rig.append(subject, text);
    rig.hand.clock.advance(1000);
  }
  const [, b, , d] = (await rig.records(subject)).map(({ stamp }) => stamp);
  expect(await rig.texts(subject, { from: b! })).toEqual(["b", "c", "d", "e"]);
  expect(await rig.texts(subject, { to: d! })).toEqual(["a", "b", "c"]);
  expect(await rig.texts(subject, { from: b!, to: d! })).toEqual(["b", "c"]);
  expect(await rig.texts(subject, { from: [b![0], b![1] + 1], to: [d![0], d![1] + 1] })).toEqual(["c", "d"]);
  expect(await rig.texts(subject, { from: d!, to: b! })).toEqual([]);
  expect(await rig.texts(subject, { from: [d![0] + 1_000_000, 0] })).toEqual([]);
  expect(await rig.texts(subject, { to: [0, 0] })).toEqual([]);
});

test("system events are left out unless asked for", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 70) });
  await rig.append(subject, "mine");
  const mine = ({ author }: { readonly author: string }) => author === rig.peer.author;
  expect((await rig.records(subject)).filter(mine).map(({ seq }) => seq)).toEqual([2]);
  const all = (await rig.records(subject, { system: true })).filter(mine);
  expect(all.map(({ kind, seq }) => [kind, seq])).toEqual([
    [systemKinds.frontier, 1],
    [128, 2],
  ]);
});

test("a subject nobody wrote to has no events, and a wrong one is an error", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "x");
  expect(await rig.texts("team")).toEqual([]);
  expect(await rig.texts("team/notes/deeper")).toEqual([]);
  expect(await codeOf(collect(rig.peer.events("/")))).toBe("invalid-path");
});

test("paths mean the same in any normal form", async () => {
  const rig = new PeerRig();
  await rig.append("caf\u0065\u0301", "x");
  expect(await rig.texts("caf\u00e9")).toEqual(["x"]);
  expect((await rig.of(rig.peer.feeds("caf\u0065\u0301"))).map(({ subject: path }) => path)).toEqual(["caf\u00e9"]);
});

test("nothing is told before its flush: reads wait while a commit is in flight", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "durable");
  const append = watch(rig.peer.append(subject, events("in flight")));
  await rig.step();
  const told = [collect(rig.peer.events(subject)), rig.peer.feeds(), rig.peer.feeds(subject), rig.peer.status()].map(watch<unknown>);
  const follower = new Followed(rig.peer, subject);
  await rig.step();
  // The store shows it already.
  expect(rig.peer.view.head(0)?.size).toBe(2);
  expect([append, ...told].map(({ state }) => state)).toEqual(Array(5).fill("waiting"));
  expect(follower.texts).toEqual([]);
  await rig.rest();
  expect(told.map(({ value }) => value)).toMatchObject([
    ["durable", "in flight"],
    [{ size: 2 }],
    [{ size: 2 }],
    { subjects: [{ path: subject, events: 2 }] },
  ]);
  expect(follower.texts).toEqual(["durable", "in flight"]);
});

test("a follower gets what is there, then what comes, and not what others write elsewhere", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b");
  const [one, two] = [new Followed(rig.peer, subject), new Followed(rig.peer, subject)];
  await rig.rest();
  expect([one.texts, two.texts]).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
  await rig.append("team/other", "elsewhere");
  await rig.append(subject, "c");
  const late = new Followed(rig.peer, subject, { from: (await rig.records(subject))[2]!.stamp });
  await rig.append(subject, "d", "e");
  expect([one.texts, two.texts, late.texts]).toEqual([
    ["a", "b", "c", "d", "e"],
    ["a", "b", "c", "d", "e"],
    ["c", "d", "e"],
  ]);
  one.abort.abort();
  await rig.append(subject, "f");
  expect([one.end.state, one.texts.at(-1), two.end.state, two.texts.at(-1)]).toEqual(["resolved", "e", "waiting", "f"]);
});

test("a follower is told in the order of arrival, which need not be that of stamps", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 2) });
  const follower = new Followed(rig.peer, subject);
  await rig.rest();
  await rig.append(subject, "later");
  // As if it came over a link.
  writeAs(rig.keys, { author: 9, subject, atMs: 1_770_000_000_000, text: "earlier" });
  await rig.append(subject, "last");
  expect(follower.texts).toEqual(["of 2", "of 3", "later", "earlier", "last"]);
  expect(await rig.texts(subject)).toEqual(["earlier", "of 2", "of 3", "later", "last"]);
});

test("a subject can be followed before it begins", async () => {
  const rig = new PeerRig();
  const follower = new Followed(rig.peer, subject);
  await rig.rest();
  await rig.append(subject, "first");
  expect(follower.texts).toEqual(["first"]);
});

test("a follower may stop by itself, and a slow one misses nothing", async () => {
  const rig = new PeerRig();
  const reader = rig.peer.events(subject, { follow: true })[Symbol.asyncIterator]();
  const next = reader.next();
  await rig.append(subject, "a");
  expect(textOf((await next).value)).toBe("a");
  for (const text of ["b", "c", "d"]) await rig.append(subject, text);
  const rest = [];
  for (let count = 0; count < 3; count++) rest.push(textOf((await rig.of(reader.next())).value));
  expect(rest).toEqual(["b", "c", "d"]);
  expect((await reader.return?.())?.done).toBe(true);
  await rig.append(subject, "e");
  expect((await reader.next()).done).toBe(true);
});

test("abort ends a read cleanly at every point", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b", "c");
  expect(await rig.texts(subject, { signal: AbortSignal.abort() })).toEqual([]);
  const atOnce = new Followed(rig.peer, subject);
  atOnce.abort.abort();
  const inFlight = watch(rig.peer.append(subject, events("d")));
  await rig.step();
  const atBarrier = new Followed(rig.peer, subject);
  await rig.step();
  atBarrier.abort.abort();
  await rig.promises();
  // No flush was needed for that.
  expect([atOnce.end.state, atBarrier.end.state, inFlight.state]).toEqual(["resolved", "resolved", "waiting"]);
  await rig.rest();
  const between = new AbortController();
  const texts: string[] = [];
  const reading = async () => {
    for await (const event of rig.peer.events(subject, { signal: between.signal })) if (texts.push(textOf(event)) === 2) between.abort();
  };
  await rig.of(reading());
  expect([atOnce.texts, atBarrier.texts, texts]).toEqual([[], [], ["a", "b"]]);
});

test("a long read lets others have a turn, and stays whole", async () => {
  const rig = new PeerRig();
  const many = Array.from({ length: eventsPerReadMax * 3 + 7 }, (_, index) => `${index}`);
  await rig.append(subject, ...many);
  const read = watch(collect(rig.peer.events(subject)));
  for (let turns = 0; turns < 3; turns++) {
    await rig.promises();
    expect([read.state, rig.hand.scheduler.waiting]).toEqual(["waiting", 1]);
    rig.hand.scheduler.tick();
  }
  await rig.rest();
  expect(read.value).toEqual(many);
});

test("a read goes as far as its beginning, whatever is appended meanwhile", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b");
  const reader = rig.peer.events(subject)[Symbol.asyncIterator]();
  const texts = [textOf((await rig.of(reader.next())).value)];
  await rig.append(subject, "c");
  for (let next = await rig.of(reader.next()); !next.done; next = await rig.of(reader.next())) texts.push(textOf(next.value));
  expect(texts).toEqual(["a", "b"]);
});

test("a damaged store is said to be corrupt, by whatever reads it", async () => {
  const keys = copyOf(new Rig().keys);
  const sound = new PeerRig({ keys });
  await sound.append(subject, "x");
  keys.put(headKey(0), Uint8Array.of(1, 2, 3));
  const rig = new PeerRig({ keys });
  const codes = [collect(rig.peer.events(subject)), rig.peer.feeds(), rig.peer.status(), rig.peer.append(subject, events("y"))].map(codeOf);
  await rig.rest();
  expect(await Promise.all(codes)).toEqual(["corrupt", "corrupt", "corrupt", "corrupt"]);
  const { ok, problems } = await rig.of(rig.peer.audit());
  expect([ok, problems.length > 0]).toEqual([false, true]);
  // Other subjects are none the worse for it.
  expect((await rig.append("team/other", "z")).seq(0)).toBe(1);
});
