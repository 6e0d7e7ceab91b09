import { expect, test } from "vitest";
import { FaultCount } from "./fault-count.js";
import { runFeeds } from "./feeds-scenario.js";
import { hasher } from "./web-assembly.suite.js";

const first = Number(process.env["SINTER_SEED"] ?? 1);

test("thirty seeds keep every promise, whatever goes wrong", () => {
  for (let seed = first; seed < first + 30; seed++) {
    const { problems } = runFeeds({ seed, hasher });
    expect(problems, `seed ${seed}: npm run test:seeds -- --runs 1 --seed ${seed} --family feeds`).toEqual([]);
  }
});

test("seeds are worth their time: much was written, and all kinds of trouble came", () => {
  const faults = new FaultCount();
  let acknowledged = 0;
  // Of these seeds it is known: any others may come to less.
  for (let seed = 1; seed <= 30; seed++) {
    const result = runFeeds({ seed, hasher });
    faults.add(result.faults);
    acknowledged += result.acknowledged;
  }
  expect(acknowledged).toBeGreaterThan(1_000);
  expect(faults.fired.get("flipped bit")).toBe(30);
  expect(faults.fired.size).toBeGreaterThan(8);
});

test("one seed is one run, whether it is traced or not", () => {
  const seed = `${first} twice`;
  const [one, two] = [runFeeds({ seed, hasher, trace: {} }), runFeeds({ seed, hasher, trace: {} })];
  const untraced = runFeeds({ seed, hasher });
  expect(one.hash).not.toBe("");
  expect(two.hash).toBe(one.hash);
  expect([untraced.virtualMs, untraced.acknowledged, untraced.boots]).toEqual([one.virtualMs, one.acknowledged, one.boots]);
});
