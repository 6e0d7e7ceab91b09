import { expect, test } from "vitest";
import { encodeI64 } from "./exact-sum.js";
import { gCounter } from "./g-counter.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("it grows by what everybody adds", () => {
  const story = new Story(gCounter());
  expect(story.type.name).toBe("g-counter");
  story.write("A", (it) => it.increment(2));
  story.write("B", (it) => it.increment());
  story.write("A", (it) => it.increment(3n));
  expect(story.value()).toBe(6);
  expect(story.told()).toEqual({ winners: ["A2 5", "B1 1"], losers: [] });
  story.holds();
});

test("beyond what a number holds it names what to read it through", () => {
  const story = new Story(gCounter());
  story.write("A", (it) => it.increment(2n ** 53n));
  expect(() => story.value()).toThrow('read it through gCounter("bigint")');
  const exact = new Story(gCounter("bigint"));
  exact.write("A", (it) => it.increment(2n ** 53n));
  expect(exact.value()).toBe(2n ** 53n);
  expect(exact.type.name).toBe("g-counter(bigint)");
});

test("nothing makes it smaller", () => {
  const { commands, decodeOperation } = gCounter();
  expect(Object.keys(commands(() => {}))).toEqual(["increment"]);
  expect(() => commands(() => {}).increment(-1)).toThrow(RangeError);
  expect(reasonOf(decodeOperation(operationKinds.decrement, encodeI64(1)))).toContain("only grows");
  expect(reasonOf(decodeOperation(operationKinds.increment, encodeI64(-1)))).toContain("always above zero");
});
