import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { removeWinsSet } from "./remove-wins-set.js";
import { Story } from "./story.suite.js";

test("who removes at once with an addition wins, until somebody adds who has seen it", () => {
  const story = new Story(removeWinsSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  expect([...story.value()]).toEqual(["x"]);
  const b1 = story.write("B", (it) => it.remove("x"));
  expect(story.value()).toEqual(new Set());
  expect(story.told("x")).toEqual({ winners: ["B1 x"], losers: ["A1 x"] });
  const c1 = story.write("C", (it) => it.add("x"), { knowing: [a1] });
  expect(story.told("x")).toEqual({ winners: ["B1 x"], losers: ["C1 x"] });
  story.write("C", (it) => it.add("x"), { knowing: [b1, c1] });
  expect(story.told("x")).toEqual({ winners: ["C2 x"], losers: [] });
  expect([...story.value()]).toEqual(["x"]);
  story.holds();
});

test("an addition that was seen by who removed did not lose: it was undone", () => {
  const story = new Story(removeWinsSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  story.write("B", (it) => it.remove("x"), { knowing: [a1] });
  expect(story.told("x")).toEqual({ winners: ["B1 x"], losers: [] });
  story.holds();
});

test("what lost is added again by an operation", () => {
  const { restore } = removeWinsSet(text);
  expect(restore("x", { dot: {} as never, value: "x" })).toEqual({ does: "add", key: "x" });
});

test("of an element that was removed as many dots stay as were written at once", () => {
  const story = new Story(removeWinsSet(text));
  let last = story.write("A", (it) => it.remove("x"));
  const { length } = story.bytes();
  for (const author of "BABABAB") {
    last = story.write(author, (it) => it.add("x"), { knowing: [last] });
    last = story.write(author, (it) => it.remove("x"), { knowing: [last] });
  }
  expect(story.bytes()).toHaveLength(length);
});
