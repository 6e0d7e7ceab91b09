import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../../bytes/order.js";
import { Writer } from "../../bytes/writer.js";
import type { Entry, Range } from "../../protocol/key-space.js";
import { tables } from "../../store/key-layout.js";
import { blockKey, decodeKey, laneKey } from "../../store/keys.js";
import type { MemoryKeys } from "../../store/memory-keys.js";
import { applyBatch } from "../../store/memory-store.js";
import * as views from "../../store/view-keys.js";
import {
  encodeViewLaneRecord as cursorOf,
  decodeViewRecord,
  encodeViewLaneRecord,
  encodeViewLogTail,
  encodeViewRecord,
  type ViewRecord,
  viewLogTail,
  writeLogged,
} from "../../store/view-records.js";
import { FeedView } from "../lane/feed-view.js";
import { audited, auditParts } from "../rig/audited-store.suite.js";
import { hasher, parts, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { offerFrom, takeOffer } from "../rig/offered-lane.suite.js";
import { copyOf, run } from "../rig/twins.suite.js";
import { putView } from "../rig/view-entries.suite.js";
import { repairStore } from "./repair.js";

// A view is a cache: whatever is wrong with it is told, and the whole of it goes.

/** Small: it is gone through thousands of times. */
function storeOfViews(): Rig {
  const rig = new Rig();
  rig.append("own", parts("1"), parts("2"));
  rig.append("alone", parts("x"));
  const place = rig.view.lane(rig.laneNumber("own"));
  if (place === undefined) throw new Error("no lane");
  run(rig, { kind: "giveUp", token: 1, place, from: 1 });
  const other = new Rig({ author: 2, instance: 2 });
  other.append("others", parts("1"), parts("2"), parts("3"), parts("4"));
  takeOffer(rig, offerFrom(other, "others"));
  rig.settle();
  for (const [number, path] of [
    [0, "own"],
    [1, "alone"],
    [OTHERS, "others"],
  ] as const)
    putView(rig, number, path);
  return rig;
}

/** The view of a subject in which another author writes alone; the others are of this store's author. */
const OTHERS = 7;
const whole = storeOfViews();
const before = whole.keys.snapshot();
const inRange = (keys: MemoryKeys, range: Range): readonly Entry[] => [...keys.range(range)];
const entries = inRange(whole.keys, views.viewTables);
const inTable = (table: keyof typeof tables) => entries.filter(([key]) => key[0] === tables[table]);
const FEEDS = { from: new Uint8Array(0), to: views.viewTables.from };

function damaged(hurt: (keys: MemoryKeys) => void): MemoryKeys {
  whole.keys.restore(before);
  hurt(whole.keys);
  return whole.keys;
}

function repaired(keys: MemoryKeys) {
  const steps = repairStore(new FeedView(new SpoilingKeys(keys)), auditParts);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value.mended;
    applyBatch(keys, step.value);
  }
}

const placeOf = (key: Uint8Array) => decodeKey(key) as views.ViewStoreKey;
const viewOf = (key: Uint8Array) => new DataView(key.buffer, key.byteOffset).getUint32(1);

/** The audit tells of it as of a view, and of nothing else; repair drops what is damaged, and no event or other view with it. */
function expectDropped(hurt: (keys: MemoryKeys) => void, gone: readonly number[]): void {
  const keys = damaged(hurt);
  const { ok, problems } = audited(keys);
  expect([ok, new Set(problems.map(({ what }) => what))]).toEqual([false, new Set(["view"])]);
  const feeds = inRange(keys, FEEDS);
  expect(new Set(repaired(keys).map(({ what }) => what))).toEqual(new Set(["view"]));
  expect(inRange(keys, FEEDS)).toEqual(feeds);
  const left = entries.filter(([key, value]) => {
    const place = placeOf(key);
    return !gone.includes(place.table === "viewNumber" ? (value[3] as number) : place.view);
  });
  expect(inRange(keys, views.viewTables)).toEqual(left);
  expect(audited(keys)).toMatchObject({ problems: [], views: 3 - gone.length });
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const bent = bytes.slice();
  bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
  return bent;
}

test("views that are as they were written are sound, and counted", () => {
  expect(audited(damaged(() => undefined))).toMatchObject({ ok: true, problems: [], views: 3 });
  for (const table of [...views.viewParts, "viewNumber"] as const) expect(inTable(table).length).toBeGreaterThan(0);
  expect(repaired(whole.keys)).toEqual([]);
  expect(inRange(whole.keys, views.viewTables)).toEqual(entries);
});

