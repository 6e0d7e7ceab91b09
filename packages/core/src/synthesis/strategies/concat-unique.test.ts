import { expect, test } from "vitest";
import { decided, outcomeOf, said } from "../said.suite.js";
import { concatUnique } from "./concat-unique.js";

const [A, B, C] = ["A", "B", "C"].map((source) => ({ source }));

test("the earliest comes first, and what is in several of them where it came first", () => {
  const all = [said(["x", "y"], { ...A, stamp: 2 }), said(["y", "z"], { ...B, stamp: 1 }), said(["w"], C)];
  expect(outcomeOf(concatUnique, ...all)).toEqual({ value: ["w", "y", "z", "x"], outcome: "agreed", winners: "ABC", losers: "" });
});

test("of those said at once the greatest comes first", () => {
  expect(decided(concatUnique, [said(["a"], A), said(["b"], B)]).value).toEqual(["b", "a"]);
  expect(decided(concatUnique, [said(["a"], { ...A, stamp: 1 }), said(["b"], { ...B, stamp: 1 })]).value).toEqual(["b", "a"]);
});

test("elements are told apart by their canonical text, also within one array", () => {
  const value = [{ a: 1, b: 2 }, { b: 2, a: 1 }, 1, "1", [1], [1], null, null, "é", "e\u0301"];
  expect(decided(concatUnique, [said(value)]).value).toEqual([{ a: 1, b: 2 }, 1, "1", [1], null, "é", "e\u0301"]);
  expect(decided(concatUnique, [said([])]).value).toEqual([]);
});

test("it has a meaning for arrays", () => {
  expect(concatUnique.expects([])).toBeUndefined();
  for (const value of [null, "x", {}]) expect(concatUnique.expects(value)).toBe("an array");
});
