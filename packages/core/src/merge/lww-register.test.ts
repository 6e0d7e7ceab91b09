import { expect, test } from "vitest";
import { elementBytesMax } from "../bytes/limits.js";
import { json, type StandardSchema, text } from "./element-codec.js";
import { register } from "./lww-register.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("the last in the total order wins, and what was written at once with it lost until somebody writes who has seen it", () => {
  const story = new Story(register(text));
  expect(story.value()).toBeUndefined();
  const first = story.write("A", (it) => it.set("one"));
  const left = story.write("B", (it) => it.set("two"), { knowing: [first], wallMs: 2000 });
  const right = story.write("C", (it) => it.set("three"), { knowing: [first], wallMs: 1500 });
  expect(story.value()).toBe("two");
  expect(story.told()).toEqual({ winners: ["B1 two"], losers: ["C1 three"] });
  story.holds();
  story.write("A", (it) => it.set("four"), { knowing: [left], wallMs: 2500 });
  expect(story.told()).toEqual({ winners: ["A2 four"], losers: ["C1 three"] });
  story.write("A", (it) => it.set("five"), { knowing: [right], wallMs: 2600 });
  expect(story.told()).toEqual({ winners: ["A3 five"], losers: [] });
  story.holds();
});

test("one author's earlier write never wins, whatever its clock said", () => {
  const story = new Story(register(text));
  story.write("A", (it) => it.set("late"), { wallMs: 9000 });
  story.write("A", (it) => it.set("later"), { wallMs: 10 });
  expect(story.told()).toEqual({ winners: ["A2 later"], losers: [] });
});

test("of one event's writes the last counts", () => {
  const story = new Story(register(text));
  story.write("A", (it) => {
    it.set("one");
    it.set("two");
  });
  expect(story.told()).toEqual({ winners: ["A1 two"], losers: [] });
  story.holds();
});

test("equal stamps are decided by the authors, the same everywhere", () => {
  const story = new Story(register(text));
  story.write("B", (it) => it.set("b"), { wallMs: 5 });
  story.write("A", (it) => it.set("a"), { wallMs: 5 });
  expect(story.told()).toEqual({ winners: ["B1 b"], losers: ["A1 a"] });
  story.holds();
});

test("what lost is written again by an operation, which everybody knows to be the last", () => {
  const story = new Story(register(text));
  const one = story.write("A", (it) => it.set("one"));
  const two = story.write("B", (it) => it.set("two"));
  const [lost] = story.explained().losers;
  if (lost === undefined) throw new Error("a loser expected");
  const [operation] = story.operations((it) => it.set("one"));
  expect(story.type.restore("", lost)).toEqual(operation);
  story.write("C", (it) => it.set(lost.value as string), { knowing: [one, two] });
  expect(story.told()).toEqual({ winners: ["C1 one"], losers: [] });
});

test("a schema refuses what does not fit it, at the command and where it comes from others", () => {
  const short: StandardSchema<string> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => (typeof value === "string" && value.length < 4 ? { value } : { issues: [{ message: "too long" }] }),
    },
  };
  const type = register(short);
  expect(type.name).toBe("register(json)");
  const story = new Story(type);
  expect(() => story.operations((it) => it.set("long"))).toThrow("the schema refuses it: too long");
  const [long] = new Story(register(json)).operations((it) => it.set("long"));
  expect(reasonOf(type.decodeOperation(operationKinds.write, long as Uint8Array))).toBe("too long");
  story.write("A", (it) => it.set("abc"));
  expect(story.value()).toBe("abc");
});

test("operations of other kinds, of no element and of too long a one are malformed", () => {
  const { decodeOperation } = register(text);
  expect(reasonOf(decodeOperation(operationKinds.add, new Uint8Array(0)))).toContain("kind 30, which a register does not have");
  expect(reasonOf(decodeOperation(operationKinds.write, Uint8Array.of(0xff)))).toBe("text that is not UTF-8");
  expect(decodeOperation(operationKinds.write, new Uint8Array(elementBytesMax))).toHaveLength(elementBytesMax);
  expect(reasonOf(decodeOperation(operationKinds.write, new Uint8Array(elementBytesMax + 1)))).toContain("are allowed");
});

test("an operation keeps nothing of what it came in", () => {
  const came = Uint8Array.of(0x61);
  const operation = register(text).decodeOperation(operationKinds.write, came);
  came[0] = 0x62;
  expect(operation).toEqual(Uint8Array.of(0x61));
});
