import { expect, test } from "vitest";
import type { Data } from "../data.js";
import { decided, outcomeOf, said } from "../said.suite.js";
import { gSet, orSet, rwSet, twoPhaseSet } from "./sets.js";

const add = (stamp: number | undefined, ...elements: Data[]) => said({ add: elements }, { source: `add${stamp ?? ""}`, stamp });
const remove = (stamp: number | undefined, ...elements: Data[]) => said({ remove: elements }, { source: `remove${stamp ?? ""}`, stamp });

/** Whether "x" is in each of them. */
const isIn = (...all: Parameters<typeof decided>[1]) =>
  [orSet, rwSet, twoPhaseSet].map((rule) => (decided(rule, all).value as readonly Data[]).includes("x"));

test("what is added and removed: or-set, rw-set, 2p-set", () => {
  expect(isIn(add(1, "x"))).toEqual([true, true, true]);
  expect(isIn(remove(1, "x"))).toEqual([false, false, false]);
  expect(isIn(add(1, "x"), remove(2, "x"))).toEqual([false, false, false]);
  expect(isIn(remove(1, "x"), add(2, "x"))).toEqual([true, true, false]);
  expect(isIn(add(2, "x"), remove(2, "x"))).toEqual([true, false, false]);
  expect(isIn(add(undefined, "x"), remove(undefined, "x"))).toEqual([true, false, false]);
  expect(isIn(add(1, "x"), remove(2, "x"), add(3, "x"))).toEqual([true, true, false]);
  expect(isIn(add(1, "x"), add(3, "x"), remove(4, "x"), remove(2, "x"))).toEqual([false, false, false]);
});

test("an array is what is added", () => {
  for (const rule of [gSet, orSet, rwSet, twoPhaseSet])
    expect(decided(rule, [said(["b", "a", "b"], { source: "A" }), said(["c"], { source: "B" })]).value).toEqual(["a", "b", "c"]);
});

test("they come out in the order of their canonical bytes, each once", () => {
  const value = [{ b: 1, a: 2 }, "\u{1f600}", "\uffff", 10, 9, null, { a: 2, b: 1 }, "é", "e\u0301"];
  expect(decided(gSet, [said(value)]).value).toEqual(["e\u0301", "é", "\uffff", "\u{1f600}", 10, 9, null, { a: 2, b: 1 }]);
});

test("it is a conflict where somebody added what stays out, and nobody removed it later", () => {
  expect(outcomeOf(twoPhaseSet, remove(1, "x"), add(2, "x"))).toEqual({
    value: [],
    outcome: "resolved",
    winners: "add2remove1",
    losers: "",
  });
  expect(outcomeOf(rwSet, remove(1, "x"), add(1, "x"))).toMatchObject({ outcome: "resolved" });
  expect(outcomeOf(twoPhaseSet, add(1, "x"), remove(2, "x"))).toMatchObject({ outcome: "agreed" });
  expect(outcomeOf(orSet, add(1, "x"), remove(2, "x"))).toMatchObject({ outcome: "agreed" });
  expect(outcomeOf(rwSet, remove(2, "x"))).toMatchObject({ outcome: "agreed" });
});

test("what stays out is told, with who removed it", () => {
  const notes = decided(twoPhaseSet, [add(3, "x", "y"), remove(2, "x"), remove(4, "z"), add(1, "v"), remove(2, "v")]).notes;
  expect(notes).toEqual([
    '"v" stays out: removed by remove2, added by add1',
    '"x" stays out: removed by remove2, added by add3; it was added again, which does not count',
    '"z" is removed by remove4, and was not there',
  ]);
  expect(decided(gSet, [said(["x"])]).notes).toEqual([]);
});

test("why", () => {
  expect([gSet, twoPhaseSet, orSet, rwSet].map((rule) => decided(rule, [said([])]).why)).toEqual([
    "everything that was added",
    "everything that was added and that nobody ever removed",
    "everything that was added and not removed later",
    "everything that was added later than it was removed",
  ]);
});

test.each([twoPhaseSet, orSet, rwSet])("$name has a meaning for arrays and for what is added and removed", (rule) => {
  for (const value of [[], ["x"], { add: ["x"] }, { remove: ["x"] }, { add: ["x"], remove: ["y"] }, {}] as Data[])
    expect(rule.expects(value)).toBeUndefined();
  for (const value of [null, "x", { add: "x" }, { added: ["x"] }, { add: ["x"], also: [] }] as Data[])
    expect(rule.expects(value)).toBe('an array, or {"add":[…],"remove":[…]}');
  expect(rule.expects({ add: ["x", { b: 1, a: 2 }], remove: [{ a: 2, b: 1 }] })).toBe('that it does not both add and remove {"a":2,"b":1}');
  expect(rule.expects(JSON.parse('{"__proto__":[]}'))).toContain("an array");
});

test("g-set has a meaning for arrays alone", () => {
  expect(gSet.expects(["x"])).toBeUndefined();
  for (const value of [null, { add: ["x"] }] as Data[]) expect(gSet.expects(value)).toBe("an array");
});

test("of a change a document could hold what is added", () => {
  expect(orSet.forSchema?.({ add: ["x"], remove: ["y"] })).toEqual(["x"]);
  expect(orSet.forSchema?.({ remove: ["y"] })).toEqual([]);
  expect([["x"], "x", { other: 1 }].map((value) => orSet.forSchema?.(value))).toEqual([["x"], "x", { other: 1 }]);
  expect(gSet.forSchema?.({ add: ["x"] })).toEqual({ add: ["x"] });
});
