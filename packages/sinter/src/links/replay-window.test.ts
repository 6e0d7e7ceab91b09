import { linkReplayDatagramsMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplayWindow } from "./replay-window.js";

test("each number is new once, in whatever order, until it is too old", () => {
  const window = new ReplayWindow();
  for (const number of [5, 1, 3, 4]) {
    expect(window.has(number)).toBe("new");
    window.add(number);
    expect(window.has(number)).toBe("seen");
  }
  expect([window.has(2), window.highest]).toEqual(["new", 5]);
});

test("the bound is a bound: the last number within it may still come, the one before may not", () => {
  const window = new ReplayWindow();
  window.add(linkReplayDatagramsMax + 10);
  expect([window.has(11), window.has(10), window.has(0)]).toEqual(["new", "too old", "too old"]);
  window.add(11);
  window.add(linkReplayDatagramsMax + 11);
  expect([window.has(11), window.has(12)]).toEqual(["too old", "new"]);
});

test("what was seen is the same as in a list of all that came", () => {
  const steps = fc.array(fc.integer({ min: 1, max: 4 * linkReplayDatagramsMax }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.array(fc.integer({ min: 1, max: 5 * linkReplayDatagramsMax }), { maxLength: 50 }), (added, asked) => {
      const window = new ReplayWindow();
      for (const number of added) if (window.has(number) === "new") window.add(number);
      const highest = Math.max(0, ...added);
      for (const number of [...asked, ...added]) {
        const isOld = number <= highest - linkReplayDatagramsMax;
        expect(window.has(number)).toBe(isOld ? "too old" : added.includes(number) ? "seen" : "new");
      }
    }),
  );
});
