import fc from "fast-check";
import { expect, test } from "vitest";
import { sendingRangeBytes } from "../bytes/limits.js";
import { hasher, network, pathOf } from "../feed/rig/feed-rig.suite.js";
import { text } from "../merge/element-codec.js";
import { orSet } from "../merge/or-set.js";
import { pnCounter } from "../merge/pn-counter.js";
import type { DescribedLink } from "../sync/peer-sync.js";
import { placeOfPath } from "../sync/scope.js";
import { mix32 } from "../sync/sketch-walk.js";
import { type Fate, LinkedPeers } from "./linked-peers.suite.js";
import { events } from "./peer-rig.suite.js";

// What the acceptance list asks of peers that sync, by its names: see docs/acceptance.md.

const numbered = (count: number, what = "event") => Array.from({ length: count }, (_, index) => `${what} ${index}`);

async function written(peers: LinkedPeers, index: number, subject: string, texts: readonly string[]): Promise<void> {
  await peers.rig(index).of(peers.peer(index).append(subject, events(...texts)));
}

const all = (peers: LinkedPeers) => peers.rigs.keys();

async function areEqual(peers: LinkedPeers, which: readonly number[] = [...all(peers)]): Promise<void> {
  const roots = await peers.roots();
  expect(new Set(which.map((index) => roots[index])).size).toBe(1);
}

/** Events of one author in a subject, as far as a peer holds them. */
function sizeAt(peers: LinkedPeers, index: number, subject: string): number {
  const { view } = peers.peer(index);
  const { subject: id } = placeOfPath(hasher, network, pathOf(subject));
  return Math.max(0, ...[...view.lanes(id)].map(({ number }) => view.head(number)?.size ?? 0));
}

function linkedAs(peers: LinkedPeers, shape: "line" | "ring"): void {
  const count = peers.rigs.length;
  for (let index = 0; index + 1 < count; index++) peers.link(index, index + 1);
  if (shape === "ring") peers.link(count - 1, 0);
}

async function linksOf(peers: LinkedPeers, index: number): Promise<readonly DescribedLink[]> {
  const { cores } = (await peers.rig(index).of(peers.peer(index).describe())) as unknown as {
    cores: { sync: { links: readonly DescribedLink[] } };
  };
  return cores.sync.links;
}

test("CORE-SV-01 what a peer holds of a feed only grows, whatever comes twice, late or not at all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom<Fate>("arrives", "is lost", "comes twice", "waits"), { minLength: 5 }), async (fates) => {
      const peers = new LinkedPeers(3, () => ({ knobs: { chunkBytes: 300, retransMs: 500, intervalMs: 1_000 } }));
      linkedAs(peers, "ring");
      let count = 0;
      const before = new Map<number, number>();
      peers.fate = () => {
        for (const index of all(peers)) {
          const size = sizeAt(peers, index, "team/log");
          expect(size).toBeGreaterThanOrEqual(before.get(index) ?? 0);
          before.set(index, size);
        }
        return fates[count++ % fates.length] as Fate;
      };
      for (let round = 0; round < 4; round++) {
        await written(peers, 0, "team/log", numbered(10));
        await peers.pass(1_000);
        await peers.release();
      }
      peers.fate = () => "arrives";
      await peers.pass(10_000);
      expect([...all(peers)].map((index) => sizeAt(peers, index, "team/log"))).toEqual([40, 40, 40]);
    }),
    { numRuns: 8 },
  );
});

test("CORE-SV-02 what is sent is what the other lacks and no more, in ranges of bounded length", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 16_384, intervalMs: 1e9 } }));
  await written(peers, 0, "team/log", numbered(2_000, "an event of some length, so that all of them are much"));
  peers.link(0, 1);
  await peers.rest();
  await areEqual(peers);
  peers.unlink(0, 1);
  await written(peers, 0, "team/log", numbered(10));
  const from = peers.carried.length;
  peers.link(0, 1);
  const done = peers.peer(1).sync(peers.id(0));
  await peers.rest();
  expect(await done).toMatchObject({ converged: true, received: 10, sent: 0 });
  const bodies = peers.carried.slice(from).filter(({ message: { kind } }) => kind === "chunk" || kind === "push");
  expect(bodies.reduce((sum, { frame }) => sum + frame.length, 0)).toBeLessThan(4_000);

  // Of much, each range can be taken in by itself.
  await written(peers, 0, "team/long", Array(160).fill("x".repeat(10_000)));
  const taken: number[] = [];
  peers.fate = () => {
    const size = sizeAt(peers, 1, "team/long");
    if (size > (taken.at(-1) ?? 0)) taken.push(size);
    return "arrives";
  };
  await peers.pass(5_000);
  expect(sizeAt(peers, 1, "team/long")).toBe(160);
  expect(taken.length).toBeGreaterThanOrEqual(Math.floor(1_600_000 / (2 * sendingRangeBytes)));
});

