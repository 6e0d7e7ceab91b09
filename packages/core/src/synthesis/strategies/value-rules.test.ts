import { expect, test } from "vitest";
import { decided, outcomeOf, said, saidObject } from "../said.suite.js";
import { error, first, lww, mv, priority, quorum, unanimous } from "./value-rules.js";

const [A, B, C] = ["A", "B", "C"].map((source) => ({ source }));

test("lww: what was said last counts, whoever says it", () => {
  const [early, late] = [said("z", { ...A, stamp: 1 }), said("a", { ...B, stamp: 2 })];
  expect(outcomeOf(lww, early, late)).toEqual({ value: "a", outcome: "resolved", winners: "B", losers: "A" });
  expect(decided(lww, [early, late]).why).toBe("said last");
  expect(outcomeOf(lww, said("z", A), late)).toMatchObject({ value: "a", winners: "B" });
});

test("lww: of what was said at once the greatest bytes count, and names do not", () => {
  expect(outcomeOf(lww, said("a", { source: "Z", stamp: 1 }), said("b", { source: "A", stamp: 1 }))).toMatchObject({ value: "b" });
  expect(outcomeOf(lww, said("\uffff", A), said("\u{1f600}", B))).toMatchObject({ value: "\u{1f600}" });
  const decision = decided(lww, [said("a", A), said("b", B), said("c", { ...C, stamp: -5 })]);
  expect([decision.value, decision.why]).toEqual(["c", "said last"]);
  expect(decided(lww, [said("a", A), said("b", B)]).why).toContain("greatest by its canonical bytes");
  // By bytes, texts (0x22) come before numbers, those before arrays, null and truth, and all before objects.
  const kinds = [null, true, 5, "5", [5], { a: 5 }].map((value, at) => said(value, { source: `${at}` }));
  expect(decided(lww, kinds).value).toEqual({ a: 5 });
  expect(decided(lww, kinds.slice(0, 5)).value).toBe(true);
});

test("lww: those who say the same count together, whenever they say it", () => {
  expect(outcomeOf(lww, said(1, { ...A, stamp: 3 }), said(1, { ...B, stamp: 1 }), said(2, { ...C, stamp: 2 }))).toEqual({
    value: 1,
    outcome: "resolved",
    winners: "AB",
    losers: "C",
  });
  expect(outcomeOf(lww, said({ a: 1, b: 2 }, A), said({ b: 2, a: 1 }, B))).toMatchObject({ outcome: "agreed", winners: "AB", losers: "" });
});

test("first: what was said first counts; what has no stamp was said before all", () => {
  expect(outcomeOf(first, said(1, { ...A, stamp: 1 }), said(2, { ...B, stamp: 2 }))).toMatchObject({ value: 1, outcome: "resolved" });
  expect(outcomeOf(first, said(1, { ...A, stamp: 1 }), said(2, B))).toMatchObject({ value: 2 });
  const atOnce = decided(first, [said("a", { ...A, stamp: 1 }), said("b", { ...B, stamp: 1 }), said("c", { ...C, stamp: 2 })]);
  expect(atOnce).toMatchObject({ value: "b", why: expect.stringContaining("greatest") });
  expect(decided(first, [said(1, { ...A, stamp: 1 }), said(2, { ...B, stamp: 2 })]).why).toBe("said first");
});

test("priority: sources in their order, whenever they say it; who is not named comes last", () => {
  const order = priority(["B", "A"]);
  expect(order.name).toBe("priority(B > A)");
  expect(outcomeOf(order, said(1, { ...A, stamp: 9 }), said(2, B))).toMatchObject({ value: 2, outcome: "resolved" });
  expect(outcomeOf(order, said(1, A), said(3, { ...C, stamp: 9 }))).toMatchObject({ value: 1 });
  expect(outcomeOf(order, said(3, { ...C, stamp: 1 }), said(4, { source: "D", stamp: 2 }))).toMatchObject({ value: 4 });
  expect(decided(order, [said(1, A), said(2, B)]).why).toBe("of the highest priority");
  const twice = decided(order, [said(1, { ...B, id: "1", stamp: 1 }), said(2, { ...B, id: "2", stamp: 2 })]);
  expect(twice).toMatchObject({ value: 2, why: "of the highest priority, and of those: said last" });
});

