import { expect, test } from "vitest";
import { auditCountsMax } from "../../bytes/limits.js";
import { changedKey, headKey, metaKey, tableRange, trieKey } from "../../store/keys.js";
import { decodeFrontierRecord, encodeFrontierRecord, type FrontierRecord } from "../../store/records.js";
import { FeedView } from "../lane/feed-view.js";
import { auditParts } from "../rig/audited-store.suite.js";
import { parts, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { auditFrontier } from "./audit-frontier.js";
import { type AuditFinding, Findings } from "./findings.js";

function audited(rig: Rig, between: () => void = () => {}): { readonly problems: readonly AuditFinding[]; readonly steps: number } {
  const findings = new Findings();
  let steps = 0;
  for (const _step of auditFrontier(new FeedView(new SpoilingKeys(rig.keys)), auditParts, findings)) {
    steps++;
    between();
  }
  return { problems: findings.list(), steps };
}

/** Forty lanes in a few spaces, all taken in. */
function settled(): Rig {
  const rig = new Rig();
  rig.feed(...Array.from({ length: 40 }, (_, at) => rig.command(`w/${at % 3}/${at}`, parts("x")))).commit();
  rig.settle();
  return rig;
}

function setRows(rig: Rig, change: (rows: number) => number): void {
  const summary = decodeFrontierRecord(rig.keys.get(metaKey("frontier")) as Uint8Array) as FrontierRecord;
  rig.keys.put(metaKey("frontier"), encodeFrontierRecord({ ...summary, rows: change(summary.rows) }));
}

test("it rests after each lane and each record", () => {
  const rig = settled();
  const records = [...rig.keys.range(tableRange("trie"))].length;
  expect(audited(rig)).toEqual({ problems: [], steps: 1 + records + 40 });
});

test("rows that are taken in meanwhile are counted again", () => {
  const rig = settled();
  let left = 1;
  const { problems, steps } = audited(rig, () => {
    if (left-- > 0) rig.append("w/new", parts("y"));
    if (left === -20) rig.settle();
  });
  expect(problems).toEqual([]);
  expect(steps).toBeGreaterThan(2 * 40);
  setRows(rig, (rows) => rows + 1);
  left = 1;
  const again = audited(rig, () => {
    if (left-- > 0) rig.append("w/new", parts("y"));
    if (left === -20) rig.settle();
  });
  expect(again.problems).toEqual([expect.objectContaining({ where: "summary", detail: "it says 42 rows; the trie has 41" })]);
});

test("a trie that never stands still is not counted, and is held against the lanes all the same", () => {
  const rig = settled();
  const changing = () => {
    let at = 0;
    return () => {
      if (at++ % 30 !== 0) return;
      rig.append(`w/1/${at % 3}`, parts("z"));
      rig.settle();
    };
  };
  setRows(rig, (rows) => rows - 1);
  const { problems, steps } = audited(rig, changing());
  expect(problems).toEqual([]);
  expect(steps).toBeGreaterThan(auditCountsMax * 40);
  rig.keys.put(headKey(7), rig.keys.get(headKey(8)) as Uint8Array);
  expect(audited(rig, changing()).problems).toEqual([expect.objectContaining({ what: "frontier", where: "lane 7" })]);
});

test("a lane with a newer head than its row is only told of where no mark says so", () => {
  const rig = settled();
  rig.append("w/1/1", parts("later"));
  expect(audited(rig).problems).toEqual([]);
  rig.keys.remove(changedKey(1));
  expect(audited(rig).problems).toEqual([
    expect.objectContaining({ where: "lane 1", detail: expect.stringMatching(/not as the lane stands/) }),
  ]);
});

test("a damaged record is told of once, not once for every lane behind it", () => {
  const rig = settled();
  rig.keys.put(trieKey(Uint8Array.of(0x80)), Uint8Array.of(0));
  const { problems } = audited(rig);
  expect(problems.filter(({ what }) => what !== "frontier")).toEqual([]);
  const records = [...rig.keys.range(tableRange("trie"))].length;
  expect(problems.length).toBeLessThanOrEqual(records + 1);
});

test("a trie without a summary, and a summary without a trie", () => {
  const rig = settled();
  const whole = rig.keys.snapshot();
  rig.keys.remove(metaKey("frontier"));
  expect(audited(rig).problems).toContainEqual(expect.objectContaining({ where: "summary" }));
  rig.keys.restore(whole);
  for (const [key] of [...rig.keys.range(tableRange("trie"))]) rig.keys.remove(key);
  expect(audited(rig).problems.length).toBeGreaterThan(40);
});

test("rows that are of no lane are counted", () => {
  const rig = settled();
  const whole = rig.keys.snapshot();
  const other = settled();
  other.append("w/stray", parts("x"));
  other.settle();
  for (const table of ["trie", "meta"] as const) for (const [key, value] of other.keys.range(tableRange(table))) rig.keys.put(key, value);
  expect(audited(rig).problems).toEqual([{ what: "frontier", where: "trie", detail: "41 rows, of which 40 are of lanes that are there" }]);
  rig.keys.restore(whole);
  expect(audited(rig).problems).toEqual([]);
});
