import type { Booted } from "../simulated-peer.js";
import type { RunEnd, RunOptions } from "../timeline.js";
import type { World } from "../world.js";

// Peers that speak promises, on virtual time: after each thing that happens promises go on until none can, and only then the next
// thing happens. So one seed is one run here, too.

/** Resolves once all promises have gone as far as they can: whoever runs this has an event loop, and the simulator has none. */
export type Settled = () => Promise<void>;

/** As `World.run`. */
export async function runSettled<B extends Booted>(
  world: World<B>,
  settled: Settled,
  { forMs = Number.POSITIVE_INFINITY, until }: Pick<RunOptions, "forMs" | "until">,
): Promise<RunEnd> {
  const { timeline } = world;
  const deadline = timeline.now + forMs;
  await settled();
  for (;;) {
    if (until?.() === true) return "condition";
    const { happened } = timeline;
    const end = world.run({ forMs: Math.max(0, deadline - timeline.now), until: () => timeline.happened > happened });
    await settled();
    if (end !== "condition") return end;
  }
}
