import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { settled } from "../hosts/settled.suite.js";
import { runSync, type SyncResult } from "../sync/sync-scenario.js";
import { type HostileKind, hostileKinds } from "./hostile-plan.js";

// Each kind of those who mean no good, certain to be there, over a few seeds: honest peers come to hold the same all the same, with
// all that the checkers of a run ask for. `npm run test:seeds -- --family sync` has them in one seed of four.

const first = Number(process.env["SINTER_SEED"] ?? 1);
const seeds = Number(process.env["SINTER_HOSTILE_SEEDS"] ?? 2);

async function outcomes(kind: HostileKind, linkedTo: readonly number[] = [0, 1], from = first): Promise<readonly SyncResult[]> {
  const results: SyncResult[] = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const amend = { hostiles: [{ kind, linkedTo, everyMs: 200 }] };
    const result = await runSync({ seed: `${kind} ${seed}`, hasher, settled, amend: (plan) => ({ ...plan, ...amend }) });
    expect(result.problems, `${kind}, seed ${seed}`).toEqual([]);
    results.push(result);
  }
  return results;
}

test.each(hostileKinds)("%s: nobody honest comes to harm", async (kind) => {
  const results = await outcomes(kind);
  for (const { hostiles } of results) expect(hostiles.get(kind)).toBeGreaterThan(0);
});

test("who lets no frame be what it should loses its links, and gets them again", async () => {
  // How often depends on how soon a run ends: these seeds go on for long enough. It has two links, so the third was got again.
  for (const kind of ["random bytes", "forged ranges", "huge counts"] as const) {
    const [result] = await outcomes(kind, [0, 1], 1);
    expect(result?.hungUp, kind).toBeGreaterThan(2);
  }
});

test("an author of two histories is proven to be one, whether it has one peer for them or two", async () => {
  // Not every seed comes to it: these do.
  const [one, two] = [await outcomes("equivocation", [0], 1), await outcomes("equivocation", [0, 1], 1)];
  expect([...one, ...two].filter(({ forks }) => forks > 0).length).toBeGreaterThan(0);
});
