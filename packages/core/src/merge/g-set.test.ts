import { expect, test } from "vitest";
import { text } from "./element-codec.js";
import { gSet } from "./g-set.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("what anybody added is in it", () => {
  const story = new Story(gSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  story.write("B", (it) => it.add("y"));
  story.write("B", (it) => it.add("x"), { knowing: [a1] });
  expect([...story.value()]).toEqual(["x", "y"]);
  expect(story.told("x")).toEqual({ winners: ["B2 x", "A1 x"], losers: [] });
  expect(story.told("y")).toEqual({ winners: ["B1 y"], losers: [] });
  story.holds();
});

test("of an element each lane's last addition is kept, and no more", () => {
  const story = new Story(gSet(text));
  story.write("A", (it) => it.add("x"));
  const { length } = story.bytes();
  for (let again = 0; again < 50; again++) story.write("A", (it) => it.add("x"));
  expect(story.bytes()).toHaveLength(length);
  expect(story.told("x").winners).toEqual(["A51 x"]);
  story.holds();
});

test("who claims to have seen what was not yet written takes nothing away by that", () => {
  const story = new Story(gSet(text));
  const a1 = story.write("A", (it) => it.add("x"));
  const b1 = story.write("B", (it) => it.add("x"), { knowing: [a1] });
  // A claims to have seen B's event, whose author had seen A's.
  const claiming = { ...a1, known: new Map([["B", 1]]) };
  expect([...story.value([claiming, b1])]).toEqual(["x"]);
});

test("there is no way out", () => {
  const { commands, decodeOperation } = gSet(text);
  expect(Object.keys(commands(() => {}))).toEqual(["add"]);
  expect(reasonOf(decodeOperation(operationKinds.remove, Uint8Array.of(0x61)))).toContain("only grows");
  expect(reasonOf(decodeOperation(operationKinds.write, Uint8Array.of(0x61)))).toContain("kind 43");
});
