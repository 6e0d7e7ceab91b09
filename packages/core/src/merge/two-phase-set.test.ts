import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { Story } from "./story.suite.js";
import { twoPhaseSet } from "./two-phase-set.js";

test("what anybody removed is never in it again, and who added it besides or behind that lost", () => {
  const story = new Story(twoPhaseSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  expect(story.told("x")).toEqual({ winners: ["A1 x"], losers: [] });
  const b1 = story.write("B", (it) => it.remove("x"), { knowing: [a1] });
  expect(story.value()).toEqual(new Set());
  expect(story.told("x")).toEqual({ winners: ["B1 x"], losers: [] });
  story.write("C", (it) => it.add("x"));
  story.write("A", (it) => it.add("x"), { knowing: [b1] });
  expect(story.value()).toEqual(new Set());
  expect(story.told("x")).toEqual({ winners: ["B1 x"], losers: ["A2 x", "C1 x"] });
  expect(story.type.restore("x", { dot: {} as never, value: "x" })).toBeUndefined();
  story.holds();
});

test("what is removed and was never added stays out", () => {
  const story = new Story(twoPhaseSet(text));
  story.write("A", (it) => it.remove("x"));
  story.write("B", (it) => {
    it.add("x");
    it.add("y");
  });
  expect([...story.value()]).toEqual(["y"]);
  story.holds();
});

test("of an element each lane's last addition and last removal are kept, and no more", () => {
  const story = new Story(twoPhaseSet(text));
  story.write("A", (it) => it.add("x"));
  story.write("B", (it) => it.remove("x"));
  const { length } = story.bytes();
  for (let again = 0; again < 20; again++) {
    story.write("A", (it) => it.add("x"));
    story.write("B", (it) => it.remove("x"));
  }
  expect(story.bytes()).toHaveLength(length);
  story.holds();
});
