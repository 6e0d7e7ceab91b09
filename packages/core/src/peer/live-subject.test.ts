import { expect, test } from "vitest";
import { changesWaitingBytesMax, viewFlushMs, viewSliceEventsMax } from "../bytes/limits.js";
import { bytes, text } from "../merge/element-codec.js";
import { register } from "../merge/lww-register.js";
import { orSet } from "../merge/or-set.js";
import { pnCounter } from "../merge/pn-counter.js";
import { record } from "../merge/record.js";
import { OutcomeUnknown } from "./outcome-unknown.js";
import { codeOf, copyOf, notWritten, PeerRig, unknown, watch } from "./peer-rig.suite.js";
import type { Change, SubjectNotice } from "./subject-api.js";

const path = "w/o/s";

async function votesOf(rig: PeerRig) {
  return await rig.of(rig.peer.subject(path, pnCounter()));
}

async function firstOf<T>(from: AsyncIterable<T>, count: number): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) if (all.push(each) >= count) break;
  return all;
}

test("an operation counts before anything is written, and is durable once it is awaited", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const write = votes.increment(3);
  expect([votes.value, write.applied, rig.store.commits.length]).toEqual([3, true, 0]);
  const waiting = watch(Promise.resolve(write));
  await rig.step();
  expect(waiting.state).toBe("waiting");
  await rig.rest();
  expect(waiting.value).toMatchObject({ count: 1 });
  expect(votes.value).toBe(3);
});

test("many operations on their way count once each, before, while and after they come to the disk", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const writes = Array.from({ length: 20 }, () => votes.increment());
  for (;;) {
    expect(votes.value).toBe(20);
    if (rig.store.commits.length === 0 && rig.hand.scheduler.waiting === 0) break;
    rig.store.flush();
    await rig.step();
  }
  await rig.of(Promise.all(writes));
  expect(votes.value).toBe(20);
});

test("an operation that comes to nothing counts no more, and is told of", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.resolve(votes.increment()));
  const notices = firstOf(votes.control.notices(), 2);
  const write = watch(Promise.resolve(votes.increment(5)));
  expect(votes.value).toBe(6);
  await rig.step();
  rig.store.fail(notWritten);
  await rig.rest();
  expect([write.state, votes.value]).toEqual(["rejected", 1]);
  expect(await rig.of(notices)).toEqual([
    { kind: "created", author: rig.peer.author, type: "pn-counter" },
    { kind: "write failed", reason: expect.stringContaining("no such luck"), fix: expect.any(String) },
  ]);
});

test.each(["found", "not found"] as const)("a write of which nothing is known is settled: it is %s", async (found) => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.resolve(votes.increment()));
  const write = watch(Promise.resolve(votes.increment()));
  await rig.step();
  rig.store.fail(unknown, found);
  await rig.rest();
  expect(write.error).toBeInstanceOf(OutcomeUnknown);
  await rig.of(Promise.resolve(votes.increment()));
  expect(await rig.of((write.error as OutcomeUnknown).settle())).toBe(found === "found" ? "applied" : "not applied");
  expect(votes.value).toBe(found === "found" ? 3 : 2);
});

test("a change of several operations is one event: all of them count, or none", async () => {
  const rig = new PeerRig();
  const type = record({ title: register(text), votes: pnCounter(), tags: orSet(text) });
  const issue = await rig.of(rig.peer.subject(path, type));
  const write = issue.change((it) => {
    it.title.set("Dark mode");
    it.tags.add("ui");
    it.votes.increment(2);
  });
  const whole = { title: "Dark mode", tags: new Set(["ui"]), votes: 2 };
  expect(issue.value).toEqual(whole);
  const receipt = await rig.of(Promise.resolve(write));
  expect(receipt.count).toBe(1);
  expect(issue.value).toEqual(whole);
  const failing = watch(Promise.resolve(issue.change((it) => [it.title.set("Other"), it.tags.remove("ui")])));
  await rig.step();
  rig.store.fail(notWritten);
  await rig.rest();
  expect([failing.state, issue.value]).toEqual(["rejected", whole]);
});

test("a change that changes nothing, and one that is made later, are refused", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  expect(() => votes.change(() => {})).toThrow("changes nothing");
  expect(() => votes.change((async () => {}) as () => void)).toThrow("asynchronously");
});

