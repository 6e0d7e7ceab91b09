import { verifyInclusion } from "@sinter/core";
import { createNodeHasher } from "sinter";
import { type Figure, figure, inFolder, quantile } from "./measure.js";
import { fill, onlyLane, withPeer } from "./store.js";

const SUBJECT = "bench/proof/log";
const EVENTS = 1_000_000;
const PROOFS = 2_000;

/** Inclusion proofs of random events of a feed of a million: made from the store, checked from their bytes alone. */
export async function proof(): Promise<readonly Figure[]> {
  return await inFolder((dir) =>
    withPeer(dir, async (peer) => {
      await fill(peer, SUBJECT, EVENTS);
      const hasher = createNodeHasher();
      const lane = peer.lane(onlyLane(peer, SUBJECT));
      const made: number[] = [];
      const checked: number[] = [];
      let state = 7;
      for (let round = 0; round < PROOFS; round++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        const seq = 1 + (state % EVENTS);
        let from = performance.now();
        const found = lane.prove(seq);
        made.push(performance.now() - from);
        if (found === undefined) throw new Error(`no proof of event ${seq}`);
        from = performance.now();
        const holds = verifyInclusion(hasher, {
          leaf: found.id,
          leafIndex: seq - 1,
          size: found.size,
          root: found.root,
          proof: found.path,
        });
        checked.push(performance.now() - from);
        if (!holds) throw new Error(`the proof of event ${seq} does not hold`);
      }
      const target = (bench: string) => ({ bench, unit: "ms (p50)", reach: { kind: "at most", ratio: 1 } }) as const;
      return [
        figure(target("proof-make"), quantile(made, 0.5), 0.5, { events: EVENTS, p99: quantile(made, 0.99) }),
        figure(target("proof-check"), quantile(checked, 0.5), 0.05, { events: EVENTS, p99: quantile(checked, 0.99) }),
      ];
    }),
  );
}
