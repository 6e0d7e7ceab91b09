import { expect, test } from "vitest";
import { hostileKinds } from "../hostile/hostile-plan.js";
import { SeededRandom } from "../seeded-random.js";
import { circlesOf, laterTroubles, limited, planned, type SyncPlan, syncTroubles } from "./sync-plan.js";

const first = Number(process.env["SINTER_SEED"] ?? 1);
const plans = Array.from({ length: 600 }, (_, at) => planned(new SeededRandom(first + at, "world/sync")));

test("all kinds of trouble, and all who mean no good, are planned by some seed", () => {
  const troubles = new Set(plans.flatMap((plan) => plan.troubles));
  expect(syncTroubles.filter((trouble) => !troubles.has(trouble))).toEqual([]);
  const kinds = new Set(plans.flatMap(({ hostiles }) => hostiles.map(({ kind }) => kind)));
  expect(hostileKinds.filter((kind) => !kinds.has(kind))).toEqual([]);
  expect(plans.filter(({ hostiles }) => hostiles.length === 0).length).toBeGreaterThan(plans.length / 2);
});

test("within no limits a plan is what it was", () => {
  for (const plan of plans) expect(limited(plan)).toEqual(plan);
});

test("within limits there is less of it, and who is left still hears of all others who are", () => {
  const all: SyncPlan["hosts"][number]["wishes"] = undefined;
  for (const plan of plans) {
    const small = limited(plan, { peersMax: 3, roundsMax: 2, troubles: ["loss", "kill"], hostilesMax: 1 });
    expect(small.hosts.length).toBe(Math.min(3, plan.hosts.length));
    expect(small.rounds).toBe(2);
    expect(small.troubles.every((trouble) => ["loss", "kill"].includes(trouble))).toBe(true);
    expect([small.chaos.duplication, small.chaos.reordering, small.chaos.delayMs, small.chaos.jitterMs]).toEqual([0, 0, 0, 0]);
    expect(small.chaos.loss).toBe(plan.chaos.loss);
    expect(small.hostiles.flatMap(({ linkedTo }) => linkedTo).every((index) => index < 3)).toBe(true);
    const wanting = { ...small, hosts: small.hosts.map((host) => ({ ...host, wishes: all })) };
    expect(circlesOf(wanting, "c" as never)).toHaveLength(1);
  }
});

test("what came later is drawn apart: without it a plan is what it always was", () => {
  const before = syncTroubles.filter((trouble) => !laterTroubles.has(trouble));
  for (const plan of plans) {
    const old = limited(plan, { troubles: before, hostilesMax: 0 });
    expect([old.hosts, old.pairs, old.chaos, old.rounds]).toEqual([plan.hosts, plan.pairs, plan.chaos, plan.rounds]);
    expect(old.troubles).toEqual(plan.troubles.filter((trouble) => before.includes(trouble)));
  }
});