test("any bit of any item, of any cursor in another's lane, and of any number", () => {
  const cursors = inTable("viewLane").filter(([key]) => viewOf(key) === OTHERS);
  for (const [key, value] of [...inTable("viewItem"), ...cursors])
    for (let bit = 0; bit < value.length * 8; bit += 11) {
      const { problems } = audited(damaged((keys) => keys.put(key, flipped(value, bit))));
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) expect(problem).toMatchObject({ what: "view", where: `view ${viewOf(key)}` });
    }
  for (const [key, value] of [...inTable("viewItem"), ...cursors]) expectDropped((keys) => keys.put(key, flipped(value, 5)), [viewOf(key)]);
  for (const [key, value] of inTable("viewNumber"))
    for (let bit = 0; bit < value.length * 8; bit++) {
      const keys = damaged((store) => store.put(key, flipped(value, bit)));
      expect(audited(keys).problems).toMatchObject([{ what: "view" }]);
      expect(repaired(keys)).toMatchObject([{ what: "view", detail: expect.stringMatching(/: removed$/) }]);
      expect([keys.get(key), audited(keys).problems]).toEqual([undefined, []]);
    }
});

test("any entry cut short, and records of which nothing can be read", () => {
  for (const [key, value] of entries) {
    const { table } = placeOf(key);
    if (table === "viewNumber") continue;
    // Of a reason, a piece is one too; a log may end with any of its operations. A mark has no bytes.
    const isAnyLength = table === "viewQuarantine" || table === "viewChanged";
    if (!isAnyLength) expectDropped((keys) => keys.put(key, value.subarray(0, -1)), [viewOf(key)]);
    if (table !== "viewQuarantine" && table !== "viewLog")
      expectDropped((keys) => keys.put(key, Uint8Array.from([...value, 0])), [viewOf(key)]);
    expectDropped((keys) => keys.put(key, new Uint8Array(isAnyLength ? 1 : 0).fill(0xff)), [viewOf(key)]);
  }
});

test("items, logs, cursors and whatever else of a view that has no record", () => {
  for (const [key] of inTable("view")) expectDropped((keys) => keys.remove(key), [viewOf(key)]);
  for (const [key, value] of entries) {
    const { table } = placeOf(key);
    if (table === "viewNumber" || table === "view") continue;
    const stray = key.slice();
    new DataView(stray.buffer).setUint32(1, 99);
    expectDropped((keys) => keys.put(stray, value), []);
  }
});

test("keys that no view has", () => {
  for (const [key, value] of entries) {
    if (placeOf(key).table === "viewNumber") continue;
    const long = Uint8Array.from([...key, ...new Uint8Array(1100)]);
    if (placeOf(key).table !== "view") expectDropped((keys) => keys.put(long, value), [viewOf(key)]);
  }
  // Another view of no record, another item than the sum is of, another lane: or none of a view's keys any more.
  const cursors = inTable("viewLane").filter(([key]) => viewOf(key) === OTHERS);
  for (const [key, value] of [...inTable("view"), ...inTable("viewItem"), ...cursors]) {
    for (let bit = 0; bit < key.length * 8; bit += 3) {
      const keys = damaged((store) => {
        store.remove(key);
        store.put(flipped(key, bit), value);
      });
      expect(audited(keys).ok).toBe(false);
    }
  }
  expectDropped((keys) => keys.put(Uint8Array.of(tables.viewLog, 0, 0), Uint8Array.of(1)), []);
});

function cursorAt(keys: MemoryKeys, seq: number): void {
  const [[key, value]] = inTable("viewLane").filter(([each]) => viewOf(each) === OTHERS) as [Entry];
  keys.put(key, encodeViewLaneRecord({ seq, id: value.slice(8) }));
}

test("a cursor beyond its lane, at another event, in a lane of another subject, in no lane", () => {
  for (const seq of [1, 5, 900]) expectDropped((keys) => cursorAt(keys, seq), [OTHERS]);
  expect(audited(damaged((keys) => cursorAt(keys, 900))).problems).toMatchObject(
    expect.arrayContaining([{ what: "view", where: "view 7", detail: expect.stringContaining("folded up to event 900") }]),
  );
  const [[, cursor]] = inTable("viewLane") as [Entry];
  const elsewhere = whole.laneNumber("own");
  expectDropped((keys) => keys.put(views.viewLaneKey(OTHERS, elsewhere), cursor), [OTHERS]);
  expectDropped((keys) => keys.put(views.viewLaneKey(OTHERS, 9_999), cursor), [OTHERS]);
});

test("what a view says of events that it has not folded", () => {
  const lane = viewOf(
    inTable("viewLane")
      .find(([key]) => viewOf(key) === OTHERS)?.[0]
      .subarray(4) as Uint8Array,
  );
  expectDropped((keys) => keys.put(views.viewQuarantineKey(OTHERS, lane, 5), Uint8Array.of(97)), [OTHERS]);
  const log = views.viewLogKey(OTHERS, "x", viewLogTail);
  for (const logged of [
    { lane, seq: 5 },
    { lane: lane + 1, seq: 1 },
    { lane: 2 ** 33, seq: 1 },
  ]) {
    const writer = new Writer();
    writeLogged(writer, { ...logged, operation: 0 });
    expectDropped((keys) => keys.put(log, encodeViewLogTail({ pieces: 0, piece: writer.finish() })), [OTHERS]);
  }
});

test("a log of which a piece is missing, or its end", () => {
  for (const [key] of inTable("viewLog")) {
    const place = placeOf(key);
    // All that there is of the empty key's.
    if (place.table === "viewLog" && place.key !== "") expectDropped((keys) => keys.remove(key), [viewOf(key)]);
  }
});

