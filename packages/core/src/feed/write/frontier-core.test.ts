import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { frontierRowsPerTurnMax } from "../../bytes/limits.js";
import { spaceId, subjectId } from "../../identity/ids.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { branchPath } from "../../proof/trie-digits.js";
import { naiveTrie } from "../../proof/trie-oracle.suite.js";
import { headKey, metaKey, tableRange, trieKey } from "../../store/keys.js";
import { hasher, laneIdOf, network, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { joined, u64 } from "../rig/naive-lane.suite.js";
import { frontierProtocol } from "./frontier-core.js";

/** All rows of a store by the specification, and the trie over them from scratch. */
function rootOf(rig: Rig): { readonly root: string; readonly rows: number } {
  const rows = new Map<string, string>();
  for (const { path, id } of rig.view.subjects()) {
    for (const { number, author, epoch } of rig.view.lanes(id)) {
      const head = rig.view.head(number);
      if (head === undefined) throw new Error("no head");
      const lane = laneIdOf(author, path, epoch);
      const row = referenceHasher.hash("sinter 1 row", joined(lane, u64(head.size), head.headId, u64(0)));
      const space = spaceId(referenceHasher, network, path);
      rows.set(toHex(joined(space, subjectId(referenceHasher, network, path), lane)), toHex(row));
    }
  }
  return { root: naiveTrie(hasher, rows).root, rows: rows.size };
}

function expectSettled(rig: Rig): void {
  const { root, rows } = rig.settle();
  expect({ root: toHex(root), rows }).toEqual(rootOf(rig));
  expect(rig.view.changedLanes(1)).toEqual([]);
  const summary = rig.view.frontier();
  if (rows > 0) expect({ root: toHex(summary?.root as Uint8Array), rows: summary?.rows }).toEqual(rootOf(rig));
}

test("the root of a store without feeds is that of no rows", () => {
  const rig = new Rig();
  const turn = rig.frontier({ kind: "settle", token: 7 });
  expect(turn.notices).toEqual([{ kind: "settled", token: 7, root: new Uint8Array(32), rows: 0 }, { kind: "clean" }]);
  expect(turn.batch).toEqual([]);
});

test("whatever was written in whatever order, the root is that of a trie made from scratch", () => {
  const anyPath = fc.constantFrom("a", "b", "a/b", "a/b/c", "a/b/d", "a/c", "w/x/1", "w/x/2", "w/y");
  const anyStep = fc.record({
    paths: fc.array(anyPath, { maxLength: 6 }),
    next: fc.constantFrom("settle", "expire", "restart", "nothing", "lose"),
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      const rig = new Rig();
      for (const { paths, next } of steps) {
        rig.feed(...paths.map((path) => rig.command(path, parts("x")))).commit();
        if (next === "settle") expectSettled(rig);
        if (next === "expire") rig.frontier("expired").commit();
        if (next === "lose") rig.frontier("expired");
        if (next === "lose" || next === "restart") rig.start();
      }
      expectSettled(rig);
    }),
    { numRuns: 60 },
  );
});

test("epochs of several instances and authors are rows of their own", () => {
  const first = new Rig();
  first.append("s/t", parts("1"));
  for (const [author, instance] of [
    [1, 2],
    [2, 1],
    [3, 9],
  ]) {
    const rig = new Rig({ keys: first.keys, author, instance });
    rig.append("s/t", parts("2"));
    expectSettled(rig);
  }
  expect(rootOf(first).rows).toBe(4);
});

/** Many lanes, none of them taken in yet. */
function wide(lanes: number): Rig {
  const rig = new Rig();
  rig.feed(...Array.from({ length: lanes }, (_, at) => rig.command(`w/${at}`, parts("x")))).commit();
  return rig;
}

test("marks are taken so many a turn, and who asked is answered after the last of them", () => {
  const rig = wide(2 * frontierRowsPerTurnMax + 1);
  const taken: number[] = [];
  let turn = rig.frontier({ kind: "settle", token: 5 });
  for (; !turn.notices.some(({ kind }) => kind === "settled"); turn = rig.frontier("expired")) {
    expect(turn.notices).toEqual([]);
    expect(turn.effects.filter(({ kind }) => kind === "schedule")).toEqual([{ kind: "schedule", timer: "refresh", delayMs: 0 }]);
    taken.push(turn.writes.filter(({ kind }) => kind === "taken").length);
    turn.commit();
  }
  turn.commit();
  taken.push(turn.writes.filter(({ kind }) => kind === "taken").length);
  expect(taken).toEqual([frontierRowsPerTurnMax, frontierRowsPerTurnMax, 1]);
  expect(turn.notices.map(({ kind }) => kind)).toEqual(["settled", "clean"]);
  expect(rig.describe("frontier")).toEqual({ waiting: 0, scheduled: false, taken: 2 * frontierRowsPerTurnMax + 1 });
  expectSettled(rig);
});

test("exactly as many marks as a turn takes: the next turn says that nothing is left", () => {
  const rig = wide(frontierRowsPerTurnMax);
  rig.frontier("expired").commit();
  const turn = rig.frontier("expired");
  expect(turn.notices).toEqual([{ kind: "clean" }]);
});

