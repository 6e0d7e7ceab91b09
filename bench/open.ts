import { open } from "sinter";
import { type Figure, figure, inFolder, median } from "./measure.js";
import { fill, withPeer } from "./store.js";

const ROUNDS = 7;
const ROWS = 1_000_000;
const ROWS_PER_TURN = 64;

const target = (bench: string) => ({ bench, unit: "ms", reach: { kind: "at most", ratio: 1 } }) as const;

/** Opening a store with 10 000 events, and with a million. In a process that has opened one before. */
export async function openEvents(): Promise<readonly Figure[]> {
  const small = await opened("10 k events", (dir) => withPeer(dir, (peer) => fill(peer, "bench/open/log", 10_000)));
  const large = await opened("1 M events", (dir) => withPeer(dir, (peer) => fill(peer, "bench/open/log", 1_000_000)));
  return [
    figure(target("open-10k-events"), small, 20),
    figure(target("open-1m-events"), large, 20, { ratioTo10k: Number((large / small).toPrecision(3)) }),
  ];
}

/** Opening a store with a million feeds. Making it takes minutes. */
export async function openRows(): Promise<Figure> {
  return figure(target("open-1m-rows"), await opened("1 M rows", manyRows), 100);
}

async function opened(what: string, fillStore: (dir: string) => Promise<unknown>): Promise<number> {
  return await inFolder(async (dir) => {
    await fillStore(dir);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const from = performance.now();
      const peer = await open({ dir, control: "none" });
      const status = await peer.feeds("bench/open/log");
      times.push(performance.now() - from);
      if (what.includes("events") && status.length !== 1) throw new Error(`${status.length} feeds in ${what}`);
      await peer.close();
    }
    return median(times);
  });
}

async function manyRows(dir: string): Promise<void> {
  await withPeer(dir, async (peer) => {
    const payload = new Uint8Array(8);
    for (let first = 0; first < ROWS; first += ROWS_PER_TURN) {
      const run = Array.from({ length: ROWS_PER_TURN }, (_, index) =>
        peer.append(`rows/${(first + index) % 997}/row/${first + index}`, [{ payload }]),
      );
      await Promise.all(run);
    }
    await peer.status();
  });
}
