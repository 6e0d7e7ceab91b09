import { expect, test } from "vitest";
import { decideAt } from "./decide.js";
import { defaultRule, type Rule } from "./rule.js";
import { said, saidObject } from "./said.suite.js";
import { quorum } from "./strategies/value-rules.js";
import { explainedPlace, strategyName } from "./told.js";

test("what counts and why, with all that is said: first what counts, of both the last first", () => {
  const all = [
    said("x", { source: "A", id: "a.json", stamp: 3 }),
    said("y", { source: "B", priority: 2 }),
    said("x", { source: "C" }),
    said("w", { source: "D", stamp: 2 }),
  ];
  expect(explainedPlace("/a", defaultRule, decideAt(defaultRule, all), 9)).toEqual({
    pointer: "/a",
    strategy: "lww",
    outcome: "resolved",
    value: "x",
    why: "said last",
    candidates: [
      { value: "x", source: "A", id: "a.json", stamp: 3, counts: true },
      { value: "x", source: "C", id: "C", counts: true },
      { value: "w", source: "D", id: "D", stamp: 2, counts: false },
      { value: "y", source: "B", id: "B", priority: 2, counts: false },
    ],
    more: 0,
    notes: [],
  });
});

test("objects that merge by their names, and what counts nowhere, have no value here", () => {
  const objects = explainedPlace(
    "",
    defaultRule,
    decideAt(defaultRule, [saidObject({ source: "A" }), said(1, { source: "B", stamp: -1 }), saidObject({ source: "C", stamp: 5 })]),
    9,
  );
  expect(objects).not.toHaveProperty("value");
  expect(objects.candidates).toEqual([
    { source: "C", id: "C", stamp: 5, counts: true },
    { source: "A", id: "A", counts: true },
    { value: 1, source: "B", id: "B", stamp: -1, counts: false },
  ]);
  const rule: Rule = { kind: "decide", strategy: quorum(2), over: "leaves" };
  const undecided = explainedPlace("", rule, decideAt(rule, [said(1)]), 9);
  expect(undecided).toMatchObject({ outcome: "unresolved", strategy: "quorum(2)", candidates: [{ value: 1, counts: false }] });
  expect(undecided).not.toHaveProperty("value");
});

test("of many candidates some are listed, and what counts is among them", () => {
  const many = [
    said("first", { source: "early", stamp: 1 }),
    ...Array.from({ length: 99 }, (_, at) => said(at, { source: `${at}`, stamp: 9 })),
  ];
  const rule: Rule = {
    kind: "decide",
    strategy: {
      ...quorum(1),
      decide: ([...all]) => ({ value: "first", outcome: "resolved", winners: all.slice(-1), losers: all.slice(0, -1), why: "" }),
    },
    over: "leaves",
  };
  const { candidates, more } = explainedPlace("", rule, decideAt(rule, many), 10);
  expect([candidates.length, more, candidates[0]]).toEqual([
    10,
    90,
    { value: "first", source: "early", id: "early", stamp: 1, counts: true },
  ]);
});

test("rules by their names", () => {
  expect(strategyName(defaultRule)).toBe("lww");
  expect(strategyName({ kind: "map", of: defaultRule })).toBe("map");
  expect(strategyName({ kind: "record", fields: new Map() })).toBe("record");
  expect(strategyName({ kind: "by-key", key: "id", of: defaultRule })).toBe("by-key(id)");
});
