import { expect, test } from "vitest";
import type { Rig } from "../feed/rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, replica, writer } from "../feed/rig/forked-stores.suite.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import { exchanged, type Keep, later, link, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { defaultKnobs } from "./sync-vocabulary.js";

// What goes wrong with two that sync: losses, crashes, disks that take nothing in, and authors that forked.

type Two = readonly [one: SteppedPeer, other: SteppedPeer];
interface DescribedCore {
  readonly wanted: number;
  readonly arriving: number;
  readonly links: readonly { readonly syncs: string; readonly receiving: { readonly streams: number } }[];
}
const describedBy = (peer: SteppedPeer) => peer.describe() as unknown as DescribedCore;

function linked(one: SteppedPeer, other: SteppedPeer, keep?: Keep): Two {
  link(one, other);
  talk([one, other], keep);
  return [one, other];
}

function stores(one: Rig, other: Rig): Two {
  return [new SteppedPeer(2, { rig: one }), new SteppedPeer(3, { rig: other })];
}

function apart(): Two {
  const [one, other] = [new SteppedPeer(2), new SteppedPeer(3)];
  for (let at = 0; at < 5; at++) one.append(`w/a/${at}`, `one ${at}`);
  other.append("w/a/0", "other");
  return [one, other];
}

test("two that greet each other hold the same, and one exchange more says so", () => {
  const [one, other] = linked(...apart());
  expect(one.rows().length).toBe(6);
  expect(new Set(other.rows().map(({ headId }) => headId.join()))).toEqual(new Set(one.rows().map(({ headId }) => headId.join())));
  expect(exchanged(other, one)).toMatchObject({ converged: "yes", rounds: 1 });
});

test("whatever is lost the first time is said again", () => {
  const met = new Set<string>();
  const keep: Keep = ({ from, message: { kind } }) => {
    const isNew = !met.has(`${from.id} ${kind}`);
    met.add(`${from.id} ${kind}`);
    return isNew ? "lose" : "hand on";
  };
  const two = linked(...apart(), keep);
  const [one, other] = two;
  expect(other.rows().length).toBe(1);
  later(two, 60 * defaultKnobs.heartbeatMs, keep);
  one.append("w/b", "late");
  talk(two, keep);
  later(two, 20 * defaultKnobs.heartbeatMs, keep);
  expect(two.map((peer) => peer.rows().length)).toEqual([7, 7]);
  expect(two.map(describedBy)).toMatchObject([
    { wanted: 0, arriving: 0 },
    { wanted: 0, arriving: 0 },
  ]);
  expect(two.map(({ cut }) => cut)).toEqual([[], []]);
});

test("one that begins anew on a link is known by its greeting, and the two agree again", () => {
  const [one, other] = linked(...apart());
  one.anew();
  one.now += 1;
  one.step({ kind: "connected", peer: other.id, traits: plainTraits });
  one.append("w/a/1", "since");
  talk([one, other]);
  expect(exchanged(other, one)).toMatchObject({ converged: "yes" });
  expect(exchanged(one, other)).toMatchObject({ converged: "yes" });
  expect(other.rows().length).toBe(6);
});

test("what cannot be taken in leaves nothing on its way, and is taken in later", () => {
  const [one, other] = linked(new SteppedPeer(2), new SteppedPeer(3));
  other.taking = () => ({ kind: "failed", code: "disk-full", reason: "no room" });
  one.append("w/a", "x");
  talk([one, other]);
  later([one, other], 4 * defaultKnobs.heartbeatMs);
  expect(other.rows()).toEqual([]);
  expect(describedBy(other).arriving).toBe(0);
  other.taking = undefined;
  later([one, other], 20 * defaultKnobs.heartbeatMs);
  expect(other.rows().length).toBe(1);
});

test("while a disk is full nothing is asked for that it could not keep; once it has room, all comes", () => {
  const [one, other] = apart();
  other.disk = "full";
  other.taking = () => ({ kind: "failed", code: "disk-full", reason: "no room" });
  linked(one, other);
  const said = later([one, other], 3 * defaultKnobs.intervalMs);
  expect(said.filter(({ message: { kind } }) => kind === "want" || kind === "chunk")).toEqual([]);
  expect([one.rows().length, describedBy(other).wanted]).toEqual([6, 0]);
  expect(other.rows().length).toBe(1);
  other.disk = "roomy";
  other.taking = undefined;
  later([one, other], 2 * defaultKnobs.intervalMs);
  expect(other.rows().length).toBe(6);
});

test("a range behind one that was lost is nobody's fault: the link stays, and all comes again", () => {
  const [one, other] = [new SteppedPeer(2), new SteppedPeer(3)];
  // More than one range holds.
  for (let at = 0; at < 40; at++) one.append("w/a", `${at} ${"x".repeat(60_000)}`);
  // The disk fails while the first is written, and what is behind it comes before anybody has heard of that.
  const offered: Parameters<NonNullable<SteppedPeer["taking"]>>[0][] = [];
  other.taking = (notice) => {
    offered.push(notice);
    return "later";
  };
  const two = linked(one, other);
  other.taking = undefined;
  const [first, behind] = offered;
  if (first === undefined || behind === undefined) throw new Error("two ranges were to come");
  expect(other.take(behind.offer)).toMatchObject({ kind: "failed", code: "ahead" });
  other.took(first, { kind: "failed", code: "stopped", reason: "the disk cannot write" });
  for (const each of offered.slice(1)) other.took(each, other.take(each.offer));
  talk(two);
  later(two, 2 * defaultKnobs.intervalMs);
  expect(two.map(({ cut }) => cut)).toEqual([[], []]);
  expect(other.root()).toBe(one.root());
  expect(describedBy(other)).toMatchObject({ wanted: 0, arriving: 0, links: [{ receiving: { streams: 0 } }] });
});

test("two branches of one length are looked at, and their author is proven to have signed both", () => {
  const [first, second] = branches(4, { from: 3, more: 1 }) as [Rig, Rig];
  const [left, right] = [replica(2), replica(3)];
  linked(...stores(first, left));
  linked(...stores(second, right));
  const two = linked(...stores(left, right));
  later(two, 12 * defaultKnobs.heartbeatMs);
  for (const { rig } of two) expect(rig.view.head(rig.laneNumber("s", writer))?.freezeAt).toBe(4);
  expect(exchanged(...two)).toMatchObject({ converged: "yes" });
});

test.each([
  ["the last event that counts", 4],
  ["one long before that", 1],
])("a lane that is frozen, of which a third branch parts at %s, comes to be frozen there", (_, from) => {
  const [first, second, third] = branches(7, { from: 5, more: 2 }, { from, more: 6 - from }) as [Rig, Rig, Rig];
  const [left, right] = [replica(2), replica(3)];
  linked(...stores(first, left));
  linked(...stores(third, right));
  for (const rig of [left, right]) freeze(rig, forkBetween(first, second, 6));
  const two = linked(...stores(left, right));
  later(two, 20_000);
  for (const { rig } of two) expect(rig.view.head(rig.laneNumber("s", writer))?.freezeAt).toBe(from + 1);
  expect(exchanged(...two)).toMatchObject({ converged: "yes" });
});

test("the proof of a fork at the first event comes to who holds that event", () => {
  const [first, second] = branches(1, { from: 0, more: 1 }) as [Rig, Rig];
  const [left, right] = [replica(2), replica(3)];
  linked(...stores(first, left));
  linked(...stores(second, right));
  freeze(right, forkBetween(first, second, 1));
  const two = linked(...stores(left, right));
  expect(two[0].rows()).toEqual([]);
  expect(exchanged(...two)).toMatchObject({ converged: "yes" });
});

test("a peer that is paused says so to others and to who asks it, and goes on where it resumes", () => {
  const two = linked(...apart());
  const [one, other] = two;
  one.step({ kind: "commanded", command: { kind: "pause" } });
  talk(two);
  expect(exchanged(one, other)).toMatchObject({ converged: "no", reason: "this peer is paused" });
  expect(describedBy(other).links[0]?.syncs).toBe("no");
  other.append("w/c", "meanwhile");
  talk(two);
  expect(one.rows().length).toBe(6);
  one.step({ kind: "commanded", command: { kind: "resume" } });
  talk(two);
  expect(describedBy(other).links[0]?.syncs).toBe("yes");
  expect(one.rows().length).toBe(7);
});
