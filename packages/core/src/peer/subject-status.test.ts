import fc from "fast-check";
import { expect, test } from "vitest";
import { countedHead } from "../feed/lane/freeze.js";
import { hasher, network, pathOf } from "../feed/rig/feed-rig.suite.js";
import { text } from "../merge/element-codec.js";
import { orSet } from "../merge/or-set.js";
import { pnCounter } from "../merge/pn-counter.js";
import { placeOfPath } from "../sync/scope.js";
import { LinkedPeers } from "./linked-peers.suite.js";
import { events } from "./peer-rig.suite.js";
import type { SubjectStatus } from "./subject-api.js";

const path = "team/votes";

type Sets = readonly Awaited<ReturnType<typeof setAt>>[];

async function setAt(peers: LinkedPeers, index: number, subject: string) {
  return await peers.rig(index).of(peers.peer(index).subject(subject, orSet(text)));
}

async function votesOf(peers: LinkedPeers, index: number, subject = path) {
  return await peers.rig(index).of(peers.peer(index).subject(subject, pnCounter()));
}

/** How each of them says that it stands. */
async function states(peers: LinkedPeers, subjects: readonly { status(): Promise<SubjectStatus> }[]): Promise<string[]> {
  const told: string[] = [];
  for (const [index, subject] of subjects.entries()) told.push((await peers.rig(index).of(subject.status())).state);
  return told;
}

test("who has no links is alone; who has, compares first, and then is in sync", async () => {
  const peers = new LinkedPeers(2);
  const votes = [await votesOf(peers, 0), await votesOf(peers, 1)];
  expect(await states(peers, votes)).toEqual(["alone", "alone"]);
  peers.fate = ({ message }) => (message.kind === "opened" ? "waits" : "arrives");
  peers.link(0, 1);
  await peers.rest();
  expect(await states(peers, votes)).toEqual(["comparing", "in sync"].toSorted(() => (peers.id(0) < peers.id(1) ? 0 : -1)));
  peers.fate = () => "arrives";
  await peers.release();
  expect(await states(peers, votes)).toEqual(["in sync", "in sync"]);
});

test("a write is on its way to the others until each has said that it is on its disk", async () => {
  const peers = new LinkedPeers(3);
  const votes = await votesOf(peers, 0);
  peers.link(0, 1);
  peers.link(0, 2);
  await peers.rest();
  peers.fate = ({ message, from }) => (message.kind === "held" && from === 2 ? "waits" : "arrives");
  await peers.rig(0).of(Promise.resolve(votes.increment()));
  await peers.rest();
  expect(await peers.rig(0).of(votes.status())).toMatchObject({ state: "behind", behind: 0, ahead: 1 });
  expect((await peers.rig(0).of(peers.peer(0).status())).links).toMatchObject([
    { state: "in sync", ahead: 0 },
    { state: "behind", ahead: 1 },
  ]);
  peers.fate = () => "arrives";
  await peers.release();
  expect(await peers.rig(0).of(votes.status())).toMatchObject({ state: "in sync", ahead: 0, troubles: [] });
});

test("while a write is held by fewer peers than were asked for, it is not in sync; who calls off asks no more", async () => {
  const peers = new LinkedPeers(2);
  const votes = await votesOf(peers, 0);
  peers.link(0, 1);
  await peers.rest();
  const asking = new AbortController();
  const reached = votes.increment().reached(2, { signal: asking.signal });
  const refused = expect(reached).rejects.toMatchObject({ code: "aborted" });
  await peers.pass(1_000);
  expect(await peers.rig(0).of(votes.status())).toMatchObject({ state: "behind", ahead: 0, unreached: 1 });
  asking.abort();
  await refused;
  expect(await peers.rig(0).of(votes.status())).toMatchObject({ state: "in sync", unreached: 0 });
});