test("values give the latest to who is slow, changes give each", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const changes = votes.changes();
  const values = votes.values()[Symbol.asyncIterator]();
  expect((await values.next()).value).toBe(0);
  await rig.of(Promise.all([votes.increment(), votes.increment(), votes.increment()]));
  expect((await values.next()).value).toBe(3);
  const told: readonly Change<number>[] = await rig.of(firstOf(changes, 3));
  expect(told.map(({ value, author, keys }) => [value, author === rig.peer.author, keys])).toEqual([
    [1, true, [""]],
    [2, true, [""]],
    [3, true, [""]],
  ]);
});

test("a subscriber is told the value now and each later one, until it is not any more", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const told: number[] = [];
  const stop = votes.subscribe((value) => told.push(value));
  await rig.rest();
  await rig.of(Promise.resolve(votes.increment()));
  await rig.rest();
  stop();
  await rig.of(Promise.resolve(votes.increment()));
  await rig.rest();
  expect([told[0], told.at(-1)]).toEqual([0, 1]);
});

test("what is folded is kept with how far it came, and nothing is folded twice after a crash between the two", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.all([votes.increment(), votes.increment()]));
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  await rig.of(Promise.resolve(votes.increment()));
  // As it is on disk now: three events, and a view of two of them.
  const after = new PeerRig({ keys: rig.keys });
  const again = await votesOf(after);
  expect(again.value).toBe(3);
});

test("CORE-VAL-01 an event that the type has no meaning for is passed over, and told of, wherever it is folded", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const notices: SubjectNotice[] = [];
  void (async () => {
    for await (const notice of votes.control.notices()) notices.push(notice);
  })();
  await rig.of(Promise.resolve(votes.increment()));
  await rig.of(rig.peer.append(path, [{ kind: 43, payload: new Uint8Array(3) }]));
  await rig.of(Promise.resolve(votes.increment()));
  await rig.rest();
  expect(votes.value).toBe(2);
  expect(votes.quarantined()).toEqual([
    expect.objectContaining({ author: rig.peer.author, seq: 3, reason: expect.stringContaining("43") }),
  ]);
  expect(notices.map(({ kind }) => kind)).toContain("quarantined");
  const again = await votesOf(new PeerRig({ keys: rig.keys }));
  expect(again.quarantined()).toEqual(votes.quarantined());
});

test("events beside the operations change no value: data and control have buses of their own", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const heard = firstOf(votes.control.notices(), 2);
  await rig.of(Promise.resolve(votes.publish({ kind: 130, data: Uint8Array.of(7) })));
  await rig.of(Promise.resolve(votes.control.publish({ kind: 131, data: Uint8Array.of(8, 9) })));
  expect(await rig.of(heard)).toEqual([
    { kind: "created", author: rig.peer.author, type: "pn-counter" },
    { kind: "published", event: { kind: 131, data: Uint8Array.of(8, 9) }, record: expect.objectContaining({ kind: 60 }) },
  ]);
  expect(votes.value).toBe(0);
  expect(() => votes.control.publish({ kind: 5, data: new Uint8Array(0) })).toThrow("kind 5");
});

test("a subject is read through its lens by who names no type, and nobody has named one of a new subject", async () => {
  const rig = new PeerRig();
  expect(await rig.of(codeOf(rig.peer.subject(path)))).toBe("lens");
  const tags = await rig.of(rig.peer.subject(path, orSet(text)));
  await rig.of(Promise.resolve(tags.add("a")));
  const again = await rig.of(rig.peer.subject(path));
  expect([again.type, again.value]).toEqual(["or-set(text)", new Set(["a"])]);
  const other = await rig.of(rig.peer.subject(path, register(bytes)));
  const [created, mismatch] = await rig.of(firstOf(other.control.notices(), 2));
  expect(created).toMatchObject({ kind: "created", type: "or-set(text)" });
  expect(mismatch).toEqual({ kind: "lens mismatch", named: "or-set(text)", asked: "register(bytes)" });
});

