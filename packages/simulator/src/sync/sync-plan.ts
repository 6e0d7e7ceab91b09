import { defaultKnobs, isMalformed, normalizePath, reconcilers, type SubjectPath, type SyncKnobs } from "@sinter/core";
import { type HostilePlan, plannedHostiles } from "../hostile/hostile-plan.js";
import { leastPeers, type PlanLimits } from "../hosts/run-limits.js";
import type { SeededRandom } from "../seeded-random.js";
import { type Chaos, noChaos } from "./chaos-transport.js";

// What a seed decides before anything happens: who there is, who is linked to whom, who wants what, how bad the weather is.

export const syncTroubles = [
  "loss",
  "duplication",
  "reordering",
  "delay",
  "one-way cut",
  "broken link",
  "partition",
  "clock shift",
  "crash",
  "power cut",
  "kill",
  "shut",
  "write error",
  "sync error",
  "full disk",
  "redaction",
  "pause",
  "copy",
  "clone",
  "restore",
  /** An earlier disk in the place of its own, and the store cannot know it. */
  "rollback",
  /** The same, and it writes nothing until it has met the others: nobody may accuse it. */
  "quiet rollback",
  /** A link holds all back for a while, and then lets go of it. */
  "clog",
  /** A bit of an event on disk flips, where others hold a good copy. */
  "bit rot",
  /** The clock of one of them shows the year 2100, all along. */
  "far clock",
] as const;
export type SyncTrouble = (typeof syncTroubles)[number];

/** They are drawn apart from those that were there before them: so seeds stay what they were where these are not allowed. */
export const laterTroubles: ReadonlySet<SyncTrouble> = new Set(["clog", "bit rot", "far clock"]);

/** Those that are there all along: the weather, and a clock that nobody sets. */
export const lastingTroubles: ReadonlySet<SyncTrouble> = new Set(["loss", "duplication", "reordering", "delay", "far clock"]);

const clockTroubles: ReadonlySet<SyncTrouble> = new Set(["clock shift"]);
const diskTroubles: ReadonlySet<SyncTrouble> = new Set(["copy", "clone", "restore", "rollback", "quiet rollback"]);

/** A space, or one subject. */
export interface PlannedWish {
  readonly space: string;
  readonly subject: SubjectPath | undefined;
}

export interface HostPlan {
  /** `undefined`: all there is. */
  readonly wishes: readonly PlannedWish[] | undefined;
  readonly knobs: SyncKnobs;
  readonly signatures: "ed25519" | "hybrid";
  readonly salt: Uint8Array;
}

export interface SyncPlan {
  readonly hosts: readonly HostPlan[];
  readonly pairs: readonly (readonly [number, number])[];
  readonly subjects: readonly SubjectPath[];
  readonly chaos: Chaos;
  readonly skewMs: number;
  readonly troubles: readonly SyncTrouble[];
  /** Whose clock it is, where one is far ahead: one of those who are there in the smallest run, too. */
  readonly farAhead: number;
  readonly hostiles: readonly HostilePlan[];
  readonly rounds: number;
  readonly paceMs: number;
}

const SUBJECTS = ["a/x/one", "a/x/two", "a/y/three", "b/y", "b/z/four/deep", "c"].map(pathOf);
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SALT_BYTES = 16;

export function planned(draw: SeededRandom): SyncPlan {
  const peers = 2 + draw.below(draw.pick([2, 4, 7]));
  // A store whose disk comes from where the clock was ahead appends nothing again before its time: for hours nothing would heal.
  const apart = draw.pick([clockTroubles, diskTroubles]);
  const first = syncTroubles.filter((trouble) => !laterTroubles.has(trouble) && draw.chance(0.35) === "yes" && !apart.has(trouble));
  const later = draw.stream("later troubles");
  const drawn = [...laterTroubles].filter(() => later.chance(0.35) === "yes");
  // Nobody is given a disk from so far ahead: it would never append anything again.
  const troubles = [...first, ...drawn.filter((trouble) => trouble !== "far clock" || apart === diskTroubles)];
  const farAhead = later.below(leastPeers);
  const subjects = draw.shuffled(SUBJECTS).slice(0, 1 + draw.below(SUBJECTS.length));
  const has = (trouble: SyncTrouble) => troubles.includes(trouble);
  const chaos: Chaos = {
    loss: has("loss") ? draw.pick([0.02, 0.1, 0.3, 0.5]) : 0,
    duplication: has("duplication") ? draw.pick([0.05, 0.2, 0.5]) : 0,
    reordering: has("reordering") ? draw.pick([0.1, 0.5]) : 0,
    delayMs: has("delay") ? draw.pick([5, 200, 2_000, MINUTE_MS]) : 0,
    jitterMs: has("delay") ? draw.pick([0, 10, 1_000]) : 0,
  };
  const interests = draw.pick(["all", "all", "some", "mixed"] as const);
  const salt = draw.bytes(SALT_BYTES);
  const base = knobsOf(draw);
  const hosts = Array.from({ length: peers }, (): HostPlan => {
    const wantsAll = interests === "all" || (interests === "mixed" && draw.chance(0.5) === "yes");
    return {
      wishes: wantsAll ? undefined : wishesOf(draw, subjects),
      knobs: draw.chance(0.8) === "yes" ? base : knobsOf(draw),
      signatures: draw.chance(0.2) === "yes" ? "hybrid" : "ed25519",
      salt: draw.chance(0.95) === "yes" ? salt : draw.bytes(SALT_BYTES),
    };
  });
  return {
    hosts,
    pairs: pairsOf(draw, peers),
    subjects,
    chaos: has("loss") || has("duplication") || has("reordering") || has("delay") ? chaos : noChaos,
    skewMs: draw.pick(apart === clockTroubles ? [0, 500] : [0, 500, MINUTE_MS, HOUR_MS]),
    troubles,
    farAhead,
    hostiles: plannedHostiles(draw.stream("hostile"), peers),
    rounds: 6 + draw.below(20),
    paceMs: draw.pick([50, 1_000, 8_000]),
  };
}

