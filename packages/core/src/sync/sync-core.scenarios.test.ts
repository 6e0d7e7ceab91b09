import { expect, test } from "vitest";
import { replayed, replays } from "../protocol/scenario.suite.js";
import { syncStage } from "./sync-stage.suite.js";

// `npm run scenarios -- --rewrite` writes down anew what comes of each: read the difference before you keep it.

const all = replays(syncStage);

test("there are scenarios", () => {
  expect(all.length).toBeGreaterThan(0);
});

test.each(all)("$name: what is said is what is written down", ({ written, now }) => {
  expect(now).toBe(written);
});

test("a scenario that tells something else than what comes of it is noticed, and so is a line that means nothing", () => {
  const text = "# two\n$ peer a\n$ peer b\n$ link a b\n$ talk\n  a > b nothing\n";
  expect(replayed(text, syncStage())).toMatch(/\$ talk\n {2}a > b hello /);
  expect(() => replayed("$ tlak\n", syncStage())).toThrow("no such line of a scenario: tlak");
});