test("who reads notices is told that the subject was made, and through another type, when that comes about", async () => {
  const rig = new PeerRig();
  const notices: SubjectNotice[] = [];
  const reading = async (from: AsyncIterable<SubjectNotice>) => {
    for await (const notice of from) notices.push(notice);
  };
  const other = await rig.of(rig.peer.subject(path, register(bytes)));
  void reading(other.control.notices());
  await rig.rest();
  expect(notices).toEqual([]);
  const tags = await rig.of(rig.peer.subject(path, orSet(text)));
  await rig.of(Promise.resolve(tags.add("a")));
  await rig.rest();
  const told = [
    { kind: "created", author: rig.peer.author, type: "or-set(text)" },
    { kind: "lens mismatch", named: "or-set(text)", asked: "register(bytes)" },
  ];
  expect(notices.filter(({ kind }) => kind !== "quarantined")).toEqual(told);
  await rig.of(Promise.resolve(tags.add("b")));
  await rig.rest();
  expect(notices.filter(({ kind }) => kind !== "quarantined")).toEqual(told);
});

test("changes that nobody takes are bounded by what they hold, and the reader is told", async () => {
  const rig = new PeerRig();
  const title = await rig.of(rig.peer.subject(path, register(text)));
  const changes = title.changes();
  // Each change has the value with it: so many of them are just more than may wait.
  const length = 1024 * 1024 - 1024;
  const count = changesWaitingBytesMax / (1024 * 1024) + 1;
  for (let index = 0; index < count; index++) await rig.of(Promise.resolve(title.set(String(index).padEnd(length, "x"))));
  const read: number[] = [];
  const reading = (async () => {
    for await (const { value } of changes) read.push(value?.length ?? 0);
  })();
  await expect(rig.of(reading)).rejects.toMatchObject({ code: "busy" });
  expect(read).toEqual(Array(count - 1).fill(length));
});

test("the value at a stamp is what the events up to there come to", async () => {
  const rig = new PeerRig();
  const title = await rig.of(rig.peer.subject(path, register(text)));
  const stamps: (readonly [number, number])[] = [];
  for (const word of ["one", "two", "three"]) {
    rig.hand.clock.advance(1_000);
    await rig.of(Promise.resolve(title.set(word)));
    const last = (await rig.records(path)).at(-1);
    stamps.push(last?.stamp ?? [0, 0]);
  }
  const values = await rig.of(Promise.all(stamps.map((stamp) => title.at(stamp))));
  expect(values).toEqual(["one", "two", "three"]);
  expect(await rig.of(title.at([1, 0]))).toBeUndefined();
});

test("what says more than numbers hold exactly is read through bigint", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.all([votes.increment(2n ** 62n), votes.increment(2n ** 62n)]));
  expect(() => votes.value).toThrow('pnCounter("bigint")');
  const exact = await rig.of(rig.peer.subject(path, pnCounter("bigint")));
  expect(exact.value).toBe(2n ** 63n);
});

test("a closed subject tells nothing any more, and ends what waits for it", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const values = firstOf(votes.values(), 5);
  await rig.of(votes.close());
  expect(await rig.of(values)).toEqual([0]);
  expect(() => votes.value).toThrow("closed");
  expect(() => votes.increment()).toThrow("closed");
});

test("of a subject that nobody has written to nothing is kept", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(votes.close());
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
  await rig.of(Promise.resolve((await votesOf(rig)).increment()));
  await rig.of(rig.peer.close());
  const again = new PeerRig({ keys: rig.keys });
  expect((await votesOf(again)).value).toBe(1);
  expect((await again.of(again.peer.audit())).problems).toEqual([]);
});

test("what is redacted counts no more", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.all([votes.increment(1), votes.increment(10), votes.increment(100)]));
  const events = await rig.records(path);
  const second = events.filter(({ kind }) => kind === 33)[1];
  await rig.of(rig.peer.redact(path, { seq: second?.seq ?? 0, epoch: 0 }));
  await rig.rest();
  expect(votes.value).toBe(101);
  const again = await votesOf(new PeerRig({ keys: rig.keys }));
  expect(again.value).toBe(101);
});

/** Its second operation, until the view that is folded anew for that is on its way to the disk. */
async function redactSecond(rig: PeerRig): Promise<void> {
  const second = (await rig.records(path)).filter(({ kind }) => kind === 33)[1];
  const redacted = rig.peer.redact(path, { seq: second?.seq ?? 0, epoch: 0 });
  await rig.step();
  rig.store.flush();
  await redacted;
  await rig.step();
}

