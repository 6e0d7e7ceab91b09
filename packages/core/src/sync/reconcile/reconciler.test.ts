import fc from "fast-check";
import { expect, test } from "vitest";
import { sketchSymbolsMax, syncBucketsPerAskMax, syncLanesPerFindMax, syncPlacesMax, syncRowsMax } from "../../bytes/limits.js";
import { hasher, network, parts, Rig } from "../../feed/rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet, replica } from "../../feed/rig/forked-stores.suite.js";
import { sealHybrid } from "../../feed/rig/hybrid-lane.suite.js";
import { offerFrom, takeOffer } from "../../feed/rig/offered-lane.suite.js";
import {
  anyRows,
  type Difference,
  everything,
  naiveDifference,
  placeNamed,
  RowStore,
  salt,
  some,
  spacePart,
  subjectPart,
  textOfRow,
  twoStores,
} from "../held-rows.suite.js";
import { type Ask, type ReconcilerName, type Row, reconcilers, type Scope, type Tell, type TrieChildHash } from "../messages.js";
import { RowIndex } from "../row-index.js";
import { rowOf } from "../rows.js";
import { answer } from "./answer.js";
import { reconcilerNamed } from "./choose.js";
import { answers, type RowSource } from "./reconciler.js";
import { type Reconciled, reconcile, type Weather } from "./reconciling.suite.js";

function reconciled(
  name: ReconcilerName,
  mine: RowSource,
  theirs: RowSource,
  scope: Scope = everything,
  weather: Weather = {},
): Reconciled {
  return reconcile(reconcilerNamed(name, { source: mine, scope }, 9), theirs, scope, weather);
}

function differenceIn({ theirs, ours }: Pick<Reconciled, "theirs" | "ours">): Difference {
  return { theirs: theirs.map(textOfRow).sort(), ours: ours.toSorted((one, other) => one - other) };
}

function within(scope: Scope): (source: RowSource) => Iterable<number> {
  return ({ index, view }) => index.lanes(view, scope);
}

/** Second signatures are not in the trie: whoever goes down it sees what differs besides. */
function withoutSeals(rows: Parameters<typeof twoStores>[0]): Parameters<typeof twoStores>[0] {
  return rows.map(({ name, here, there }) => ({
    name,
    here: here && { ...here, hybridSize: 0 },
    there: there && { ...there, hybridSize: 0 },
  }));
}

function storesFor(name: ReconcilerName, rows: Parameters<typeof twoStores>[0]): [RowStore, RowStore] {
  return twoStores(name === "descent" ? withoutSeals(rows) : rows);
}

const anyScope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant(everything),
  fc
    .subarray([spacePart("a/b"), spacePart("a/c"), subjectPart("a/b/1"), subjectPart("a/b/2"), subjectPart("d"), spacePart("z")])
    .map((parts) => some(...parts)),
);

/** A sketch may fail, whatever it holds: about once in some thousand times. Then another reconciler finds what differs. */
const SKETCHES_FAILED_MAX = 2;

class Failures {
  readonly #name: ReconcilerName;
  #count = 0;

  constructor(name: ReconcilerName) {
    this.#name = name;
  }

