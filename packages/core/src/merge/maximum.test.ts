import { expect, test } from "vitest";
import { integerBitsMax } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { writeExact } from "./exact-sum.js";
import { maximum } from "./maximum.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("it is the largest of all that was added, told by who added it first", () => {
  const story = new Story(maximum());
  expect(story.value()).toBeUndefined();
  story.write("A", (it) => it.add(-1.5));
  expect(story.value()).toBe(-1.5);
  story.write("B", (it) => it.add(7));
  story.write("A", (it) => it.add(7));
  story.write("C", (it) => it.add(Number.MIN_VALUE));
  expect(story.value()).toBe(7);
  expect(story.told()).toEqual({ winners: ["B1 7"], losers: [] });
  story.holds();
});

test("as many as were added, it holds one", () => {
  const story = new Story(maximum());
  story.write("A", (it) => it.add(1));
  const { length } = story.bytes();
  for (let value = 0; value < 50; value++) story.write("B", (it) => it.add(value));
  expect(story.bytes()).toHaveLength(length);
  expect(story.value()).toBe(49);
});

test.each([Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "7" as never, 7n as never])(
  "%s is none of its numbers",
  (value) => {
    expect(() =>
      maximum()
        .commands(() => {})
        .add(value),
    ).toThrow("a number is expected");
  },
);

test("bigints are exact, and bounded", () => {
  const story = new Story(maximum("bigint"));
  expect(story.type.name).toBe("maximum(bigint)");
  const largest = 2n ** BigInt(integerBitsMax - 1) - 1n;
  story.write("A", (it) => it.add(2n ** 53n));
  story.write("B", (it) => it.add(2n ** 53n + 1n));
  expect(story.value()).toBe(2n ** 53n + 1n);
  story.write("B", (it) => it.add(-largest - 1n));
  story.write("B", (it) => it.add(0n));
  story.write("B", (it) => it.add(largest));
  expect(story.value()).toBe(largest);
  story.holds();
  expect(() => story.operations((it) => it.add(largest + 1n))).toThrow(`at most ${integerBitsMax} bits`);
  expect(() => story.operations((it) => it.add(1 as never))).toThrow("a bigint is expected");
});

test("operations of other kinds, lengths and numbers are malformed", () => {
  const { decodeOperation } = maximum();
  const double = (value: number) => new Uint8Array(new Float64Array([value]).buffer).reverse();
  expect(decodeOperation(operationKinds.add, double(0.1))).toBe(0.1);
  for (const value of [Number.NaN, -0, Number.POSITIVE_INFINITY])
    expect(reasonOf(decodeOperation(operationKinds.add, double(value)))).toContain("a number is expected");
  expect(reasonOf(decodeOperation(operationKinds.add, new Uint8Array(7)))).toContain("8 bytes expected");
  expect(reasonOf(decodeOperation(operationKinds.add, new Uint8Array(9)))).toContain("1 bytes too many");
  expect(reasonOf(decodeOperation(operationKinds.write, double(1)))).toContain("kind 43, which a maximum does not have");
  const exact = (value: bigint) => {
    const writer = new Writer();
    writeExact(writer, value);
    return maximum("bigint").decodeOperation(operationKinds.add, writer.finish());
  };
  expect(exact(-5n)).toBe(-5n);
  expect(reasonOf(exact(2n ** 255n))).toContain("at most 256 bits");
  expect(reasonOf(exact(2n ** 300n))).toContain("groups");
});
