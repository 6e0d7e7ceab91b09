import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { auditFindingsMax } from "../bytes/limits.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { blockKey } from "../store/keys.js";
import { codeOf, copyOf, events, keysWithAuthors, notWritten, PeerRig, unknown, watch } from "./peer-rig.suite.js";

const subject = "team/notes";

test("feeds: a row for each lane, of one subject or of all", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 2), author: 1, instance: 7 });
  expect(await rig.of(rig.peer.feeds("team/none"))).toEqual([]);
  await rig.append(subject, "a", "b");
  const last = await rig.append("team/notes2", "c");
  const all = await rig.of(rig.peer.feeds());
  expect(all.map((row) => [row.subject, row.size])).toEqual(
    expect.arrayContaining([
      [subject, 1],
      [subject, 1],
      [subject, 2],
      ["team/notes2", 1],
    ]),
  );
  expect(all.length).toBe(4);
  expect((await rig.of(rig.peer.feeds(subject))).length).toBe(3);
  const [row] = await rig.of(rig.peer.feeds("team/notes2"));
  const [event] = await rig.records("team/notes2");
  expect(row).toEqual({
    subject: "team/notes2",
    author: rig.peer.author,
    epoch: 0,
    nonce: "07".repeat(16),
    size: 1,
    hybridSize: 0,
    head: last.id(0),
    stamp: event?.stamp,
  });
  expect(await codeOf(rig.peer.feeds("../.."))).toBe("invalid-path");
});

test("status: who this is, what it holds", async () => {
  const rig = new PeerRig();
  const before = await rig.of(rig.peer.status());
  expect(before).toEqual({
    peer: "ab".repeat(32),
    author: rig.peer.author,
    network: "rig",
    root: "00".repeat(32),
    subjects: [],
    links: [],
    forks: 0,
    disk: "roomy",
  });
  await rig.append(subject, "a", "b");
  await rig.append("another", "c");
  const { root, subjects } = await rig.of(rig.peer.status());
  expect(subjects).toEqual([
    { path: "another", events: 1 },
    { path: subject, events: 2 },
  ]);
  expect(root).not.toBe(before.root);
});

test("equal roots: the same feeds to the same heads", async () => {
  const keys = keysWithAuthors(subject, 5);
  const [one, two] = [new PeerRig({ keys: copyOf(keys), author: 20 }), new PeerRig({ keys: copyOf(keys), author: 30, instance: 3 })];
  const root = async (rig: PeerRig) => (await rig.of(rig.peer.status())).root;
  const common = await root(one);
  expect(await root(two)).toBe(common);
  await one.append(subject, "only here");
  const grown = await root(one);
  expect([grown === common, await root(two)]).toEqual([false, common]);
  expect(await root(one)).toBe(grown);
  // The same after the cores have begun anew on the same store.
  const reopened = new PeerRig({ keys: one.keys, author: 20 });
  expect(await root(reopened)).toBe(grown);
  await reopened.append(subject, "more");
  expect(await root(reopened)).not.toBe(grown);
});

test("status takes in more changes than go into one turn", async () => {
  const rig = new PeerRig();
  await rig.of(Promise.all(Array.from({ length: 200 }, (_, index) => rig.peer.append(`many/${index}`, events("x")))));
  const statuses = await rig.of(Promise.all([rig.peer.status(), rig.peer.status()]));
  expect(statuses.map(({ subjects }) => subjects.length)).toEqual([200, 200]);
  expect(rig.peer.view.changedLanes(1)).toEqual([]);
  expect(rig.peer.view.frontier()?.rows).toBe(200);
});

test("a status that waits over several turns survives a failure of the store in between", async () => {
  const rig = new PeerRig();
  await rig.of(Promise.all(Array.from({ length: 200 }, (_, index) => rig.peer.append(`many/${index}`, events("x")))));
  const status = watch(rig.peer.status());
  await rig.promises();
  rig.hand.scheduler.settle();
  rig.store.flush();
  const append = codeOf(rig.peer.append(subject, events("lost")));
  rig.hand.scheduler.settle();
  expect([status.state, rig.store.commits.length > 0]).toEqual(["waiting", true]);
  rig.store.fail(notWritten);
  await rig.rest();
  expect([await append, status.error, status.value?.subjects.length]).toEqual(["internal", undefined, 200]);
});

