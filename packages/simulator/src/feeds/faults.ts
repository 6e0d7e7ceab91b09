import type { SeededRandom } from "../seeded-random.js";
import type { SimulatedPeer } from "../simulated-peer.js";
import type { CrashReport } from "../virtual-disk.js";
import type { World } from "../world.js";
import { FaultCount, type FaultKind } from "./fault-count.js";
import type { Answer, FeedPeer } from "./feed-peer.js";
import type { Station } from "./station.js";
import type { Swarm } from "./swarm.js";

export interface FaultsOptions {
  readonly world: World<FeedPeer>;
  readonly stations: readonly Station[];
  readonly swarm: Swarm;
  readonly start: (peer: SimulatedPeer<FeedPeer>) => void;
}

type Peer = SimulatedPeer<FeedPeer>;

const ROOMY_BYTES = 2 ** 40;
const SHIFT_MS = 3_600_000;
/** A turn stepped on a full disk is answered within this, however slow its syncs. */
const FULL_ECHO_MS = 120_000;

/** What goes wrong in one run, and how often it did. */
export class Faults {
  readonly #options: FaultsOptions;
  readonly #random: SeededRandom;
  readonly #count = new FaultCount();
  readonly #shiftedMs = new Map<Peer, number>();
  /** Crash when the next append is acknowledged. */
  readonly #armed = new Set<Peer>();
  /** Until when a disk may be called full. */
  readonly #fullUntilMs = new Map<Peer, number>();
  /** Became a copy, and has not written since. */
  readonly #copied = new Map<Peer, FaultKind>();
  #inodes = 1n;
  #over: "yes" | "no" = "no";

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.#random = options.world.random("faults");
  }

  counted(): FaultCount {
    const count = new FaultCount();
    count.add(this.#count);
    for (const { disk } of this.#options.world.peers) for (const { kind } of disk.fired) count.fire(kind);
    return count;
  }

  count(kind: FaultKind, how: "planned" | "fired"): void {
    if (how === "planned") this.#count.plan(kind);
    else this.#count.fire(kind);
  }

  strike(): void {
    const { swarm, world } = this.#options;
    if (swarm.faults.length > 0) this.#strike(this.#random.pick(swarm.faults), this.#random.pick(world.peers));
  }

  /** Trouble ends: what was planned is taken back, what was broken mended. */
  end(): void {
    const { world } = this.#options;
    this.#over = "yes";
    this.#armed.clear();
    for (const peer of world.peers) {
      peer.disk.unplant();
      peer.disk.capacityBytes = ROOMY_BYTES;
      peer.wall.shift(-(this.#shiftedMs.get(peer) ?? 0));
    }
    world.heal();
  }

  answered(peer: Peer, answer: Answer): void {
    const { world, stations } = this.#options;
    if (answer.kind === "refused" && answer.code === "disk-full") {
      this.#count.fire("full disk");
      if ((this.#fullUntilMs.get(peer) ?? 0) < world.now) (stations[peer.index] as Station).broken("called full, and is not");
    }
    if (answer.kind !== "appended") return;
    const copied = this.#copied.get(peer);
    if (copied !== undefined) {
      if (answer.appended.epoch > 0) this.#count.fire(copied);
      this.#copied.delete(peer);
    }
    if (!this.#armed.delete(peer)) return;
    const boot = peer.boots;
    world.timeline.after(0, () => {
      if (peer.state === "down" || peer.boots !== boot) return;
      this.#count.fire("crash at acknowledgement");
      this.#torn(peer.crash());
    });
  }

  /** A peer that could not go on is started anew; whether it had reason to stop, its reason says. */
  halted(peer: Peer): void {
    const { why } = peer.booted;
    const reason = why.replace("too many failures within a minute, the last: ", "");
    if (!/^(no space left|the disk cannot|the store is closed)/.test(reason))
      (this.#options.stations[peer.index] as Station).broken(`halted: ${why}`);
    peer.stop();
    this.#options.start(peer);
  }

  #strike(kind: FaultKind, peer: Peer): void {
    const random = this.#random;
    const { disk } = peer;
    if (kind !== "crash" && kind !== "kill") this.#count.plan(kind);
    switch (kind) {
      case "crash":
      case "kill":
        return this.#stopped(kind, peer);
      case "crash at acknowledgement":
        this.#armed.add(peer);
        return;
      case "power cut":
      case "no space":
      case "write error":
        return disk.plant({ kind, atWrite: disk.writes + 1 + random.below(30) });
      case "sync error":
        return disk.plant({ kind, atSync: disk.syncs + 1 + random.below(4) });
      case "slow sync":
        return disk.plant({ kind, atSync: disk.syncs + 1 + random.below(4), extraMs: random.pick([50, 1_000, 10_000]) });
      case "full disk":
        return this.#fill(peer);
      case "clock forward":
      case "clock back":
        return this.#shift(kind, peer);
      case "restored copy":
      case "second copy":
        return this.#copy(kind, peer);
      case "cut link":
        return this.#cut(peer);
      default:
        return undefined;
    }
  }

  #stopped(kind: "crash" | "kill", peer: Peer): void {
    if (peer.state === "down") return;
    this.#count.plan(kind);
    this.#count.fire(kind);
    if (kind === "kill") peer.kill();
    else this.#torn(peer.crash());
  }

  #torn({ unsynced, torn }: CrashReport): void {
    if (unsynced > 0) this.#count.plan("torn write");
    if (torn > 0) this.#count.fire("torn write");
  }

  /** Little room is left, or none; after a while there is plenty again. */
  #fill(peer: Peer): void {
    const { world, swarm } = this.#options;
    const untilMs = this.#random.pick([20, 500, 20_000]);
    peer.disk.capacityBytes = peer.disk.bytes().length + this.#random.below(2 * swarm.reserveBytes);
    this.#fullUntilMs.set(peer, Number.POSITIVE_INFINITY);
    world.timeline.after(untilMs, () => {
      peer.disk.capacityBytes = ROOMY_BYTES;
      this.#fullUntilMs.set(peer, world.now + FULL_ECHO_MS);
    });
  }

  #shift(kind: "clock forward" | "clock back", peer: Peer): void {
    const byMs = Math.floor(this.#random.fraction() * SHIFT_MS) * (kind === "clock back" ? -1 : 1);
    peer.wall.shift(byMs);
    this.#shiftedMs.set(peer, (this.#shiftedMs.get(peer) ?? 0) + byMs);
    this.#count.fire(kind);
  }

  #copy(kind: "restored copy" | "second copy", peer: Peer): void {
    const { world, stations, start } = this.#options;
    const station = stations[peer.index] as Station;
    if (peer.state === "up") peer.kill();
    this.#inodes += 1n;
    if (kind === "restored copy") {
      station.inode = this.#inodes;
      this.#copied.set(peer, kind);
      return start(peer);
    }
    const other = this.#random.pick(world.peers.filter((each) => each !== peer));
    const copy = stations[other.index] as Station;
    if (other.state === "up") other.kill();
    other.disk.load(peer.disk.image());
    copy.crypto = station.crypto;
    copy.acknowledged = station.acknowledged.copy();
    copy.inode = this.#inodes;
    this.#copied.set(other, kind);
    start(peer);
    start(other);
  }

  #cut(peer: Peer): void {
    const { world } = this.#options;
    const other = this.#random.pick(world.peers.filter((each) => each !== peer));
    world.split([peer.index], [other.index]);
    this.#count.fire("cut link");
    world.timeline.after(this.#random.pick([10, 1_000, 30_000]), () => {
      if (this.#over === "no") world.heal();
    });
  }
}
