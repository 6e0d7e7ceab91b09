import { expect, test } from "vitest";
import { offeredRange } from "../feed/range/offered-range.js";
import { hasher, network, pathOf } from "../feed/rig/feed-rig.suite.js";
import { pnCounter } from "../merge/pn-counter.js";
import { reconcilers } from "../sync/messages.js";
import { placeOfPath } from "../sync/scope.js";
import { LinkedPeers } from "./linked-peers.suite.js";
import { events } from "./peer-rig.suite.js";

const path = "team/alpha/log";

async function filled(peers: LinkedPeers, index: number, texts: readonly string[], subject = path): Promise<void> {
  await peers.rig(index).of(peers.peer(index).append(subject, events(...texts)));
}

const numbered = (count: number, what = "event") => Array.from({ length: count }, (_, index) => `${what} ${index}`);

async function texts(peers: LinkedPeers, index: number, subject = path): Promise<string[]> {
  return await peers.rig(index).texts(subject);
}

test("two that hold different things hold the same after one exchange, begun by either", async () => {
  for (const who of [0, 1] as const) {
    const peers = new LinkedPeers(2, () => ({ knobs: { intervalMs: 1e9 } }));
    await filled(peers, 0, numbered(40, "of the first"));
    await filled(peers, 1, numbered(30, "of the second"), "team/beta");
    peers.link(0, 1);
    const done = peers.peer(who).sync(peers.id(1 - who));
    await peers.rest();
    expect(await done).toMatchObject({ converged: true, sent: who === 0 ? 40 : 30, received: who === 0 ? 30 : 40 });
    expect(new Set(await peers.roots()).size).toBe(1);
    expect(await texts(peers, 1)).toEqual(numbered(40, "of the first"));
    expect(await texts(peers, 0, "team/beta")).toEqual(numbered(30, "of the second"));
  }
});

test.each(reconcilers)("the same by %s alone", async (reconciler) => {
  const peers = new LinkedPeers(2, () => ({ knobs: { reconciler } }));
  for (let subject = 0; subject < 20; subject++) {
    await filled(peers, subject % 2, numbered(1 + subject), `team/s${subject}`);
    await filled(peers, 0, ["both"], `both/s${subject}`);
  }
  peers.link(0, 1);
  await peers.rest();
  expect(new Set(await peers.roots()).size).toBe(1);
});

test("A and C never meet, and hold the same by B", async () => {
  const peers = new LinkedPeers(3);
  await filled(peers, 0, ["from A"]);
  await filled(peers, 2, ["from C"], "team/gamma");
  peers.link(0, 1);
  peers.link(1, 2);
  await peers.rest();
  expect(new Set(await peers.roots()).size).toBe(1);
  await filled(peers, 0, ["later"]);
  await peers.rest();
  expect(await texts(peers, 2)).toEqual(["from A", "later"]);
});

test("SYNC-FC-01 a stream has no more under way than its window, and only what is missing is sent again", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 256, windowChunks: 4 } }));
  await filled(peers, 0, numbered(200, "an event of some length, so that it takes many pieces"));
  let lost = 0;
  peers.fate = ({ message }) => {
    if (message.kind !== "chunk" || message.seq !== 5 || lost > 0) return "arrives";
    lost++;
    return "is lost";
  };
  peers.link(0, 1);
  await peers.rest();
  expect(lost).toBe(1);
  expect(await texts(peers, 1)).toHaveLength(200);
  const chunks = peers.said("chunk");
  const again = chunks.length - new Set(chunks.map(({ stream, seq }) => `${stream} ${seq}`)).size;
  expect(again).toBe(1);
  expect(peers.said("nack")).toMatchObject([{ seq: 5 }]);
});

test("TR-FRAME-01 a piece that was damaged on the way is refused, changes nothing, and comes again", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 512 } }));
  await filled(peers, 0, numbered(50, "some text to be damaged"));
  let damaged = 0;
  peers.fate = (carried) => {
    if (carried.message.kind === "chunk" && carried.message.seq === 1 && damaged === 0) {
      damaged++;
      (carried.frame as Uint8Array)[carried.frame.length - 1] ^= 1;
    }
    return "arrives";
  };
  peers.link(0, 1);
  await peers.rest();
  expect(damaged).toBe(1);
  expect(peers.said("nack")[0]).toMatchObject({ seq: 1, reason: "damaged" });
  expect(await texts(peers, 1)).toEqual(numbered(50, "some text to be damaged"));
  expect(peers.isLinked(0, 1)).toBe(true);
});

