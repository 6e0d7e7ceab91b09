import type { SeededRandom } from "../seeded-random.js";
import type { DiskImage } from "../virtual-disk.js";
import type { Host, StoreIdentity } from "./host.js";

export interface Image<Promised> {
  readonly disk: DiskImage;
  readonly own: StoreIdentity;
  readonly inode: bigint;
  readonly promises: readonly Promised[];
}

const FIRST_INODE = 1_000n;

/** Disks as they once were, to be put back, and copies of them, to be put into the place of another. */
export class DiskImages<Promised> {
  readonly #kept = new Map<Host<Promised>, Image<Promised>[]>();
  #inodes = FIRST_INODE;

  /** As it is now. */
  keep(host: Host<Promised>): void {
    const image = imageNow(host, host.promises);
    if (image === undefined) return;
    const kept = this.#kept.get(host) ?? [];
    kept.push(image);
    this.#kept.set(host, kept);
  }

  /** One of those kept of this host. */
  earlier(host: Host<Promised>, random: SeededRandom): Image<Promised> | undefined {
    const kept = this.#kept.get(host) ?? [];
    return kept.length === 0 ? undefined : random.pick(kept);
  }

  /** What this host promised is nobody else's. */
  copy(host: Host<Promised>): Image<Promised> | undefined {
    return imageNow(host, []);
  }

  /** `known`: the store can tell that it is not where it was. It comes up by `start`. */
  put(
    host: Host<Promised>,
    image: Image<Promised>,
    { known, random }: { readonly known: "yes" | "no"; readonly random: SeededRandom },
  ): void {
    const { disk } = host.simulated;
    host.simulated.kill();
    disk.load(image.disk);
    // It was copied while it was written to: of what was not flushed any part may be there.
    disk.crash({ random });
    // An image of what another host was is none of this one.
    this.#kept.delete(host);
    host.promises = [...image.promises];
    host.own = image.own;
    host.inode = known === "yes" ? this.#inodes++ : image.inode;
  }
}

function imageNow<Promised>(host: Host<Promised>, promises: readonly Promised[]): Image<Promised> | undefined {
  const { simulated, own, inode } = host;
  return simulated.state === "down" ? undefined : { disk: simulated.disk.image(), own, inode, promises: [...promises] };
}
