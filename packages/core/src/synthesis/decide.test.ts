import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import type { Data } from "./data.js";
import { decideAt, isObjectCandidate } from "./decide.js";
import { defaultRule, type Rule, ruleFrom } from "./rule.js";
import { said, saidObject } from "./said.suite.js";
import type { Candidate } from "./strategy.js";

const rule = (written: Data): Rule => {
  const made = ruleFrom(written, () => expect.fail());
  return made instanceof Malformed ? expect.fail(made.reason) : made;
};
const sources = (candidates: readonly Candidate[]) => candidates.map(({ head }) => head.source);

test("objects merge by their names, whatever the strategy", () => {
  const objects = [saidObject({ source: "A", stamp: 1 }), saidObject({ source: "B", stamp: 2 })];
  for (const each of [
    defaultRule,
    rule("max"),
    rule("mv"),
    rule("map"),
    rule({ strategy: "quorum", of: 5 }),
    rule({ strategy: "record", fields: { a: "max" } }),
  ])
    expect(decideAt(each, objects)).toMatchObject({ value: undefined, outcome: "agreed", losers: [], why: "objects merge by their names" });
  expect(sources(decideAt(defaultRule, objects).winners)).toEqual(["B", "A"]);
  expect(decideAt(rule({ strategy: "by-key", key: "id" }), objects).why).toBe('elements are told apart by "id", and merged');
});

test("candidates may come in any order", () => {
  const all = [said(1, { source: "A", stamp: 1 }), said(2, { source: "B", stamp: 2 }), said(3, { source: "C", stamp: 3 })];
  for (const order of [all, all.toReversed(), [all[1], all[2], all[0]]]) expect(decideAt(defaultRule, order).value).toBe(3);
});

test("an object against what is none: the later counts, said at once the object, and a strategy that takes one takes it", () => {
  const against = (stamp: number) => [saidObject({ source: "object", stamp: 2 }), said("z", { source: "text", stamp })];
  expect(sources(decideAt(defaultRule, against(3)).winners)).toEqual(["text"]);
  expect(sources(decideAt(defaultRule, against(2)).winners)).toEqual(["object"]);
  expect(sources(decideAt(defaultRule, against(1)).winners)).toEqual(["object"]);
  expect(sources(decideAt(rule("first"), against(3)).winners)).toEqual(["object"]);
  expect(decideAt(rule("unanimous"), against(1))).toMatchObject({ outcome: "unresolved", value: undefined });
  expect(decideAt(rule({ strategy: "priority", order: ["text"] }), against(1)).value).toBe("z");
});

test.each<[string, Data, Data]>([
  ["max", 5, 7],
  ["g-counter", 5, 12],
  ["flag", false, false],
  ["mv", 5, [5, 7]],
])("an object among what %s takes: the later kind counts, and is decided as if the other had not been said", (name, one, both) => {
  const values = [said(one, { source: "A", stamp: 1 }), said(name === "flag" ? one : 7, { source: "B", stamp: 3 })];
  const before = decideAt(rule(name), [...values, saidObject({ source: "O", stamp: 2 })]);
  expect(before).toMatchObject({ value: both, outcome: "resolved" });
  expect(before.losers.filter(isObjectCandidate)).toHaveLength(1);
  expect(before.why).toContain("an object is said, too, and not later");
  const after = decideAt(rule(name), [...values, saidObject({ source: "O", stamp: 3 })]);
  expect(after).toMatchObject({
    value: undefined,
    outcome: "resolved",
    why: "objects merge by their names; what is no object is said, too, and not later",
  });
  expect(sources(after.winners)).toEqual(["O"]);
  expect(sources(after.losers).sort()).toEqual(["A", "B"]);
});
