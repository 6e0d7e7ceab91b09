import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import type { PlanLimits } from "../hosts/run-limits.js";
import { settled } from "../hosts/settled.suite.js";
import { noChaos } from "./chaos-transport.js";
import { laterTroubles, type SyncPlan, syncTroubles } from "./sync-plan.js";
import { runSync, type SyncResult } from "./sync-scenario.js";

// A few seeds of those that `npm run test:seeds -- --family sync` runs by the thousand.

const first = Number(process.env["SINTER_SEED"] ?? 1);
const seeds = Array.from({ length: 8 }, (_, index) => first + index);
/** As it was when these seeds were found. */
const before = { troubles: syncTroubles.filter((trouble) => !laterTroubles.has(trouble)), hostilesMax: 0 };
/** Seeds that come upon what few do: each of them found a fault. */
const rare: readonly (readonly [seed: number, what: string])[] = [
  [18, "one side of a link begins anew, and the other does not hear that it closed"],
  [97, "two branches of one length are all that anybody holds"],
  [173, "an author of two keys forks, and its second signature is over one branch"],
  [924, "a lane is given up by its author, and then proven to have forked"],
  [1135, "what a peer wanted in its former life on a link is heard in the next"],
  [70188, "a stream is asked for again late, when it has ended and its lane has grown"],
];
const outcomes = new Map<number, Promise<SyncResult>>();
const outcomeOf = (seed: number) => {
  const known = outcomes.get(seed) ?? runSync({ seed, hasher, settled });
  outcomes.set(seed, known);
  return known;
};

test.each(seeds)("seed %i: once nothing goes wrong any more, whoever wants the same holds the same", async (seed) => {
  expect((await outcomeOf(seed)).problems).toEqual([]);
});

test.each(rare)("seed %i: the same, where %s", async (seed) => {
  expect((await runSync({ seed, hasher, settled, limits: before })).problems).toEqual([]);
});

/** The same, of what has come since: what was left of them once they were made smaller. */
const smaller: readonly (readonly [seed: number, limits: PlanLimits, what: string])[] = [
  [306, { peersMax: 2, roundsMax: 3, troubles: ["delay", "clock shift"] }, "a greeting was so long on its way that a clock seemed wrong"],
];

test.each(smaller)("seed %i within %o: the same, where %s", async (seed, limits) => {
  expect((await runSync({ seed, hasher, settled, limits: { hostilesMax: 0, ...limits } })).problems).toEqual([]);
});

const farAheadIs = [0, 1];

test.each(farAheadIs)(
  "host %i is in the year 2100: what it writes is held everywhere and counts nowhere else, and what others write does",
  async (farAhead) => {
    const amend = (plan: SyncPlan): SyncPlan => {
      const hosts = plan.hosts.map((host) => ({ ...host, wishes: undefined }));
      return { ...plan, hosts, troubles: ["kill", "far clock"], chaos: noChaos, hostiles: [], farAhead };
    };
    const { problems, troubles } = await runSync({ seed: first, hasher, settled, amend });
    expect(problems).toEqual([]);
    expect(troubles.get("far clock")).toBeGreaterThan(0);
  },
);

test("seeds are worth their time: much was written, and all kinds of trouble came", async () => {
  // Of these seeds it is known: any others may come to less.
  const all = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(outcomeOf));
  expect(all.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThan(500);
  const met = syncTroubles.filter((trouble) => all.some(({ troubles }) => (troubles.get(trouble) ?? 0) > 0));
  expect(met.length).toBeGreaterThan(12);
});

test("one seed is one run, whether it is traced or not", async () => {
  const traced = { seed: first, hasher, settled, trace: {} };
  const [one, again, untraced] = [await runSync(traced), await runSync(traced), await outcomeOf(first)];
  expect(one.hash).not.toBe("");
  expect(again.hash).toBe(one.hash);
  expect([untraced.virtualMs, untraced.acknowledged, untraced.boots]).toEqual([one.virtualMs, one.acknowledged, one.boots]);
});