test("SYS-BDS-01 both begin at once", async () => {
  const peers = new LinkedPeers(2);
  await filled(peers, 0, numbered(5));
  await filled(peers, 1, numbered(5), "team/beta");
  peers.link(0, 1);
  await peers.rest();
  for (const index of [0, 1]) await filled(peers, index, ["more"], `team/more${index}`);
  await peers.pass(30_000);
  expect(new Set(await peers.roots()).size).toBe(1);
});

test("T23 an event larger than a piece, and than a frame, comes in pieces", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 4_096 } }));
  await filled(peers, 0, ["x".repeat(3_000_000)]);
  peers.link(0, 1);
  await peers.rest();
  expect((await texts(peers, 1))[0]?.length).toBe(3_000_000);
});

test("T20 a peer that falls silent is suspected, and nothing is begun with it until it is heard of", async () => {
  const peers = new LinkedPeers(2);
  peers.link(0, 1);
  await peers.rest();
  peers.fate = () => "is lost";
  await peers.pass(3_000);
  const link = async () => {
    const { cores } = (await peers.rig(0).of(peers.peer(0).describe())) as { cores: { sync: { links: { standing: string }[] } } };
    return cores.sync.links[0]?.standing;
  };
  expect(await link()).toBe("suspect");
  const before = peers.said("open").length;
  await peers.pass(10_000);
  expect(peers.said("open").length).toBe(before);
  await filled(peers, 1, ["while nobody heard"]);
  peers.fate = () => "arrives";
  await peers.pass(4_000);
  expect(await link()).toBe("healthy");
  expect(await texts(peers, 0)).toEqual(["while nobody heard"]);
});

test("T22 all messages coming twice, and every fifth lost, make no difference to what is held", async () => {
  const peers = new LinkedPeers(3, () => ({ knobs: { chunkBytes: 300, windowChunks: 3, retransMs: 500 } }));
  let count = 0;
  peers.fate = () => (count++ % 5 === 4 ? "is lost" : "comes twice");
  for (let index = 0; index < 3; index++) await filled(peers, index, numbered(30, `of ${index}`), `team/s${index}`);
  peers.link(0, 1);
  peers.link(1, 2);
  await peers.pass(120_000);
  expect(new Set(await peers.roots()).size).toBe(1);
});

test("a write has reached others once they say that it is on their disks, and not before", async () => {
  const peers = new LinkedPeers(3);
  peers.link(0, 1);
  peers.link(0, 2);
  await peers.rest();
  const votes = await peers.rig(0).of(peers.peer(0).subject("team/votes", pnCounter()));
  peers.fate = ({ message }) => (message.kind === "held" ? "waits" : "arrives");
  const write = votes.increment(1);
  let reached = 0;
  void write.reached(1).then(() => reached++);
  void write.reached(2).then(() => reached++);
  await peers.rest();
  expect(reached).toBe(0);
  peers.fate = () => "arrives";
  await peers.release();
  await peers.pass(5_000);
  expect(reached).toBe(2);
});

test("idle, two that hold the same say less than a hundred bytes a round", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { heartbeatMs: 1e6, suspectMs: 1e7 } }));
  await filled(peers, 0, numbered(100));
  peers.link(0, 1);
  await peers.pass(20_000);
  const from = peers.carried.length;
  await peers.pass(7_000);
  const round = peers.carried.slice(from);
  expect(round.map(({ message }) => message.kind)).toEqual(["open", "opened"]);
  expect(round.reduce((sum, { frame }) => sum + frame.length, 0)).toBeLessThanOrEqual(100);
});

test("a payload that comes over a link counts in the value at once", async () => {
  const peers = new LinkedPeers(2);
  const votes = [];
  for (const index of [0, 1]) votes.push(await peers.rig(index).of(peers.peer(index).subject("team/votes", pnCounter())));
  for (let count = 0; count < 2; count++) await peers.rig(0).of(Promise.resolve(votes[0]?.increment()));
  const { view } = peers.peer(0);
  const [lane] = [...view.lanes(placeOfPath(hasher, network, pathOf("team/votes")).subject)];
  const offer = offeredRange(view, hasher, { lane: lane?.number ?? 0, from: 1, bytes: 1e9, without: (seq) => seq === 3 });
  await peers.rig(1).of(peers.peer(1).take(offer as NonNullable<typeof offer>));
  await peers.pass(1_000);
  expect([votes[1]?.value, votes[1]?.progress.state]).toEqual([1, "waiting"]);
  peers.link(0, 1);
  await peers.pass(5_000);
  expect([votes[1]?.value, votes[1]?.progress.state]).toEqual([2, "current"]);
});
