import { expect, test } from "vitest";
import { decided, outcomeOf, said } from "../said.suite.js";
import { gCounter, pnCounter } from "./counters.js";

const [A, B, C] = ["A", "B", "C"].map((source) => ({ source }));

test("all that is counted is added up, and nothing is lost", () => {
  expect(outcomeOf(gCounter, said(3, A), said(0, B), said(4, C))).toEqual({ value: 7, outcome: "agreed", winners: "CAB", losers: "" });
  expect(decided(pnCounter, [said(3, A), said(-5, B)]).value).toBe(-2);
  expect(decided(pnCounter, [said(3, A), said(3, { ...A, id: "again" })]).value).toBe(6);
  expect(decided(pnCounter, [said(3, A)]).why).toBe("one fragment counts");
  expect(decided(pnCounter, [said(3, A), said(3, B)]).why).toBe("the sum of what 2 fragments count");
});

test("sums are exact, and in the one form that numbers have", () => {
  expect(decided(gCounter, [said(2 ** 53 - 1, A), said(2, B)]).value).toBe(2n ** 53n + 1n);
  expect(decided(pnCounter, [said(2n ** 70n, A), said(-(2n ** 70n), B), said(1, C)]).value).toBe(1);
});

test("they have a meaning for whole numbers, g-counter for those from 0", () => {
  for (const value of [null, 1.5, "1", [], {}]) expect(pnCounter.expects(value)).toBe("a whole number");
  expect([-1, -(2n ** 60n)].map((value) => [gCounter.expects(value), pnCounter.expects(value)])).toEqual([
    ["a whole number from 0", undefined],
    ["a whole number from 0", undefined],
  ]);
  expect([0, 1, 2n ** 60n].map((value) => gCounter.expects(value))).toEqual([undefined, undefined, undefined]);
});

test("what a fragment counts is not what the document holds", () => {
  expect(pnCounter.forSchema?.(-1)).toBeUndefined();
});
