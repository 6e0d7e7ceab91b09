import { expect, test } from "vitest";
import { watchWaitMs, watchWaitTimes } from "../limits.js";
import { changes, directoryChanges } from "./changes.js";
import { Folder } from "./folder.suite.js";

/** What each look sees, one after the other; looks take so long. */
function told(looks: readonly string[], lookMs = 0) {
  const stop = new AbortController();
  const waits: number[] = [];
  let [at, nowMs] = [0, 0];
  const look = () => {
    nowMs += lookMs;
    if (at + 1 === looks.length) stop.abort();
    return looks[at++] as string;
  };
  const wait = async (ms: number) => void waits.push(ms);
  return { waits, changes: changes({ look, wait, now: () => nowMs, signal: stop.signal }), seen: () => at };
}

async function changedAfter(looks: readonly string[]): Promise<number[]> {
  const { changes: found, seen } = told(looks);
  const after: number[] = [];
  for await (const _change of found) after.push(seen());
  return after;
}

test("it is told at once, and again where something has changed and stayed so for a look", async () => {
  expect(await changedAfter(["a", "a", "a"])).toEqual([1]);
  expect(await changedAfter(["a", "b", "b", "b"])).toEqual([1, 3]);
  expect(await changedAfter(["a", "b", "c", "c", "c"])).toEqual([1, 4]);
  expect(await changedAfter(["a", "b", "a", "a"])).toEqual([1]);
});

test("what takes long to look at is looked at less often", async () => {
  for (const [lookMs, waitMs] of [
    [0, watchWaitMs],
    [watchWaitMs / watchWaitTimes, watchWaitMs],
    [100, 100 * watchWaitTimes],
  ] as const) {
    const { changes: found, waits } = told(["a", "a", "a"], lookMs);
    for await (const _change of found);
    expect(waits).toEqual([waitMs, waitMs]);
  }
});

test("a fragment that is written, added or gone is a change, and so is a rule", async () => {
  const folder = new Folder().put("in/a.json", {}).put("rules.json", {});
  const stop = new AbortController();
  const found = directoryChanges(folder.at("in"), [folder.at("rules.json")], stop.signal);
  await found.next();
  for (const change of [
    () => folder.put("in/a.json", { a: 1 }),
    () => folder.put("in/deep/b.json", {}),
    () => folder.remove("in/a.json"),
    () => folder.put("rules.json", { paths: {} }),
    () => folder.remove("rules.json"),
  ]) {
    const next = found.next();
    change();
    expect(await next).toMatchObject({ done: false });
  }
  const last = found.next();
  stop.abort();
  expect(await last).toMatchObject({ done: true });
});
