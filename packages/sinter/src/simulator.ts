import { AppWorld, type AppWorldOptions } from "@sinter/simulator";
import { createNodeHasher } from "./node-hasher.js";
import { promisesSettled } from "./promises-settled.js";

// `sinter/simulator`: applications under partitions, loss and crashes, in virtual time and by seed.

export type { LinkTraits, Peer, SyncKnobs } from "@sinter/core";
export {
  AppWorld,
  type AppWorldOptions,
  type Chaos,
  SeededRandom,
  SimulationError,
  type Topology,
  type TraceOptions,
  VirtualClock,
  VirtualDisk,
  VirtualNetwork,
  VirtualStore,
  World,
  type WorldOptions,
} from "@sinter/simulator";

export { promisesSettled };

export type SimulateOptions = Omit<AppWorldOptions, "hasher" | "settled">;

/** Peers as `open` makes them, on virtual ports. Time goes by only where a test lets it: `settle`, `pass`, `converged`. */
export async function simulate(options: SimulateOptions): Promise<AppWorld> {
  return await AppWorld.begin({ ...options, hasher: createNodeHasher(), settled: promisesSettled() });
}
