import type { SeededRandom } from "../seeded-random.js";
import { type FaultKind, faultKinds } from "./fault-count.js";

/** What one seed does, and how much of it: each seed has its own few kinds of trouble and its own measure, so that rare
 * combinations are met as often as common ones. */
export interface Swarm {
  readonly peers: number;
  readonly rounds: number;
  readonly subjects: number;
  /** Between two rounds, at most. */
  readonly gapMs: number;
  readonly eventsMost: number;
  readonly bytesMost: number;
  /** Share of events that are large: up to 20 KB, more than a block. */
  readonly largeRate: number;
  /** Commands given at one moment, at most. */
  readonly burstMost: number;
  readonly faults: readonly FaultKind[];
  /** Faults a round. */
  readonly faultRate: number;
  readonly lossRate: number;
  readonly reserveBytes: number;
  /** How long after the day of the build the wall clocks begin. */
  readonly sinceBuildMs: number;
  readonly syncMostMs: number;
}

const HOUR_MS = 3_600_000;
/** Counted where it is seen, or done at the end of every run: not to be drawn. */
const UNDRAWN: readonly FaultKind[] = ["torn write", "flipped bit"];

export function drawSwarm(random: SeededRandom): Swarm {
  const peers = 1 + random.below(3);
  const drawn = faultKinds.filter((kind) => !UNDRAWN.includes(kind) && random.chance(0.4) === "yes");
  const faults = peers > 1 ? drawn : drawn.filter((kind) => kind !== "cut link" && kind !== "second copy");
  return {
    peers,
    rounds: 10 + random.below(30),
    subjects: 1 + random.below(5),
    gapMs: random.pick([1, 10, 100, 2_000, 30_000]),
    eventsMost: random.pick([1, 3, 10, 50]),
    bytesMost: random.pick([0, 40, 300, 1_500]),
    largeRate: random.pick([0, 0, 0.02, 0.2]),
    burstMost: random.pick([1, 2, 6]),
    faults,
    faultRate: random.pick([0.05, 0.15, 0.3]),
    lossRate: random.pick([0, 0, 0.01]),
    reserveBytes: random.pick([16, 64, 256]) * 1024,
    sinceBuildMs: random.pick([HOUR_MS / 6, 1_000 * HOUR_MS, 1_000 * HOUR_MS]),
    syncMostMs: random.pick([0.2, 2, 30]),
  };
}