/** The same plan, no larger than that. Peers go from the last on: who is left is linked as before. */
export function limited(plan: SyncPlan, { peersMax, roundsMax, troubles, hostilesMax }: PlanLimits = {}): SyncPlan {
  const peers = Math.max(leastPeers, Math.min(plan.hosts.length, peersMax ?? Number.POSITIVE_INFINITY));
  const kept = plan.troubles.filter((trouble) => troubles?.includes(trouble) ?? true);
  const { loss, duplication, reordering, delayMs, jitterMs } = plan.chaos;
  const has = (trouble: SyncTrouble) => kept.includes(trouble);
  const hostiles = plan.hostiles.map((each) => ({ ...each, linkedTo: each.linkedTo.filter((index) => index < peers) }));
  return {
    ...plan,
    hosts: plan.hosts.slice(0, peers),
    pairs: plan.pairs.filter(([one, other]) => one < peers && other < peers),
    chaos: {
      loss: has("loss") ? loss : 0,
      duplication: has("duplication") ? duplication : 0,
      reordering: has("reordering") ? reordering : 0,
      delayMs: has("delay") ? delayMs : 0,
      jitterMs: has("delay") ? jitterMs : 0,
    },
    troubles: kept,
    hostiles: hostiles.slice(0, hostilesMax).filter(({ linkedTo }) => linkedTo.length > 0),
    rounds: Math.min(plan.rounds, roundsMax ?? Number.POSITIVE_INFINITY),
  };
}

function knobsOf(draw: SeededRandom): SyncKnobs {
  return {
    ...defaultKnobs,
    chunkBytes: draw.pick([256, 700, 16 * 1024, 64 * 1024]),
    windowChunks: draw.pick([1, 2, 4, 16]),
    retransMs: draw.pick([200, 500, 2_000]),
    intervalMs: draw.pick([500, 2_000, 7_000]),
    reconciler: draw.chance(0.5) === "yes" ? undefined : draw.pick(reconcilers),
  };
}

function wishesOf(draw: SeededRandom, subjects: readonly SubjectPath[]): PlannedWish[] {
  const wishes = draw.shuffled(subjects).slice(0, 1 + draw.below(3));
  return wishes.map((subject) => ({ space: spaceOf(subject), subject: draw.chance(0.5) === "yes" ? subject : undefined }));
}

/** A line, a ring, a star, a mesh, or a tree and some links more. */
function pairsOf(draw: SeededRandom, peers: number): (readonly [number, number])[] {
  const topology = draw.pick(["line", "ring", "star", "mesh", "random"] as const);
  const pairs: (readonly [number, number])[] = [];
  for (let one = 0; one < peers; one++)
    for (let other = one + 1; other < peers; other++) {
      const isNear = other === one + 1;
      const isAround = one === 0 && other === peers - 1;
      if (topology === "mesh" || (topology === "star" && one === 0)) pairs.push([one, other]);
      else if ((topology === "line" && isNear) || (topology === "ring" && (isNear || isAround))) pairs.push([one, other]);
      else if (topology === "random" && draw.chance(0.2) === "yes") pairs.push([one, other]);
    }
  if (topology === "random")
    for (let other = 1; other < peers; other++) {
      const one = draw.below(other);
      if (!pairs.some(([left, right]) => left === one && right === other)) pairs.push([one, other]);
    }
  return pairs;
}

export function spaceOf(path: SubjectPath): string {
  return path.split("/").slice(0, 2).join("/");
}

export function isWantedBy({ wishes }: HostPlan, path: SubjectPath): boolean {
  return wishes?.some(({ space, subject }) => (subject === undefined ? space === spaceOf(path) : subject === path)) ?? true;
}

export function isFarAhead({ troubles, farAhead }: Pick<SyncPlan, "troubles" | "farAhead">, host: number): boolean {
  return host === farAhead && troubles.includes("far clock");
}

/** Hosts that want a subject, by who comes to hear of whom through others that want it, too; and how far apart they are. */
export function circlesOf(
  { hosts, pairs }: SyncPlan,
  path: SubjectPath,
): { readonly members: readonly number[]; readonly diameter: number }[] {
  const wanting = hosts.flatMap((plan, index) => (isWantedBy(plan, path) ? [index] : []));
  const near = new Map(wanting.map((index) => [index, new Set<number>()]));
  for (const [one, other] of pairs)
    if (near.has(one) && near.has(other)) {
      near.get(one)?.add(other);
      near.get(other)?.add(one);
    }
  const circles: { readonly members: readonly number[]; readonly diameter: number }[] = [];
  const met = new Set<number>();
  for (const first of wanting) {
    if (met.has(first)) continue;
    const members = [...stepsFrom(first, near).keys()];
    for (const member of members) met.add(member);
    const diameter = Math.max(...members.map((member) => Math.max(...stepsFrom(member, near).values())));
    circles.push({ members, diameter });
  }
  return circles;
}

function stepsFrom(first: number, near: ReadonlyMap<number, ReadonlySet<number>>): ReadonlyMap<number, number> {
  const steps = new Map([[first, 0]]);
  for (const [at, step] of steps) for (const next of near.get(at) ?? []) if (!steps.has(next)) steps.set(next, step + 1);
  return steps;
}

export function pathOf(text: string): SubjectPath {
  const path = normalizePath(text);
  if (isMalformed(path)) throw new Error(path.reason);
  return path;
}
