import { expect, test } from "vitest";
import { decided, outcomeOf, said } from "../said.suite.js";
import { max, min } from "./extremes.js";

const [A, B, C] = ["A", "B", "C"].map((source) => ({ source }));

test("the greatest and the least of the numbers count, whenever they are said", () => {
  const all = [said(3, { ...A, stamp: 9 }), said(10, B), said(-2.5, { ...C, stamp: 1 })];
  expect(outcomeOf(max, ...all)).toEqual({ value: 10, outcome: "resolved", winners: "B", losers: "AC" });
  expect(outcomeOf(min, ...all)).toEqual({ value: -2.5, outcome: "resolved", winners: "C", losers: "AB" });
  expect([decided(max, all).why, decided(min, all).why]).toEqual(["the greatest", "the least"]);
  expect(outcomeOf(max, said(3, A), said(3, B))).toMatchObject({ outcome: "agreed", winners: "AB" });
});

test("whole numbers of any size are compared exactly", () => {
  expect(decided(max, [said(2n ** 60n, A), said(2n ** 60n + 1n, B)]).value).toBe(2n ** 60n + 1n);
  expect(decided(max, [said(2n ** 60n, A), said(1.5, B)]).value).toBe(2n ** 60n);
  expect(decided(min, [said(-(2n ** 60n), A), said(1.5, B)]).value).toBe(-(2n ** 60n));
  // One number in two forms: which of them counts follows from their bytes.
  for (const order of [
    [1e21, 10n ** 21n],
    [10n ** 21n, 1e21],
  ])
    expect(
      decided(
        max,
        order.map((value) => said(value)),
      ).value,
    ).toBe(1e21);
});

test("they have a meaning for numbers alone", () => {
  expect([1, -2.5, 2n ** 60n].map((value) => max.expects(value))).toEqual([undefined, undefined, undefined]);
  for (const value of [null, true, "1", [], {}]) expect(min.expects(value)).toBe("a number");
});
