import { expect, test } from "vitest";
import { said } from "./said.suite.js";
import { chosen, compareCandidates } from "./strategy.js";

test("the later comes first, then the greatest bytes, and only of equals the names are asked", () => {
  const order = [
    said("a", { source: "Z", stamp: 2 }),
    said("b", { source: "Z", stamp: 1 }),
    said("a", { source: "A", id: "1", stamp: 1 }),
    said("a", { source: "A", id: "2", stamp: 1 }),
    said("a", { source: "B", id: "0", stamp: 1 }),
    said("\u{1f600}", { source: "Y" }),
    said("\uffff", { source: "X" }),
  ];
  expect(order.toReversed().sort(compareCandidates)).toEqual(order);
});

test("who says what counts has won, and with nobody else there is nothing to resolve", () => {
  const [one, same, other] = [said({ a: 1, b: 2 }, { source: "A" }), said({ b: 2, a: 1 }, { source: "B" }), said(3, { source: "C" })];
  expect(chosen(one, [one, same, other], "so")).toEqual({
    value: { a: 1, b: 2 },
    outcome: "resolved",
    winners: [one, same],
    losers: [other],
    why: "so",
  });
  expect(chosen(one, [one, same], "so")).toMatchObject({ outcome: "agreed", losers: [], why: "all that is said is the same" });
});
