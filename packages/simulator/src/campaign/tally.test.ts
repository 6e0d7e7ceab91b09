import { expect, test } from "vitest";
import { unfiredPlansMax } from "../limits.js";
import type { FamilyRun } from "./families.js";
import { spanOf, Tally } from "./tally.js";

function told(parts: Partial<FamilyRun> = {}): FamilyRun {
  const none = { problems: [], hash: "", planned: new Map(), fired: new Map() };
  return { ...none, virtualMs: 1_800_000, boots: 2, acknowledged: 30, forks: 1, ...parts };
}

test("sums are those of all runs, family by family", () => {
  const tally = new Tally();
  tally.add("feeds", told({ fired: new Map([["crash", 2]]) }), 10);
  tally.add("feeds", told({ fired: new Map([["crash", 1]]) }), 30);
  tally.add("sync", told({ fired: new Map([["loss", 7]]) }), 100);
  expect(tally.seeds).toBe(3);
  expect(tally.seedsOf("feeds")).toBe(2);
  expect(tally.seedsOf("views")).toBe(0);
  expect(tally.lines()).toEqual([
    "families: feeds 2 (20 ms each), sync 1 (100 ms each)",
    "virtual time: 1.5 hours (0.0002 years); 6 boots, 90 events acknowledged, 3 lanes forked",
    "faults in feeds: crash 3",
    "faults in sync: loss 7",
  ]);
});

test("a kind that was planned often and never came is told, and one that was planned seldom is not", () => {
  const tally = new Tally();
  const run = told({ planned: new Map(Object.entries({ crash: 1, kill: 1, "full disk": 1 })), fired: new Map([["crash", 1]]) });
  for (let at = 0; at < unfiredPlansMax; at++) tally.add("views", run, 1);
  expect(tally.unfired()).toEqual([]);
  tally.add("views", told({ ...run, planned: new Map([["kill", 1]]) }), 1);
  expect(tally.unfired()).toEqual([{ family: "views", kind: "kill", planned: unfiredPlansMax + 1 }]);
});

test("a kind that came in one family says nothing of another", () => {
  const tally = new Tally();
  const often = new Map([["crash", unfiredPlansMax + 1]]);
  tally.add("feeds", told({ planned: often, fired: new Map([["crash", 1]]) }), 1);
  tally.add("twins", told({ planned: often, fired: new Map([["crash", 0]]) }), 1);
  expect(tally.unfired().map(({ family }) => family)).toEqual(["twins"]);
});

test("virtual time is told in hours and years", () => {
  expect(spanOf(365.25 * 24 * 3_600_000)).toBe("8766.0 hours (1.0000 years)");
});
