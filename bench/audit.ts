import { type Figure, figure, inFolder, timed } from "./measure.js";
import { fill, withPeer } from "./store.js";

const EVENTS = 1_000_000;

/** Every byte of a store of a million events of 200 B, hashed again and held against its seals and indexes. */
export async function audit(): Promise<Figure> {
  return await inFolder((dir) =>
    withPeer(dir, async (peer) => {
      await fill(peer, "bench/audit/log", EVENTS);
      await peer.status();
      const seconds = await timed(async () => {
        const { ok, events } = await peer.audit();
        if (!ok || events !== EVENTS) throw new Error(`audited ${events} events, ${ok ? "sound" : "not sound"}`);
      });
      const target = { bench: "audit", unit: "s", reach: { kind: "at most", ratio: 1 } } as const;
      return figure(target, seconds / 1000, 10, { events: EVENTS });
    }),
  );
}