test("rows, summary and the marks taken are one write", () => {
  const rig = wide(3);
  const before = rig.keys.snapshot();
  const turn = rig.frontier("expired");
  expect(turn.writes.map(({ kind }) => kind).sort()).toEqual(["node", "summary", "taken", "taken", "taken"]);
  rig.keys.restore(before);
  rig.start();
  expect(rig.view.changedLanes(10)).toEqual([0, 1, 2]);
  expectSettled(rig);
});

test("a core made anew says so, and looks before long for what it was to take in", () => {
  const rig = wide(2);
  const notices = rig.start();
  expect(notices).toEqual([{ kind: "begun" }]);
  expect(rig.scheduled).toBe(true);
  rig.frontier("expired").commit();
  const { root, rows } = rootOf(rig);
  expect([toHex(rig.view.frontier()?.root as Uint8Array), rig.view.frontier()?.rows]).toEqual([root, rows]);
});

test("told of a change it waits a while, once; then it says that it is clean", () => {
  const rig = wide(1);
  rig.frontier("expired").commit();
  rig.append("w/0", parts("y"));
  const told = rig.frontier({ kind: "changed" });
  expect(told.effects.map(({ kind }) => kind)).toEqual(["schedule"]);
  expect(rig.frontier({ kind: "changed" }).effects).toEqual([]);
  const turn = rig.frontier("expired");
  turn.commit();
  expect(turn.notices).toEqual([{ kind: "clean" }]);
  expectSettled(rig);
});

test("a lane that changes again while its row is on the way to the disk is taken in again", () => {
  const rig = wide(1);
  const taking = rig.frontier("expired");
  const writing = rig.feed(rig.command("w/0", parts("later")));
  expect(writing.writes.some(({ kind }) => kind === "changed")).toBe(true);
  taking.commit();
  writing.commit();
  expect(rig.view.changedLanes(10)).toEqual([0]);
  expectSettled(rig);
});

test("on a full disk rows wait, but not for who asks for the root", () => {
  const rig = wide(2);
  rig.disk = "full";
  const waits = rig.frontier("expired");
  expect(waits.effects).toEqual([{ kind: "schedule", timer: "refresh", delayMs: 250 }]);
  const asked = rig.frontier({ kind: "settle", token: 1 });
  expect(asked.notices.map(({ kind }) => kind)).toEqual(["settled", "clean"]);
  asked.commit();
  rig.disk = "roomy";
  rig.frontier("expired").commit();
  expectSettled(rig);
});

const damage: readonly (readonly [what: string, words: RegExp, hurt: (rig: Rig) => void])[] = [
  ["a head", /lane 1/, (rig) => rig.keys.remove(headKey(1))],
  ["the summary", /summary/, (rig) => rig.keys.put(metaKey("frontier"), Uint8Array.of(1))],
  ["the trie", /depth 0/, (rig) => rig.keys.put(trieKey(branchPath(new Uint8Array(1), 0)), Uint8Array.of(1))],
];

test.each(damage)("where %s is damaged it says so to who asks, writes nothing, and goes on", (_what, words, hurt) => {
  const rig = wide(3);
  rig.frontier("expired").commit();
  rig.append("w/1", parts("y"));
  const whole = rig.keys.snapshot();
  hurt(rig);
  rig.start();
  expect(rig.frontier("expired").effects).toEqual([]);
  const turn = rig.frontier({ kind: "settle", token: 3 });
  expect(turn.batch).toEqual([]);
  expect(turn.notices).toEqual([{ kind: "unsettled", token: 3, reason: expect.stringMatching(words) }]);
  rig.keys.restore(whole);
  expectSettled(rig);
});

test("another fault is no damage, and is not taken for it", () => {
  const rig = wide(1);
  const protocol = frontierProtocol({ hasher: { ...hasher, hash: () => new Uint8Array(31) }, network });
  const { view } = protocol.open(rig.keys);
  const around = { view, disk: "roomy", now: 0, wallMs: 0, turn: 1, random: undefined } as never;
  expect(() => protocol.create().step({ kind: "expired", timer: "refresh" }, around)).toThrow();
});

test("a row's place is its space, its subject and its lane", () => {
  const rig = wide(1);
  expectSettled(rig);
  const [[, node]] = [...rig.keys.range(tableRange("trie"))];
  const lane = laneIdOf(rig.author, "w/0", { index: 0, nonce: rig.instance });
  const key = joined(spaceId(hasher, network, pathOf("w/0")), subjectId(hasher, network, pathOf("w/0")), lane);
  expect(toHex(node.subarray(2 + 1 + 32))).toBe(toHex(key));
});

test("the frontier says nothing on links", () => {
  const protocol = frontierProtocol({ hasher, network });
  expect([protocol.name, protocol.tag, protocol.closesTurns]).toEqual(["frontier", 2, false]);
  expect(protocol.codec.decode(Uint8Array.of(1))).toHaveProperty("reason");
});
