import { expect, test } from "vitest";
import { encodeI64 } from "./exact-sum.js";
import { operationKinds } from "./operation-kinds.js";
import { pnCounter } from "./pn-counter.js";
import { reasonOf, Story } from "./story.suite.js";

test("everybody's amounts add up, and each author's share is told, the largest first", () => {
  const story = new Story(pnCounter());
  expect(story.value()).toBe(0);
  story.write("A", (it) => it.increment());
  const b1 = story.write("B", (it) => it.increment(5));
  story.write("A", (it) => it.decrement(3), { knowing: [b1] });
  expect(story.value()).toBe(3);
  expect(story.told()).toEqual({ winners: ["B1 5", "A2 -2"], losers: [] });
  story.holds();
});

test("a lane counts as far as the side that is folded further has it: nothing is counted twice", () => {
  const story = new Story(pnCounter());
  const [a1, a2, b1] = [
    story.write("A", (it) => it.increment(1)),
    story.write("A", (it) => it.increment(10)),
    story.write("B", (it) => it.increment(100)),
  ];
  expect(story.valueOf(story.joined([a1, a2], [a1, b1]))).toBe(111);
  expect(story.valueOf(story.joined([a1, b1], [a1, a2]))).toBe(111);
  expect(story.bytesOf(story.joined([a1], [a1, a2, b1]))).toEqual(story.bytes());
});

test("a lane of which the other side was folded further and counts nothing was taken back", () => {
  const story = new Story(pnCounter());
  const a1 = story.write("A", (it) => it.increment(1));
  const b1 = story.write("B", (it) => it.increment(100));
  const state = story.state([a1, b1]);
  const from = story.state([a1]);
  from.seen.reach(1, Number.POSITIVE_INFINITY);
  const item = state.items.get("") as never;
  story.type.join(item, from.items.get("") as never, { lanes: {} as never, into: state.seen, from: from.seen });
  expect(story.valueOf(state)).toBe(1);
});

test("sums are exact beyond what a number holds: then a number is refused, and a bigint is not", () => {
  const numbers = new Story(pnCounter());
  const bigints = new Story(pnCounter("bigint"));
  expect(bigints.type.name).toBe("pn-counter(bigint)");
  expect(bigints.value()).toBe(0n);
  for (const story of [numbers, bigints]) {
    story.write("A", (it) => it.increment(Number.MAX_SAFE_INTEGER));
    story.write("B", (it) => it.increment(2n ** 63n - 1n));
    story.write("C", (it) => it.increment(1));
  }
  const sum = 2n ** 63n + BigInt(Number.MAX_SAFE_INTEGER);
  expect(bigints.value()).toBe(sum);
  expect(() => numbers.value()).toThrow(`${sum} is beyond what a number holds exactly: read it through pnCounter("bigint")`);
  bigints.holds();
  numbers.write("D", (it) => it.decrement(2n ** 63n - 1n));
  numbers.write("D", (it) => it.decrement(1));
  expect(numbers.value()).toBe(Number.MAX_SAFE_INTEGER);
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 53, 0n, -1n, 2n ** 63n])("an amount is not %s", (by) => {
  const { commands } = pnCounter();
  expect(() => commands(() => {}).increment(by)).toThrow("from 1 to 2^63 - 1");
  expect(() => commands(() => {}).decrement(by)).toThrow("from 1 to 2^63 - 1");
});

test("operations of other kinds, lengths and amounts are malformed", () => {
  const { decodeOperation, encodeOperation } = pnCounter();
  for (const by of [1, -1, Number.MAX_SAFE_INTEGER, -(2n ** 63n - 1n)]) {
    const { kind, payload } = encodeOperation(by);
    expect(decodeOperation(kind, payload)).toBe(by);
  }
  expect(reasonOf(decodeOperation(operationKinds.write, encodeI64(1)))).toContain("kind 43, which a counter does not have");
  expect(reasonOf(decodeOperation(operationKinds.increment, new Uint8Array(7)))).toContain("an amount of 7 bytes");
  expect(reasonOf(decodeOperation(operationKinds.increment, encodeI64(0)))).toContain("an amount of 0");
  expect(reasonOf(decodeOperation(operationKinds.decrement, encodeI64(-1)))).toContain("an amount of -1");
});
