import type { Hasher, PeerId } from "@sinter/core";
import type { HostilePeer } from "../hostile/hostiles.js";
import type { HostedPeer } from "../hosts/hosted-peer.js";
import { runSettled, type Settled } from "../hosts/settled-run.js";
import type { SeededRandom } from "../seeded-random.js";
import type { World } from "../world.js";
import type { SyncHost } from "./sync-host.js";
import type { SyncPlan } from "./sync-plan.js";
import type { Circle } from "./sync-seen.js";

/** All that one run is about: who is there, what was planned, and what went wrong. */
export interface SyncScene {
  readonly plan: SyncPlan;
  readonly world: World<HostedPeer>;
  readonly hosts: readonly SyncHost[];
  readonly hostiles: readonly HostilePeer[];
  readonly circles: readonly Circle[];
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** Of the workload. */
  readonly random: SeededRandom;
  readonly redacted: Set<string>;
  readonly mayFork: Set<string>;
  readonly written: Map<string, string>;
  readonly rotten: Set<PeerId>;
  readonly problems: string[];
  readonly boundMs: number;
}

export function isGood({ problems }: SyncScene): boolean {
  return problems.length === 0;
}

/** Honest ones that are linked. */
export function pairsOf({ plan, world }: SyncScene): (readonly [PeerId, PeerId])[] {
  return plan.pairs.map(([one, other]) => [world.peer(one).id, world.peer(other).id] as const);
}

export async function pass({ world, settled }: SyncScene, forMs: number): Promise<void> {
  await runSettled(world, settled, { forMs });
}

export async function raiseAll({ hosts }: SyncScene): Promise<void> {
  for (const host of hosts) await host.raise(always);
}

export const always = () => "yes" as const;

/** How long is waited before it is looked again. */
export const lookAgainMs = 250;
