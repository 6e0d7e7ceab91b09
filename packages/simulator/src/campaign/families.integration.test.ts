import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import type { PlanLimits } from "../hosts/run-limits.js";
import { settled } from "../hosts/settled.suite.js";
import { type FamilyRun, families } from "./families.js";

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

const cut = families.flatMap(({ name, run, sizeOf }) => (sizeOf === undefined ? [] : [{ name, run, sizeOf }]));

test("of most families a seed that fails can be made smaller", () => {
  expect(cut.map(({ name }) => name)).toEqual(["twins", "views", "sync"]);
});

test.each(cut)(
  "a seed of $name within the size that it plans is the same run, and within less of it a smaller one",
  async ({ run, sizeOf }) => {
    const seed = Array.from({ length: 100 }, (_, at) => first + at).find(
      (each) => sizeOf(each).peers > 2 && sizeOf(each).troubles.length > 0,
    );
    if (seed === undefined) throw new Error("no such seed");
    const { peers, rounds, troubles, hostiles } = sizeOf(seed);
    const limits = { peersMax: peers, roundsMax: rounds, troubles, hostilesMax: hostiles.length };
    const traced = async (within?: PlanLimits) => await run({ seed, hasher, settled, trace: {}, ...(within && { limits: within }) });
    const whole = await traced();
    expect((await traced(limits)).hash).toBe(whole.hash);
    const [fewer, shorter, calmer] = [
      await traced({ ...limits, peersMax: 2 }),
      await traced({ ...limits, roundsMax: 0 }),
      await traced({ ...limits, troubles: [], hostilesMax: 0 }),
    ];
    for (const { problems, hash } of [fewer, shorter, calmer]) expect([problems, hash === whole.hash]).toEqual([[], false]);
    expect(shorter.virtualMs).toBeLessThan(whole.virtualMs);
    expect([...calmer.fired.values()].every((times) => times === 0)).toBe(true);
  },
);