test("SYNC-EPOCH-01 what was said in an earlier life of a link changes nothing in a later one", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 400 } }));
  await written(peers, 0, "team/log", numbered(60));
  peers.fate = ({ message: { kind } }) => (kind === "chunk" || kind === "settled" ? "waits" : "arrives");
  peers.link(0, 1);
  await peers.pass(1_000);
  peers.unlink(0, 1);
  peers.fate = ({ message: { kind } }) => (kind === "want" ? "is lost" : "arrives");
  peers.link(0, 1);
  await peers.rest();
  const before = await peers.roots();
  expect(peers.said("chunk").length).toBeGreaterThan(0);
  expect((await linksOf(peers, 1))[0]?.receiving.streams).toBe(1);
  await peers.release();
  expect(await peers.roots()).toEqual(before);
  expect(peers.isLinked(0, 1)).toBe(true);
  peers.fate = () => "arrives";
  await peers.pass(5_000);
  await areEqual(peers);
  expect(sizeAt(peers, 1, "team/log")).toBe(60);
});

test("SYNC-FAIR-01 one feed of which much is missing does not keep others waiting", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 4_096, windowChunks: 4 } }));
  const small = Array.from({ length: 40 }, (_, index) => `team/small${index}`);
  await written(peers, 0, "team/huge", Array(150).fill("x".repeat(10_000)));
  for (const subject of small) await written(peers, 0, subject, numbered(3));
  let hugeThen: number | undefined;
  peers.fate = () => {
    if (hugeThen === undefined && small.every((subject) => sizeAt(peers, 1, subject) === 3)) hugeThen = sizeAt(peers, 1, "team/huge");
    return "arrives";
  };
  peers.link(0, 1);
  await peers.rest();
  await areEqual(peers);
  expect(hugeThen).toBeLessThan(75);
});

test("SYS-EC-01 ten peers in a line, of which each wrote, hold the same, and so do those that write on", async () => {
  const peers = new LinkedPeers(10);
  for (const index of all(peers)) await written(peers, index, `team/log${index % 3}`, numbered(5, `of ${index}`));
  linkedAs(peers, "line");
  await peers.pass(15_000);
  await areEqual(peers);
  for (const index of all(peers)) await written(peers, index, "team/more", [`more of ${index}`]);
  await peers.pass(1_000);
  await areEqual(peers);
  expect(new Set(await peers.rig(9).texts("team/more")).size).toBe(10);
});

async function tagsOf(peers: LinkedPeers, index: number) {
  return await peers.rig(index).of(peers.peer(index).subject("team/tags", orSet(text)));
}

/** Some are lost, some come twice, some come later than what was sent after them. */
async function inChaos(peers: LinkedPeers, work: (round: number) => Promise<void>, rounds: number, draw: () => number): Promise<void> {
  peers.fate = () => {
    const drawn = draw();
    return drawn < 0.1 ? "is lost" : drawn < 0.15 ? "comes twice" : drawn < 0.25 ? "waits" : "arrives";
  };
  for (let round = 0; round < rounds; round++) {
    await work(round);
    await peers.pass(1_000);
    await peers.release();
  }
}

test("SYS-CHAOS-01 ten peers hold the same though a tenth is lost, a twentieth comes twice and a tenth late", async () => {
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      let count = 0;
      const draw = () => mix32(seed + 0x9e37_79b9 * ++count) / 2 ** 32;
      const peers = new LinkedPeers(10, () => ({ knobs: { retransMs: 500, intervalMs: 2_000 } }));
      linkedAs(peers, "ring");
      const sets: Awaited<ReturnType<typeof tagsOf>>[] = [];
      for (const index of all(peers)) sets.push(await tagsOf(peers, index));
      const write = async (round: number) => {
        for (const index of all(peers)) await peers.rig(index).of(Promise.resolve(sets[index]?.add(`${round} of ${index}`)));
      };
      await inChaos(peers, write, 4, draw);
      // It goes on as it is; only writing ends.
      await inChaos(peers, async () => undefined, 12, draw);
      await areEqual(peers);
      const values = sets.map((set) => [...set.value].toSorted().join());
      expect(new Set(values).size).toBe(1);
      expect(sets[0]?.value.size).toBe(40);
    }),
    { numRuns: 1 },
  );
});

