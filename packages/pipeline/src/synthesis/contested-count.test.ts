import { expect, test } from "vitest";
import { ContestedCount } from "./contested-count.js";

const told = (outcome: "resolved" | "unresolved" | "stopped", ...names: readonly string[]) => {
  const count = new ContestedCount();
  for (const name of names) count.take(outcome, () => ({ pointer: [name], names: [name], outcome }));
  return count;
};

test("all are counted, and the first few in the order of the document are named, whatever came first", () => {
  for (const names of [
    ["f", "a", "e", "b", "d", "c"],
    ["a", "b", "c", "d", "e", "f"],
    ["f", "e", "d", "c", "b", "a"],
  ])
    expect(told("resolved", ...names).counts()).toEqual({ count: 6, unresolved: 0, stopped: 0, first: ["/a", "/b", "/c", "/d", "/e"] });
  expect(told("unresolved", "b", "a").counts()).toEqual({ count: 2, unresolved: 2, stopped: 0, first: ["/a", "/b"] });
});

test("those that stop everything are named before others", () => {
  const count = told("resolved", "a");
  count.take("stopped", () => ({ pointer: ["z"], names: ["z"], outcome: "stopped" }));
  expect(count.counts()).toEqual({ count: 2, unresolved: 0, stopped: 1, first: ["/z"] });
});
