import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { orSet } from "./or-set.js";
import { emptyState } from "./state.js";
import { Story } from "./story.suite.js";

test("an element is in it as long as somebody added it whom no remover had seen", () => {
  const story = new Story(orSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  story.write("B", (it) => it.remove("x"));
  expect(story.value()).toEqual(new Set(["x"]));
  story.write("C", (it) => it.remove("x"), { knowing: [a1] });
  expect(story.value()).toEqual(new Set());
  story.write("D", (it) => it.add("x"), { knowing: [a1] });
  expect(story.value()).toEqual(new Set(["x"]));
  expect(story.told("x")).toEqual({ winners: ["D1 x"], losers: [] });
  story.holds();
});

test("a removal that came before what it removes takes it away all the same", () => {
  const story = new Story(orSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  const b1 = story.write("B", (it) => it.remove("x"), { knowing: [a1] });
  expect(story.value([b1])).toEqual(new Set());
  expect(story.value([b1, a1])).toEqual(new Set());
  expect(story.bytes([b1, a1])).toEqual(story.bytes([a1, b1]));
});

test("what was removed leaves nothing behind", () => {
  const story = new Story(orSet(text));
  for (let round = 0; round < 50; round++) {
    const added = story.write("A", (it) => it.add("x"));
    story.write("B", (it) => it.remove("x"), { knowing: [added] });
  }
  expect(story.bytes()).toEqual(story.bytesOf(emptyState()));
  story.holds();
});

test("an element that is added again and again has one dot, where nobody adds at once", () => {
  const story = new Story(orSet(text));
  let last = story.write("A", (it) => it.add("x"));
  const { length } = story.bytes();
  for (const author of "BCDEFGH") last = story.write(author, (it) => it.add("x"), { knowing: [last] });
  expect(story.bytes()).toHaveLength(length);
});

test("elements come in the order of their bytes", () => {
  const story = new Story(orSet(text));
  story.write("A", (it) => {
    for (const element of ["b", "é", "", "a"]) it.add(element);
  });
  expect([...story.value()]).toEqual(["", "a", "b", "é"]);
});

test("what is removed is added again by an operation", () => {
  const { restore, keyFrom } = orSet(text);
  expect(restore(keyFrom("x"), { dot: {} as never, value: "x" })).toEqual({ does: "add", key: "x" });
});