test("a number that leads to another view, a view of a subject that is not here", () => {
  const [[one, first], [, second]] = inTable("viewNumber") as [Entry, Entry];
  const keys = damaged((store) => store.put(one, second));
  expect(audited(keys).problems).toMatchObject([{ what: "view", detail: expect.stringContaining("which is another") }]);
  // Then nothing leads to the one that it led to: nobody reads that any more.
  expect(repaired(keys)).toMatchObject([{ what: "view", detail: expect.stringMatching(/: removed$/) }]);
  expect(audited(keys)).toMatchObject({ problems: [], views: 3 });
  const [key, value] = inTable("view").find(([each]) => viewOf(each) === (first[3] as number)) as Entry;
  const record = decodeViewRecord(value) as ViewRecord;
  const subject = record.subject.slice().fill(1) as ViewRecord["subject"];
  for (const other of [{ subject }, { id: record.id.slice().fill(1) }]) {
    const { problems } = audited(damaged((store) => store.put(key, encodeViewRecord({ ...record, ...other }))));
    expect(problems).toMatchObject([{ what: "view", detail: expect.stringContaining("which is another") }]);
  }
  expectDropped(
    (store) => {
      store.put(key, encodeViewRecord({ ...record, subject }));
      store.remove(one);
      store.put(views.viewNumberKey(subject, record.id), first);
    },
    [viewOf(key)],
  );
});

test("views over lanes that are damaged stay: what they have may be folded by nobody again", () => {
  const [key] = inTable("viewLane").find(([each]) => viewOf(each) === OTHERS) as Entry;
  const lane = viewOf(key.subarray(4));
  const block = blockKey(lane, 1);
  const bent = flipped(whole.keys.get(block) as Uint8Array, 8 * 60);
  for (const hurt of [(keys: MemoryKeys) => keys.put(block, bent), (keys: MemoryKeys) => keys.put(laneKey(lane), Uint8Array.of(1))]) {
    const keys = damaged(hurt);
    repaired(keys);
    expect(inRange(keys, views.viewTables)).toEqual(entries);
  }
});

test("cursors of this store's own lanes may be behind what came in their place; another's are held to their events", () => {
  const rig = new Rig();
  rig.append("s", parts("1"), parts("2"), parts("3"));
  putView(rig, 0, "s");
  const lane = rig.laneNumber("s");
  rig.keys.put(views.viewLaneKey(0, lane), cursorOf({ seq: 9, id: new Uint8Array(32) }));
  expect(audited(rig.keys).problems).toEqual([]);
  const reader = new Rig({ author: 2, instance: 2 });
  takeOffer(reader, offerFrom(rig, "s"));
  putView(reader, 0, "s");
  expect(audited(reader.keys)).toMatchObject({ problems: [], views: 1 });
  reader.keys.put(views.viewLaneKey(0, reader.laneNumber("s", rig.author)), cursorOf({ seq: 9, id: new Uint8Array(32) }));
  expect(audited(reader.keys).problems.map(({ what }) => what)).toContain("view");
});

test("where a view says that an event was appended again, it lies there", () => {
  const writer = new Rig();
  for (const text of ["1", "2", "3"]) writer.append("s", parts(text));
  const copy = new Rig({ keys: copyOf(writer), instance: 7 });
  const place = copy.view.lane(copy.laneNumber("s"));
  if (place === undefined) throw new Error("no lane");
  run(copy, { kind: "giveUp", token: 1, place, from: 2 });
  const reader = new Rig({ author: 2, instance: 2 });
  takeOffer(reader, offerFrom(copy, "s"));
  putView(reader, 0, "s");
  const again = inRange(reader.keys, views.viewRange("viewAgain", 0));
  expect([again.length, audited(reader.keys).problems]).toEqual([1, []]);
  const [[key, value]] = again as [Entry];
  reader.keys.remove(key);
  reader.keys.put(views.viewAgainKey(0, hasher.hash("sinter 1 event", key)), value);
  expect(audited(reader.keys).problems).toMatchObject([
    { what: "view", detail: expect.stringContaining("not the one that it is said to be") },
  ]);
});

test("property: an audit of a store in which views are dropped and folded meanwhile finds nothing wrong", () => {
  fc.assert(
    fc.property(fc.nat({ max: 100 }), fc.nat({ max: 100 }), fc.integer({ min: 1, max: 6 }), (from, more, pieces) => {
      const keys = damaged(() => undefined);
      const rest = views.viewParts.flatMap((table) => inRange(keys, views.viewRange(table, 0)));
      const numbers = inTable("viewNumber").filter(([, value]) => equalBytes(value, new Uint8Array(4)));
      const { problems } = audited(keys, (step) => {
        if (step === from) for (const [key] of numbers) keys.remove(key);
        if (step >= from) for (const [key] of rest.splice(0, pieces)) keys.remove(key);
        if (step === from + more) putView(whole, 12, "own");
      });
      expect(problems).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
