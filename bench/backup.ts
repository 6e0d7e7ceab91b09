import { copyFileSync, rmSync, statSync } from "node:fs";
import { copyFile, open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { alternate, type Figure, figure, inFolder, timed } from "./measure.js";
import { fill, withPeer } from "./store.js";

const EVENTS = 1_500_000;
const SLICES = 9;
const target = { bench: "backup", unit: "MB/s", reach: { kind: "at least", ratio: 0.5 } } as const;

/** A backup of an open store, hashed and on disk, beside a plain copy of its data file that is on disk as well. */
export async function backup(): Promise<Figure> {
  return await inFolder((dir) =>
    withPeer(join(dir, "store"), async (peer) => {
      await fill(peer, "bench/backup/log", EVENTS);
      const source = join(dir, "store", dataFileName);
      const megabytes = statSync(source).size / 1e6;
      const [copied, made] = [join(dir, "copied"), join(dir, "made")];
      // What is copied lies in memory for both.
      copyFileSync(source, copied);
      rmSync(copied);
      const taken = await alternate({
        count: SLICES,
        limit: () => removed(copied, () => copyToDisk(source, copied)),
        ours: () => removed(made, () => peer.backup(made)),
      });
      return figure(target, (megabytes / taken.ours) * 1_000, (megabytes / taken.limit) * 1_000, { megabytes: Math.round(megabytes) });
    }),
  );
}

async function copyToDisk(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await openFile(to, "r+");
  await file.sync();
  await file.close();
}

async function removed(path: string, work: () => Promise<unknown>): Promise<number> {
  const ms = await timed(work);
  rmSync(path, { recursive: true });
  return ms;
}
