import { expect, test } from "vitest";
import { enableWinsFlag } from "./enable-wins-flag.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf, Story } from "./story.suite.js";

test("it is on as long as somebody enabled it whom nobody who disabled it had seen", () => {
  const story = new Story(enableWinsFlag());
  expect(story.value()).toBe(false);
  const a1 = story.write("A", (it) => it.enable());
  story.write("B", (it) => it.disable());
  expect(story.value()).toBe(true);
  expect(story.told()).toEqual({ winners: ["A1 true"], losers: [] });
  story.holds();
  story.write("B", (it) => it.disable(), { knowing: [a1] });
  expect(story.value()).toBe(false);
  expect(story.told()).toEqual({ winners: [], losers: [] });
  story.holds();
  story.write("A", (it) => it.enable());
  expect(story.value()).toBe(true);
});

test("operations of other kinds, and with more behind them, are malformed", () => {
  const { decodeOperation } = enableWinsFlag();
  expect(decodeOperation(operationKinds.enable, new Uint8Array(0))).toBe("enable");
  expect(decodeOperation(operationKinds.disable, new Uint8Array(0))).toBe("disable");
  expect(reasonOf(decodeOperation(operationKinds.add, new Uint8Array(0)))).toContain("kind 30, which a flag does not have");
  expect(reasonOf(decodeOperation(operationKinds.enable, new Uint8Array(1)))).toContain("1 bytes behind it");
});
