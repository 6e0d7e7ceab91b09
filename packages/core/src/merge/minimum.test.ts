import { expect, test } from "vitest";
import { minimum } from "./minimum.js";
import { Story } from "./story.suite.js";

test("it is the least of all that was added, told by who added it first", () => {
  const story = new Story(minimum());
  expect(story.type.name).toBe("minimum");
  story.write("A", (it) => it.add(3));
  story.write("B", (it) => it.add(-4));
  story.write("C", (it) => it.add(-4), { wallMs: 10 });
  expect(story.value()).toBe(-4);
  expect(story.told()).toEqual({ winners: ["C1 -4"], losers: [] });
  story.holds();
});

test("bigints are exact", () => {
  const story = new Story(minimum("bigint"));
  story.write("A", (it) => it.add(-(2n ** 60n)));
  story.write("B", (it) => it.add(-(2n ** 60n) - 1n));
  expect(story.value()).toBe(-(2n ** 60n) - 1n);
  expect(story.type.name).toBe("minimum(bigint)");
  story.holds();
});