test("SYS-SV-01 what has come of a feed when the link breaks off is kept, and the rest alone is sent", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { chunkBytes: 16_384 } }));
  await written(peers, 0, "team/log", Array(240).fill("x".repeat(10_000)));
  let broken = 0;
  peers.fate = () => {
    if (broken === 0 && sizeAt(peers, 1, "team/log") >= 60) {
      broken = sizeAt(peers, 1, "team/log");
      peers.unlink(0, 1);
    }
    return "arrives";
  };
  peers.link(0, 1);
  await peers.rest();
  expect([sizeAt(peers, 1, "team/log") >= broken, broken >= 60 && broken < 240]).toEqual([true, true]);
  const kept = sizeAt(peers, 1, "team/log");
  const from = peers.carried.length;
  peers.link(0, 1);
  await peers.pass(5_000);
  await areEqual(peers);
  const again = peers.carried.slice(from).filter(({ message: { kind } }) => kind === "chunk");
  expect(again.reduce((sum, { frame }) => sum + frame.length, 0)).toBeLessThan((240 - kept + 1) * 10_500);
});

test("T14 what several wrote at once to one subject is all there after one exchange, and no event is sent to who has it", async () => {
  const peers = new LinkedPeers(3, () => ({ knobs: { intervalMs: 1e9 } }));
  peers.link(0, 1);
  await peers.rest();
  for (const round of [0, 1, 2]) for (const index of all(peers)) await written(peers, index, "team/log", [`${round} of ${index}`]);
  await peers.rest();
  peers.link(1, 2);
  const done = peers.peer(2).sync(peers.id(1));
  await peers.rest();
  expect(await done).toMatchObject({ converged: true, sent: 3, received: 6 });
  await areEqual(peers);
});

test("T15 two that show the same value by other events do not hold the same, and come to", async () => {
  const peers = new LinkedPeers(2);
  const votes = [];
  for (const index of [0, 1]) votes.push(await peers.rig(index).of(peers.peer(index).subject("team/votes", pnCounter())));
  for (const index of [0, 1]) await peers.rig(index).of(Promise.resolve(votes[index]?.increment(3)));
  expect(votes.map((each) => each.value)).toEqual([3, 3]);
  expect(new Set(await peers.roots()).size).toBe(2);
  peers.link(0, 1);
  await peers.rest();
  await areEqual(peers);
  expect(votes.map((each) => each.value)).toEqual([6, 6]);
});

test("T21 a session ends on both sides, whichever way it ended", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { intervalMs: 1e9 } }));
  await written(peers, 0, "team/log", numbered(5));
  peers.link(0, 1);
  await peers.rest();
  // Equal roots, something found, and a session that nobody answered.
  for (const ending of ["equal", "different", "unanswered"]) {
    if (ending === "different") {
      peers.fate = ({ message: { kind } }) => (kind === "push" || kind === "held" ? "is lost" : "arrives");
      await written(peers, 1, "team/log", ["another"]);
    }
    if (ending === "unanswered") peers.fate = ({ message: { kind } }) => (kind === "opened" ? "is lost" : "arrives");
    const done = peers.peer(0).sync(peers.id(1));
    await peers.pass(60_000);
    expect((await done).converged).toBe(ending !== "unanswered");
    // Who was not answered tries again before long.
    peers.fate = () => "arrives";
    await peers.pass(5_000);
    for (const index of [0, 1]) {
      const [link] = await linksOf(peers, index);
      expect(link).toMatchObject({
        asking: { phase: "resting" },
        wanted: 0,
        receiving: { streams: 0, taking: 0 },
        sending: { streams: 0 },
      });
    }
  }
});

test("T24 subjects whose paths begin alike, down to one being the beginning of another, are all found by descent", async () => {
  const peers = new LinkedPeers(2, () => ({ knobs: { reconciler: "descent" } }));
  const long = "x".repeat(60);
  const paths = ["t", "t/a", "t/aa", `t/${long}`, ...numbered(80, "t/a/a/a/a/a").map((path) => path.replace(" ", ""))];
  for (const [at, subject] of [...paths, "t/a/a", "t/a/a/a", "t/a/a/a/a"].entries()) await written(peers, at % 2, subject, ["here"]);
  peers.link(0, 1);
  await peers.rest();
  await areEqual(peers);
  for (const index of [0, 1]) expect((await peers.rig(index).of(peers.peer(index).status())).subjects).toHaveLength(paths.length + 3);
  // By hashes of paths: as many rounds as the tree is high, not as paths are long.
  expect(peers.said("ask").filter(({ ask }) => ask.kind === "branches").length).toBeLessThan(2 * paths.length);
});

test("T28 a ring of which one is gone is a line: all others still come to hold the same, both ways", async () => {
  const peers = new LinkedPeers(6);
  linkedAs(peers, "ring");
  await peers.rest();
  peers.unlink(2, 3);
  peers.unlink(3, 4);
  const left = [0, 1, 2, 4, 5];
  for (const index of left) await written(peers, index, `team/log${index}`, numbered(3));
  await peers.pass(1_000);
  await areEqual(peers, left);
  expect(await peers.rig(4).texts("team/log2")).toEqual(numbered(3));
});
