import { expect, test } from "vitest";
import { decided, outcomeOf, said } from "../said.suite.js";
import { flag } from "./flag.js";

const [on, off] = [true, false].map((value) => (stamp?: number) => said(value, { source: `${value}${stamp ?? ""}`, stamp }));

test("it is on, unless it was turned off later than all who turned it on", () => {
  expect(decided(flag, [on(2), off(1)]).value).toBe(true);
  expect(decided(flag, [on(1), off(2)]).value).toBe(false);
  expect(decided(flag, [on(1), off(2), on(3)]).value).toBe(true);
  expect(decided(flag, [on(1), off(3), on(2)]).value).toBe(false);
  expect(decided(flag, [on(2), off(2)]).value).toBe(true);
  expect(decided(flag, [on(), off()]).value).toBe(true);
  expect(decided(flag, [on(), off(-7)]).value).toBe(false);
  expect(decided(flag, [off(1)]).value).toBe(false);
  expect(decided(flag, [off()]).value).toBe(false);
});

test("who said otherwise lost", () => {
  expect(outcomeOf(flag, on(2), off(1))).toEqual({ value: true, outcome: "resolved", winners: "true2", losers: "false1" });
  expect(outcomeOf(flag, off(1), off(2))).toMatchObject({ outcome: "agreed" });
  expect([decided(flag, [on(2), off(1)]).why, decided(flag, [on(1), off(2)]).why]).toEqual([
    "nobody turned it off later",
    "turned off later",
  ]);
});

test("it has a meaning for true and false", () => {
  expect([true, false].map((value) => flag.expects(value))).toEqual([undefined, undefined]);
  for (const value of [null, 0, "true", {}]) expect(flag.expects(value)).toBe("true or false");
});
