import type { Hasher } from "@sinter/core";
import type { Settled } from "../hosts/settled-run.js";
import type { SimRecord } from "./record.js";
import { defaultSettings } from "./settings.js";
import { runSim } from "./virtual-run.js";

// Runs whose wall time is a figure of ours: whoever measures them has a clock, and the simulator has none.

export interface FigureOptions {
  readonly hasher: Hasher;
  readonly settled: Settled;
  readonly seed: number;
}

const FAILURE_PERIOD_MS = 10_000;
const SCALE_MS = 60_000;

/** Five peers by the settings that are taken by themselves, with frames lost, repeated and mixed up, and links that fail. */
export async function runFivePeers({ hasher, settled, seed }: FigureOptions): Promise<SimRecord> {
  const weather = { loss: 0.1, duplication: 0.05, reordering: 0.1, delayMs: 0, jitterMs: 0 };
  return await runSim({ settings: { ...defaultSettings, weather, failurePeriodMs: FAILURE_PERIOD_MS, seed }, hasher, settled });
}

/** One write at one of many peers, each linked to about four: until all have it, and with it all roots are equal. */
export async function runOneWrite({ hasher, settled, seed, peers }: FigureOptions & { readonly peers: number }): Promise<SimRecord> {
  const settings = {
    ...defaultSettings,
    ...{ peers, seed, durationMs: SCALE_MS, writeIntervalMs: 0, quiesceLastMs: 0 },
    // Only the first write, which is made before that.
    stopWritesAtMs: 1,
    topology: { kind: "random", links: 4 },
  } as const;
  return await runSim({ settings, hasher, settled, ends: "met" });
}
