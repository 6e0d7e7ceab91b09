import { expect, test } from "vitest";
import { replay, replayed } from "../protocol/scenario.suite.js";
import { syncStage } from "./sync-stage.suite.js";

// SINTER_REWRITE=on writes down anew what comes of each: read the difference before you keep it.

test.each(["sync-session.txt", "sync-loss.txt"])("%s: what is said is what is written down", (name) => {
  const { written, now } = replay(name, syncStage());
  expect(now).toBe(written);
});

test("a scenario that tells something else than what comes of it is noticed, and so is a line that means nothing", () => {
  const text = "# two\n$ peer a\n$ peer b\n$ link a b\n$ talk\n  a > b nothing\n";
  expect(replayed(text, syncStage())).toMatch(/\$ talk\n {2}a > b hello /);
  expect(() => replayed("$ tlak\n", syncStage())).toThrow("no such line of a scenario: tlak");
});
