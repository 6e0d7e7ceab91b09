import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { multiValueRegister } from "./multi-value-register.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("all that was written at once is there, the last first, until somebody writes who has seen it", () => {
  const story = new Story(multiValueRegister(text));
  expect(story.value()).toEqual([]);
  const one = story.write("A", (it) => it.set("one"));
  const two = story.write("B", (it) => it.set("two"));
  story.write("C", (it) => it.set("three"), { wallMs: 10 });
  expect(story.value()).toEqual(["two", "one", "three"]);
  expect(story.told()).toEqual({ winners: ["B1 two", "A1 one", "C1 three"], losers: [] });
  story.holds();
  story.write("B", (it) => it.set("both"), { knowing: [one, two] });
  expect(story.value()).toEqual(["both", "three"]);
  story.holds();
});

test("the same value written twice at once is two writes", () => {
  const story = new Story(multiValueRegister(text));
  story.write("A", (it) => it.set("x"));
  story.write("B", (it) => it.set("x"));
  expect(story.value()).toEqual(["x", "x"]);
});

test("it has the operations of a register and no others", () => {
  const type = multiValueRegister(text);
  expect(type.name).toBe("multi-value-register(text)");
  expect(type.decodeOperation(operationKinds.write, Uint8Array.of(0x61))).toEqual(Uint8Array.of(0x61));
  expect(reasonOf(type.decodeOperation(operationKinds.delete, new Uint8Array(0)))).toContain("kind 47");
});