test("while one fetches what it lacks it says of how many feeds, and the other does not say that the two are in sync", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 512 } }));
  for (const who of [0, 1]) {
    const subject = `team/log${who}`;
    await peers.rig(who).of(peers.peer(who).append(subject, events(...Array.from({ length: 100 }, (_, at) => `event ${at}`))));
  }
  peers.fate = ({ message }) => (message.kind === "chunk" ? "waits" : "arrives");
  peers.link(0, 1);
  await peers.rest();
  const log = await votesOf(peers, 0, "team/log1");
  expect(await peers.rig(0).of(log.status())).toMatchObject({ state: "behind", behind: 1 });
  for (const who of [0, 1])
    expect((await peers.rig(who).of(peers.peer(who).status())).links).toMatchObject([{ state: "behind", behind: 1 }]);
  const own = await votesOf(peers, 0, "team/log0");
  expect((await peers.rig(0).of(own.status())).state).toBe("comparing");
  peers.fate = () => "arrives";
  await peers.release();
  await peers.pass(5_000);
  for (const who of [0, 1]) expect((await peers.rig(who).of(peers.peer(who).status())).links).toMatchObject([{ state: "in sync" }]);
});

const heldBack = [0, 1].flatMap((who) => (["open", "opened", "difference"] as const).map((kind) => ({ who, kind })));

test.each(heldBack)("what $who wrote while it was paused is in sync for neither as long as $kind does not come", async ({ who, kind }) => {
  const peers = new LinkedPeers(2);
  const votes = [await votesOf(peers, 0), await votesOf(peers, 1)];
  peers.link(0, 1);
  await peers.rest();
  peers.peer(who).pace("pause");
  await peers.rest();
  await peers.rig(who).of(Promise.resolve((votes[who] as (typeof votes)[number]).increment()));
  await peers.rest();
  peers.fate = ({ message }) => (message.kind === kind ? "waits" : "arrives");
  peers.peer(who).pace("resume");
  await peers.rest();
  expect(await states(peers, votes)).toEqual(["comparing", "comparing"]);
  peers.fate = () => "arrives";
  await peers.release();
  await peers.pass(5_000);
  expect(await states(peers, votes)).toEqual(["in sync", "in sync"]);
});

test("what was written by who heard nothing of the other for a while is in sync for neither before it is there", async () => {
  const peers = new LinkedPeers(2);
  const votes = [await votesOf(peers, 0), await votesOf(peers, 1)];
  peers.link(0, 1);
  await peers.rest();
  // The other hears all, and suspects nobody.
  peers.fate = ({ from }) => (from === 1 ? "is lost" : "arrives");
  await peers.pass(3_000);
  await peers.rig(0).of(Promise.resolve((votes[0] as (typeof votes)[number]).increment()));
  await peers.pass(1_000);
  expect(await peers.rig(0).of((votes[0] as (typeof votes)[number]).status())).toMatchObject({ troubles: [{ cause: "silent" }] });
  peers.fate = ({ message }) => (message.kind === "difference" ? "waits" : "arrives");
  await peers.pass(1_000);
  expect(await states(peers, votes)).toEqual(["comparing", "comparing"]);
  peers.fate = () => "arrives";
  await peers.release();
  await peers.pass(5_000);
  expect(await states(peers, votes)).toEqual(["in sync", "in sync"]);
});

test("what is written while roots are compared is not taken for compared", async () => {
  const peers = new LinkedPeers(2);
  const votes = await votesOf(peers, 0);
  peers.link(0, 1);
  await peers.rest();
  peers.fate = ({ message }) => (message.kind === "opened" ? "waits" : message.kind === "push" ? "is lost" : "arrives");
  const exchange = peers.peer(0).sync(peers.id(1));
  await peers.rest();
  peers.rig(0).hand.clock.advance(1);
  await peers.rig(0).of(Promise.resolve(votes.increment()));
  await peers.release();
  expect(await exchange).toMatchObject({ converged: true });
  expect(await peers.rig(0).of(votes.status())).toMatchObject({ state: "behind", ahead: 1 });
});

test("one that is not shared is stuck for that, also where another is in sync on the same link", async () => {
  const alpha = placeOfPath(hasher, network, pathOf("team/alpha"));
  const peers = new LinkedPeers(2, (index) => (index === 0 ? {} : { settings: { wishes: [alpha] } }));
  peers.link(0, 1);
  await peers.rest();
  const [shared, apart] = [await votesOf(peers, 0, "team/alpha"), await votesOf(peers, 0, "team/beta")];
  await peers.rig(0).of(Promise.resolve(shared.increment()));
  await peers.rig(0).of(Promise.resolve(apart.increment()));
  await peers.pass(1_000);
  expect((await peers.rig(0).of(shared.status())).state).toBe("in sync");
  expect(await peers.rig(0).of(apart.status())).toMatchObject({
    state: "stuck",
    troubles: [{ cause: "interest not mutual", peer: peers.id(1), fix: expect.stringContaining("--spaces") }],
  });
});