  has({ state }: Pick<Reconciled, "state">): boolean {
    expect(state).toBe(this.#name === "sketch" && state === "failed" && ++this.#count <= SKETCHES_FAILED_MAX ? "failed" : "done");
    return state === "failed";
  }
}

test.each(reconcilers)("%s finds just what differs, in whatever scope", (name) => {
  const failures = new Failures(name);
  fc.assert(
    fc.property(anyRows, anyScope, (rows, scope) => {
      const [mine, theirs] = storesFor(name, rows);
      const found = reconciled(name, mine, theirs, scope);
      if (failures.has(found)) return;
      expect(differenceIn(found)).toEqual(naiveDifference(mine, theirs, within(scope)));
    }),
    { numRuns: 25 },
  );
});

test.each(reconcilers)("%s finds it where answers are lost, come twice, late and in another order", (name) => {
  const anyFate = fc.array(fc.constantFrom("arrives", "lost", "twice", "late"), { minLength: 1, maxLength: 9 });
  const failures = new Failures(name);
  fc.assert(
    fc.property(anyRows, anyFate, (rows, fates) => {
      const [mine, theirs] = storesFor(name, rows);
      const fate = (message: number) => (message > 60 ? "arrives" : (fates[message % fates.length] as "lost"));
      const found = reconciled(name, mine, theirs, everything, { fate });
      if (failures.has(found)) return;
      const { theirs: rowsFound, ours } = differenceIn(found);
      expect({ theirs: [...new Set(rowsFound)], ours: [...new Set(ours)] }).toEqual(naiveDifference(mine, theirs, within(everything)));
    }),
    { numRuns: 25 },
  );
});

test.each(reconcilers)("%s tells of no row that was not there when it was asked for, and of all that did not change", (name) => {
  const anyChange = fc.record({ at: fc.nat(), size: fc.integer({ min: 1, max: 9 }), trie: fc.constantFrom("settled", "behind") });
  fc.assert(
    fc.property(anyRows, fc.array(anyChange, { minLength: 1, maxLength: 20 }), (rows, changes) => {
      fc.pre(rows.length > 0);
      const [mine, theirs] = storesFor(name, rows);
      const before = naiveDifference(mine, theirs, within(everything));
      const wereThere = new Set<string>();
      const note = () => {
        for (const lane of theirs.lanes()) wereThere.add(textOfRow(rowOf(theirs.view, hasher, lane) as Row));
      };
      note();
      let next = 0;
      const meanwhile = () => {
        const change = changes[next++];
        if (change === undefined) return;
        const { name: lane } = rows[change.at % rows.length];
        for (const store of change.at % 3 === 0 ? [mine, theirs] : [theirs]) {
          store.set(lane, { size: change.size, branch: 7, hybridSize: 0, frozen: "no" });
          if (change.trie === "settled") store.settle();
        }
        note();
      };
      const found = reconciled(name, mine, theirs, everything, { meanwhile });
      expect(found.state).not.toBe("going");
      for (const row of found.theirs) expect(wereThere).toContain(textOfRow(row));
      if (found.state === "failed") {
        expect(name).toBe("sketch");
        return;
      }
      const still = naiveDifference(mine, theirs, within(everything));
      const texts = found.theirs.map(textOfRow);
      // What differs from first to last is found, whatever else went on.
      for (const text of before.theirs.filter((each) => still.theirs.includes(each))) expect(texts).toContain(text);
    }),
    { numRuns: 25 },
  );
});

/** A store that the cores wrote, with an index over it. */
function sourceOf(rig: Rig): RowSource {
  rig.settle();
  const index = new RowIndex({ hasher, network }, salt);
  for (let lane = 0; lane < rig.view.nextLaneNumber(); lane++) index.update(rig.view, lane);
  return { view: rig.view, hasher, index };
}

/** Two authors, of whom one seals twice; the other store has some of it, older, and a lane of its own. */
function written(): [Rig, Rig] {
  const one = new Rig({ signatures: "hybrid" });
  const other = new Rig({ author: 2, instance: 2 });
  for (const path of ["a/b/1", "a/b/2", "a/c/1"]) one.append(path, parts("1"), parts("2"));
  other.append("a/b/1", parts("mine"));
  for (const path of ["a/b/1", "a/b/2"]) takeOffer(other, offerFrom(one, path));
  sealHybrid(one);
  one.append("a/b/2", parts("3"));
  return [one, other];
}

test.each(reconcilers)("%s finds what differs between stores that the cores wrote", (name) => {
  const [one, other] = written().map(sourceOf) as [RowSource, RowSource];
  for (const [mine, theirs] of [
    [one, other],
    [other, one],
  ] as const) {
    for (const scope of [everything, some(spacePart("a/b")), some(subjectPart("a/b/1"), spacePart("a/c"))]) {
      const naive = naiveDifference(mine, theirs, within(scope));
      const found = reconciled(name, mine, theirs, scope);
      expect(found.state).toBe("done");
      if (name !== "descent") expect(differenceIn(found)).toEqual(naive);
      else for (const row of found.theirs) expect(naive.theirs).toContain(textOfRow(row));
    }
  }
  expect(naiveDifference(one, other, within(everything)).ours).toHaveLength(3);
});

test.each(reconcilers)(
  "%s finds a lane that is frozen on one side only, and takes both branches of a fork for the same where it is on both",
  (name) => {
    const [first, second] = branches(6, { from: 3, more: 4 }) as [Rig, Rig];
    const holders = [first, second].map((from, at) => {
      const rig = replica(at + 2);
      meet(rig, offerFrom(from, "s"));
      return rig;
    }) as [Rig, Rig];
    const fork = forkBetween(first, second, 4);
    freeze(holders[1], fork);
    const found = reconciled(name, sourceOf(holders[0]), sourceOf(holders[1]));
    expect(found.theirs.map(({ size, freezeAt }) => [size, freezeAt])).toEqual([[3, 4]]);
    expect(found.ours).toHaveLength(1);
    freeze(holders[0], fork);
    const none = reconciled(name, sourceOf(holders[0]), sourceOf(holders[1]));
    expect([none.state, none.theirs, none.ours]).toEqual(["done", [], []]);
  },
);

/** What no honest peer says, and what only looks as if it did. */
function anyTell(mine: RowStore): fc.Arbitrary<Tell> {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  const own = mine.lanes().flatMap((lane) => rowOf(mine.view, hasher, lane) ?? []);
  const madeUp = {
    ...placeNamed({ path: "a/b/1", author: 99, epoch: 0 }),
    size: 3,
    headId: new Uint8Array(32),
    freezeAt: 0,
    hybridSize: 9,
  };
  const digits = fc.integer({ min: 0, max: 192 });
  const child = fc.tuple(digits, bytes(96)).map(([count, key]) => ({ digits: count, key: cut(key, count), hash: new Uint8Array(16) }));
  return fc.oneof(
    fc.constant<Tell>({ kind: "cannot" }),
    fc.record({
      kind: fc.constant("rows" as const),
      rows: fc.array(fc.constantFrom(madeUp, ...own), { maxLength: 9 }),
      next: fc.option(fc.oneof(bytes(4), fc.constant(Uint8Array.of(255, 255, 255, 255))), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant("buckets" as const), digests: fc.oneof(bytes(64), fc.constant(new Uint8Array(8 * 64))) }),
    fc.record({
      kind: fc.constant("symbols" as const),
      from: fc.nat(40),
      rows: fc.nat(),
      symbols: fc.array(fc.record({ lane: word, row: word, check: word, count: fc.integer({ min: -2, max: 2 }) }), { maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant("branches" as const), below: fc.array(fc.array(child, { maxLength: 16 }), { maxLength: 4 }) }),
  );
}

function cut(bytes: Uint8Array, digits: number): Uint8Array {
  const key = new Uint8Array(Math.ceil(digits / 2));
  key.set(bytes.subarray(0, key.length));
  if (digits % 2 === 1) (key[key.length - 1] as number) &= 0xf0;
  return key;
}

test.each(reconcilers)("whatever a peer says, %s neither throws nor asks beyond its bounds", (name) => {
  fc.assert(
    fc.property(anyRows, fc.integer(), (rows, seed) => {
      const [mine] = storesFor(name, rows);
      const tells = fc.sample(anyTell(mine), { numRuns: 60, seed });
      let told = 0;
      const fitting = (ask: Ask): Tell => {
        for (let tries = 0; tries < 20; tries++) {
          const tell = tells[told++ % tells.length] as Tell;
          if (answers(ask, tell)) return ask.kind === "symbols" && tell.kind === "symbols" ? { ...tell, from: ask.from } : tell;
        }
        return { kind: "cannot" };
      };
      const found = reconciled(name, mine, mine, everything, { answered: fitting, roundsMax: 40 });
      for (const ask of found.asks) expectBounded(ask);
      expect(found.ours.every((lane) => mine.index.holds(lane))).toBe(true);
    }),
    { numRuns: 40 },
  );
});

function expectBounded(ask: Ask): void {
  if (ask.kind === "symbols") expect(ask.from + ask.count).toBeLessThanOrEqual(sketchSymbolsMax);
  if (ask.kind === "branches") expect(ask.places.length).toBeLessThanOrEqual(syncPlacesMax);
  if (ask.kind === "leaves") expect(ask.keys.length).toBeLessThanOrEqual(syncRowsMax);
  if (ask.kind === "items") expect(ask.items.length).toBeLessThanOrEqual(syncRowsMax);
  if (ask.kind === "bucket rows") expect(ask.buckets.length).toBeLessThanOrEqual(syncBucketsPerAskMax);
}

test.each(reconcilers)("an answer of another kind than was asked for is no answer to %s", (name) => {
  const [mine, theirs] = twoStores([]);
  const reconciler = reconcilerNamed(name, { source: mine, scope: everything }, 9);
  const [ask] = reconciler.asks();
  const [other] = reconcilerNamed(name === "sketch" ? "frontier" : "sketch", { source: mine, scope: everything }, 9).asks();
  const tell = answer({ source: theirs, scope: everything }, other as Ask);
  expect(answers(ask as Ask, tell)).toBe(false);
  reconciler.told(ask as Ask, tell);
  expect(reconciler.state).toBe("failed");
});

test.each(reconcilers)("%s asks for the same until it has its answer, and an answer that comes again is passed over", (name) => {
  const [mine, theirs] = twoStores([
    { name: { path: "a", author: 1, epoch: 0 }, here: undefined, there: { size: 2, branch: 0, hybridSize: 0, frozen: "no" } },
  ]);
  const reconciler = reconcilerNamed(name, { source: mine, scope: everything }, 9);
  const [ask] = reconciler.asks();
  expect(reconciler.asks()[0]).toBe(ask);
  const tell = answer({ source: theirs, scope: everything }, ask as Ask);
  reconciler.told(ask as Ask, tell);
  const first = reconciler.found().theirs.length;
  reconciler.told(ask as Ask, tell);
  reconciler.told({ ...(ask as Ask) }, tell);
  expect(reconciler.found().theirs).toEqual([]);
  const rest = reconcile(reconciler, theirs, everything);
  expect([rest.state, first + rest.theirs.length]).toEqual(["done", 1]);
});

test("more lanes than are handed on at a time are all handed on", () => {
  const mine = new RowStore();
  const count = syncLanesPerFindMax + 50;
  for (let at = 0; at < count; at++)
    mine.set({ path: "w", author: at >> 8, epoch: at & 0xff }, { size: 1, branch: 0, hybridSize: 0, frozen: "no" });
  mine.settle();
  for (const name of ["frontier", "descent", "buckets"] as const) {
    const found = reconciled(name, mine, new RowStore());
    expect([name, found.state, found.ours.length, new Set(found.ours).size]).toEqual([name, "done", count, count]);
  }
});

test("a page that leads back, or on without a row, ends it", () => {
  const [mine] = twoStores([]);
  const row = { ...placeNamed({ path: "a", author: 1, epoch: 0 }), size: 1, headId: new Uint8Array(32), freezeAt: 0, hybridSize: 0 };
  const next = Uint8Array.of(0, 0, 0, 7);
  for (const [rows, second] of [
    [[row], next],
    [[row], Uint8Array.of(0, 0, 0, 6)],
    [[], Uint8Array.of(0, 0, 0, 8)],
  ] as const) {
    const reconciler = reconcilerNamed("frontier", { source: mine, scope: everything }, 0);
    reconciler.told(reconciler.asks()[0] as Ask, { kind: "rows", rows: [row], next });
    expect(reconciler.state).toBe("going");
    reconciler.told(reconciler.asks()[0] as Ask, { kind: "rows", rows, next: second });
    expect(reconciler.state).toBe("failed");
  }
});

test("an answer that leads not further down a trie, elsewhere, or twice to one place ends it", () => {
  const [mine] = twoStores([]);
  const hash = new Uint8Array(16);
  const first = { digits: 2, key: Uint8Array.of(0x12), hash };
  const branch = (...children: readonly TrieChildHash[]): Tell => ({ kind: "branches", below: [children] });
  const answered = (tell: Tell) => {
    const reconciler = reconcilerNamed("descent", { source: mine, scope: everything }, 0);
    reconciler.told(reconciler.asks()[0] as Ask, branch(first));
    expect(reconciler.asks()).toEqual([{ kind: "branches", places: [{ digits: 2, prefix: first.key }] }]);
    reconciler.told(reconciler.asks()[0] as Ask, tell);
    return reconciler.state;
  };
  const below = (digits: number, ...key: number[]): TrieChildHash => ({ digits, key: Uint8Array.from(key), hash });
  expect(answered(branch(below(3, 0x12, 0x30), below(4, 0x12, 0x45)))).toBe("going");
  expect(answered(branch(first))).toBe("failed");
  expect(answered(branch(below(3, 0x13, 0x30)))).toBe("failed");
  expect(answered(branch(below(3, 0x12, 0x30), below(3, 0x12, 0x30)))).toBe("failed");
  expect(answered(branch(below(3, 0x12, 0x30), below(4, 0x12, 0x34)))).toBe("failed");
  expect(answered(branch(below(4, 0x12, 0x45), below(3, 0x12, 0x30)))).toBe("failed");
  expect(answered(branch({ ...below(3, 0x12, 0x30), hash: new Uint8Array(15) }))).toBe("failed");
  expect(answered({ kind: "branches", below: [] })).toBe("failed");
});