test("what changes is taken into the frontier by itself, also after a failure of the store", async () => {
  const rig = new PeerRig();
  const takenIn = async () => {
    await rig.rest();
    rig.hand.clock.advance(1000);
    await rig.rest();
    return rig.peer.view.changedLanes(1).length === 0;
  };
  await rig.append(subject, "one");
  expect([rig.peer.view.changedLanes(1), await takenIn()]).toEqual([[0], true]);
  for (const [failure, found] of [
    [notWritten, "not found"],
    [unknown, "found"],
  ] as const) {
    await rig.append(subject, "two");
    const failing = codeOf(rig.peer.append(subject, events("maybe")));
    rig.hand.clock.advance(1000);
    await rig.step();
    rig.store.fail(failure, found);
    await failing;
    expect(await takenIn()).toBe(true);
    await rig.append(subject, "three");
    expect([rig.peer.view.changedLanes(1), await takenIn()]).toEqual([[0], true]);
  }
});

test("a lane is read by its number, with proofs", async () => {
  const rig = new PeerRig();
  const receipt = await rig.append(subject, "a", "b", "c");
  const reader = rig.peer.lane(0);
  const proof = reader.prove(2);
  expect([reader.size, reader.seqAt({ wallMs: 0, counter: 0 }), toHex(proof?.id ?? new Uint8Array(0))]).toEqual([3, 1, receipt.id(1)]);
});

test("describe says how the driver and its cores are", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "x");
  expect(await rig.peer.describe()).toMatchObject({
    state: "running",
    unflushed: 0,
    waiting: { control: 0, local: 0, bulk: 0, again: 0 },
    quarantine: { kept: [], total: 0 },
    cores: { feed: { open: 1, appended: 1 }, frontier: { waiting: 0 } },
  });
  expect(JSON.parse(JSON.stringify(await rig.peer.describe()))).toEqual(await rig.peer.describe());
});

test("an audit of a sound store finds nothing, and counts all", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 3) });
  await rig.append(subject, "a", "b");
  await rig.of(rig.peer.status());
  expect(await rig.of(rig.peer.audit())).toEqual({ ok: true, events: 5, feeds: 4, views: 0, problems: [] });
});

test("an audit says what is wrong and where, and no more than a page of it", async () => {
  const rig = new PeerRig();
  await rig.append(subject, ...Array.from({ length: 50 }, (_, index) => `event ${index}`));
  const key = blockKey(0, 1);
  const spoilt = (rig.keys.get(key) as Uint8Array).slice();
  spoilt[spoilt.length - 1]! ^= 1;
  rig.keys.put(key, spoilt);
  const { ok, problems } = await rig.of(rig.peer.audit());
  expect(ok).toBe(false);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.length).toBeLessThanOrEqual(auditFindingsMax);
  for (const problem of problems)
    expect(problem).toEqual({ what: expect.any(String), where: expect.any(String), detail: expect.any(String) });
});

/** One whose clock moves on with each look, so that an audit of little pauses often. */
async function audited(): Promise<PeerRig> {
  const writer = new Rig();
  for (let index = 0; index < 20; index++) writer.append(`many/${index}`, parts("x"), parts("y"));
  const rig = new PeerRig({ keys: writer.keys });
  rig.hand.clock.stepMs = 3;
  return rig;
}

test("an audit gives the rest a turn, and says how far it is", async () => {
  const rig = await audited();
  const done: number[] = [];
  const audit = watch(rig.peer.audit({ progress: ({ events: count }) => done.push(count) }));
  await rig.promises();
  expect([audit.state, done.length]).toEqual(["waiting", 1]);
  // An append meanwhile is neither held up nor found fault with.
  expect((await rig.append(subject, "meanwhile")).seq(0)).toBe(1);
  await rig.rest();
  expect(audit.value).toMatchObject({ ok: true, problems: [] });
  expect(done).toEqual(done.toSorted((left, right) => left - right));
  expect([done.length > 5, (done.at(-1) ?? 0) > 0]).toEqual([true, true]);
});

test("an audit that has paused goes on for another while before it pauses again", async () => {
  const rig = await audited();
  let told = 0;
  const progress = () => {
    told++;
    rig.hand.clock.stepMs = 0;
  };
  expect((await rig.of(rig.peer.audit({ progress }))).ok).toBe(true);
  expect(told).toBe(1);
});

test("an audit is called off before, or on the way", async () => {
  const rig = await audited();
  expect(await codeOf(rig.peer.audit({ signal: AbortSignal.abort() }))).toBe("aborted");
  const stop = new AbortController();
  let told = 0;
  const progress = () => void (++told === 2 && stop.abort());
  const audit = codeOf(rig.peer.audit({ signal: stop.signal, progress }));
  await rig.rest();
  expect([await audit, told]).toEqual(["aborted", 2]);
});