test("a view that is to be folded anew stays where it is until the new one is on disk, whatever the disk does", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.all([votes.increment(1), votes.increment(10), votes.increment(100)]));
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  await redactSecond(rig);
  // What is on its way now is the new view, and for a while it will not be written.
  rig.store.fail(notWritten);
  rig.store.room = 0;
  for (let left = 6; left > 0; left--) {
    await rig.step();
    if (left === 3) rig.store.room = 2 ** 40;
    if (left <= 3) rig.hand.clock.advance(viewFlushMs);
    const crashed = new PeerRig({ keys: copyOf(rig.keys) });
    expect((await crashed.of(crashed.peer.audit())).problems).toEqual([]);
    expect((await votesOf(crashed)).value).toBe(101);
    rig.store.flush();
  }
  await rig.rest();
  expect(votes.value).toBe(101);
  expect(await rig.peer.describe()).toMatchObject({ views: [{ state: "current", pending: 0 }], cores: { view: { dropping: 0 } } });
});

test("nothing that was shown is missing while a view is taken up anew from the less that is on disk", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.all([votes.increment(1), votes.increment(10)]));
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  await rig.of(Promise.resolve(votes.increment(100)));
  await redactSecond(rig);
  const shown = new Set<number>();
  const stop = votes.subscribe((value) => void shown.add(value as number));
  // The view that was folded anew is on its way: the cores begin anew with the one before it, in which there are two operations.
  rig.store.fail(notWritten);
  for (let steps = 0; steps < 8; steps++) {
    shown.add(votes.value);
    await rig.step();
    rig.store.flush();
  }
  await rig.rest();
  stop();
  expect([votes.value, [...shown].filter((value) => value < 101)]).toEqual([101, []]);
});

test("an own write counts while the view is folded anew, also once it is acknowledged", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  const many = 8 * viewSliceEventsMax;
  await rig.of(Promise.all(Array.from({ length: many }, () => votes.increment())));
  const second = (await rig.records(path)).filter(({ kind }) => kind === 33)[1];
  const shown = new Set<number>();
  /** A little at a time: the new view is on its way for longer. */
  const pass = async (watched: { readonly state: string }) => {
    while (watched.state === "waiting") {
      rig.hand.scheduler.tick();
      await rig.promises();
      rig.store.flush();
      await rig.promises();
      shown.add(votes.value);
    }
  };
  await pass(watch(rig.peer.redact(path, { seq: second?.seq ?? 0, epoch: 0 })));
  shown.clear();
  await pass(watch(Promise.resolve(votes.increment(many))));
  expect(await rig.peer.describe()).toMatchObject({ views: [{ state: "folding" }] });
  await rig.rest();
  expect([votes.value, [...shown].filter((value) => value < 2 * many - 1)]).toEqual([2 * many - 1, []]);
});

test("a peer closes though its disk is full: what its views did not keep is folded again", async () => {
  const rig = new PeerRig();
  const votes = await votesOf(rig);
  await rig.of(Promise.resolve(votes.increment(3)));
  rig.store.room = 0;
  await rig.of(rig.peer.close());
  expect((await votesOf(new PeerRig({ keys: rig.keys }))).value).toBe(3);
});

test("a table is read, and what is redacted is folded anew, while the disk is full", async () => {
  const rig = new PeerRig();
  const rows = await rig.of(rig.peer.table(path, text));
  await rig.of(Promise.all([rows.put("a", "one"), rows.put("b", "two")]));
  const second = (await rig.records(path)).filter(({ kind }) => kind >= 30)[1];
  const redacted = rig.peer.redact(path, { seq: second?.seq ?? 0, epoch: 0 });
  await rig.step();
  rig.store.room = 0;
  await rig.of(redacted);
  expect(await rig.of(firstOf(rows.scan(), 2))).toEqual([["a", "one"]]);
  rig.store.room = 2 ** 40;
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  const again = new PeerRig({ keys: rig.keys });
  expect((await again.of(again.peer.table(path, text))).get("b")).toBeUndefined();
  expect(await again.peer.describe()).toMatchObject({ views: [{ since: 0, events: 4 }] });
});

test("what was written counts for all who read the subject, and is taken back for all of them where it fails", async () => {
  const rig = new PeerRig();
  const [one, other] = [await votesOf(rig), await votesOf(rig)];
  expect(other.value).toBe(0);
  const failing = one.increment(3);
  expect([one.value, other.value]).toEqual([3, 3]);
  const failed = codeOf(Promise.resolve(failing));
  await rig.step();
  rig.store.fail(notWritten);
  await rig.rest();
  expect([await failed, one.value, other.value]).toEqual(["internal", 0, 0]);
});
