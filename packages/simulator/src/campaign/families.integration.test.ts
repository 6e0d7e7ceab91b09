import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { type FamilyRun, families } from "./families.js";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const first = Number(process.env["SINTER_SEED"] ?? 1);

test.each(families)("two seeds of $name keep every promise, and what they tell of themselves is there", async ({ name, run }) => {
  const runs: FamilyRun[] = [];
  // What comes about is a matter of the seed: of these it is known.
  for (const seed of [1, 2]) {
    const told = await run({ seed, hasher, settled });
    expect(told.problems, `npm run test:seeds -- --runs 1 --seed ${seed} --family ${name}`).toEqual([]);
    runs.push(told);
  }
  const sum = (of: (told: FamilyRun) => number) => runs.reduce((all, told) => all + of(told), 0);
  expect(sum(({ virtualMs }) => virtualMs)).toBeGreaterThan(0);
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(0);
  const planned = new Set(runs.flatMap((told) => [...told.planned.keys()]));
  expect(planned.size).toBeGreaterThan(0);
  // A kind that was planned by another name would be held to have never come about.
  const came = runs.flatMap(({ fired }) => [...fired].flatMap(([kind, times]) => (times > 0 ? [kind] : [])));
  expect(came.length).toBeGreaterThan(0);
  for (const kind of came) expect(planned).toContain(kind);
});

test.each(families)("one seed of $name is one run", async ({ run }) => {
  const traced = () => run({ seed: first, hasher, settled, trace: {} });
  const [one, again] = [await traced(), await traced()];
  expect(one.hash).not.toBe("");
  expect(again.hash).toBe(one.hash);
  const other = await run({ seed: first + 1, hasher, settled, trace: {} });
  expect(other.hash).not.toBe(one.hash);
});