test("what is ours is told once, however many are linked", async () => {
  const peers = new LinkedPeers(3);
  peers.link(0, 1);
  peers.link(0, 2);
  await peers.rest();
  const votes = await votesOf(peers, 0);
  peers.peer(0).pace("pause");
  await peers.rest();
  const { troubles } = await peers.rig(0).of(votes.status());
  expect(troubles).toEqual([{ cause: "paused here", fix: "Resume it." }]);
});

/** Events of each feed of a subject. */
function sizes(peers: LinkedPeers, index: number, subject: string): Map<string, number> {
  const { view } = peers.peer(index);
  const id = view.subjectId(pathOf(subject));
  const lanes = id === undefined ? [] : [...view.lanes(id)];
  return new Map(lanes.map(({ number, author, epoch }) => [`${author} ${epoch.nonce}`, countedHead(view, hasher, number).size]));
}

test("whoever says that it is in sync has nothing that one of those who are linked does not have", async () => {
  const subjects = ["team/a", "team/b"] as const;
  const writes = fc.record({ kind: fc.constant("write"), who: fc.nat(2), subject: fc.constantFrom(...subjects) });
  const passes = fc.record({ kind: fc.constant("pass"), ms: fc.constantFrom(250, 1_000, 8_000) });
  const fates = fc.record({
    kind: fc.constant("fate"),
    of: fc.constantFrom("arrives", "is lost", "comes twice", "waits"),
    each: fc.integer({ min: 2, max: 5 }),
  });
  const paces = fc.record({ kind: fc.constant("pace"), who: fc.nat(2), pace: fc.constantFrom("pause", "resume") });
  const action = fc.oneof(writes, writes, passes, fates, paces);
  let times = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), async (actions) => {
      const peers = new LinkedPeers(3, () => ({ knobs: { retransMs: 500, intervalMs: 3_000 } }));
      const sets = await Promise.all(subjects.map((subject) => Promise.all([0, 1, 2].map((who) => setAt(peers, who, subject)))));
      const setOf = (at: number, who: number) => (sets[at] as Sets)[who] as Sets[number];
      peers.link(0, 1);
      peers.link(1, 2);
      let count = 0;
      for (const each of actions) {
        if ("subject" in each)
          await peers.rig(each.who).of(Promise.resolve(setOf(subjects.indexOf(each.subject), each.who).add(`${count++}`)));
        else if ("ms" in each) await peers.pass(each.ms);
        else if ("pace" in each) peers.peer(each.who).pace(each.pace as "pause");
        else peers.fate = () => (count++ % each.each === 0 ? (each.of as "arrives") : "arrives");
        for (const [at, subject] of subjects.entries()) {
          for (const who of [0, 1, 2]) {
            const { state } = await peers.rig(who).of(setOf(at, who).status());
            if (state !== "in sync") continue;
            times++;
            for (const other of [0, 1, 2].filter((each) => peers.isLinked(who, each)))
              for (const [lane, size] of sizes(peers, who, subject))
                expect(sizes(peers, other, subject).get(lane) ?? 0).toBeGreaterThanOrEqual(size);
          }
        }
      }
      peers.fate = () => "arrives";
      for (const who of [0, 1, 2]) peers.peer(who).pace("resume");
      await peers.pass(20_000);
      for (const set of sets) expect(await states(peers, set)).toEqual(["in sync", "in sync", "in sync"]);
    }),
    { numRuns: 15 },
  );
  expect(times).toBeGreaterThan(20);
});

test("who only gives does not say that something is wrong while the other fetches", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 512 } }));
  await peers.rig(1).of(peers.peer(1).append("team/log", events(...Array.from({ length: 100 }, (_, at) => `event ${at}`))));
  peers.fate = ({ message }) => (message.kind === "chunk" ? "waits" : "arrives");
  peers.link(0, 1);
  await peers.rest();
  expect((await peers.rig(1).of(peers.peer(1).status())).links).toMatchObject([{ state: "comparing" }]);
});