test("priority: without an order, by what fragments say of themselves", () => {
  expect(priority().name).toBe("priority");
  expect(outcomeOf(priority(), said(1, { ...A, priority: 2 }), said(2, { ...B, priority: 1, stamp: 9 }), said(3, C))).toMatchObject({
    value: 1,
  });
  expect(outcomeOf(priority(), said(1, { ...A, priority: -1 }), said(2, B))).toMatchObject({ value: 2 });
});

test("quorum: what so many sources say counts, and a source counts once", () => {
  const two = quorum(2);
  expect(two.name).toBe("quorum(2)");
  expect(outcomeOf(two, said(1, A), said(1, B), said(2, { ...C, stamp: 9 }))).toEqual({
    value: 1,
    outcome: "resolved",
    winners: "AB",
    losers: "C",
  });
  expect(outcomeOf(two, said(1, A), said(1, { ...A, id: "again" }))).toEqual({ outcome: "unresolved", winners: "", losers: "AA" });
  expect(decided(two, [said(1, A), said(2, B)]).why).toBe("no value is said by 2 sources, but by 1 at most");
  expect(decided(two, [said(1, A), said(1, B), said(2, C)]).why).toBe("said by 2 sources, of 2 that are asked for");
});

test("quorum: of several values most sources count, then the later, then the greatest", () => {
  const by = (value: string, sources: string, stamp?: number) =>
    [...sources].map((source) => said(value, { source, id: source + value, stamp }));
  expect(outcomeOf(quorum(2), ...by("a", "ABC"), ...by("b", "DE", 9))).toMatchObject({ value: "a" });
  expect(outcomeOf(quorum(2), ...by("a", "AB", 2), ...by("b", "DE", 1))).toMatchObject({ value: "a" });
  expect(outcomeOf(quorum(2), ...by("a", "AB"), ...by("b", "DE"))).toMatchObject({ value: "b" });
});

test("unanimous and error: one different value, and nothing counts", () => {
  for (const rule of [unanimous, error]) {
    expect(outcomeOf(rule, said(1, A), said(1, { ...B, stamp: 2 }))).toEqual({ value: 1, outcome: "agreed", winners: "BA", losers: "" });
    expect(decided(rule, [said(1, A), said(2, B), said(1, C)])).toMatchObject({
      value: undefined,
      winners: [],
      why: "2 different values are said, and one is asked for",
    });
  }
  expect(decided(unanimous, [said(1, A), said(2, B)]).outcome).toBe("unresolved");
  expect(decided(error, [said(1, A), said(2, B)]).outcome).toBe("stopped");
});

test("mv: of each source what it said last, each value once, in the order of their bytes", () => {
  expect(outcomeOf(mv, said("b", A), said("a", { ...B, stamp: 9 }), said("b", C))).toEqual({
    value: ["a", "b"],
    outcome: "agreed",
    winners: "BAC",
    losers: "",
  });
  expect(outcomeOf(mv, said("a", { ...A, id: "1", stamp: 1 }), said("b", { ...A, id: "2", stamp: 2 }))).toMatchObject({
    value: ["b"],
    winners: "A",
    losers: "A",
  });
  expect(outcomeOf(mv, said("a", { ...A, id: "1" }), said("b", { ...A, id: "2" }))).toMatchObject({ value: ["a", "b"] });
  expect(decided(mv, [said("a", A)])).toMatchObject({ value: ["a"], why: "one value is said" });
  expect(decided(mv, [said("\u{1f600}", A), said("\uffff", B)]).value).toEqual(["\uffff", "\u{1f600}"]);
});

test("an object that merges by its names is one of the values, for rules that take one", () => {
  for (const rule of [lww, first, priority(), quorum(1), unanimous, error]) expect(rule.takesObjects).toBe(true);
  expect(mv.takesObjects).toBeUndefined();
  expect(outcomeOf(lww, saidObject(A), said("z", B))).toMatchObject({ winners: "A" });
  expect(outcomeOf(quorum(2), saidObject(A), saidObject(B), said(1, C))).toMatchObject({ winners: "AB" });
});

test("as many candidates as there are fragments", () => {
  const many = Array.from({ length: 200_000 }, (_, at) => said(at % 7, { source: `${at % 1000}`, id: `${at}` }));
  for (const rule of [priority(), quorum(2), mv]) expect(rule.decide(many).winners.length).toBeGreaterThan(0);
});

test("they have a meaning for anything", () => {
  for (const rule of [lww, first, priority(), quorum(2), unanimous, error, mv])
    for (const value of [null, 1, "", [], {}]) expect(rule.expects(value)).toBeUndefined();
});
