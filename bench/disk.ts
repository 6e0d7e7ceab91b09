import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Figure, figure, inFolder } from "./measure.js";
import { payloadBytes, payloadsFrom } from "./raw-lmdb.js";
import { fill, withPeer } from "./store.js";

const BATCHED = 500_000;
const ONE_BY_ONE = 20_000;

/** Blocks the disk gives to the store's folder, against the bytes of the payloads alone. */
export async function disk(): Promise<readonly Figure[]> {
  const batched = await bytesOnDisk((dir) => withPeer(dir, (peer) => fill(peer, "bench/disk/log", BATCHED)));
  const single = await bytesOnDisk((dir) =>
    withPeer(dir, async (peer) => {
      for (let index = 0; index < ONE_BY_ONE; index++)
        await peer.append(
          "bench/disk/log",
          payloadsFrom(index, 1).map((payload) => ({ payload })),
        );
    }),
  );
  const target = (bench: string, ratio: number) => ({ bench, unit: "bytes/event", reach: { kind: "at most", ratio } }) as const;
  return [
    figure(target("disk-batch", 1.25), batched / BATCHED, payloadBytes, { events: BATCHED }),
    figure(target("disk-one", 1.6), single / ONE_BY_ONE, payloadBytes, { events: ONE_BY_ONE }),
  ];
}

async function bytesOnDisk(fillStore: (dir: string) => Promise<unknown>): Promise<number> {
  return await inFolder(async (dir) => {
    await fillStore(dir);
    return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).blocks * 512, 0);
  });
}
