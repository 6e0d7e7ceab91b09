import type { PeerId } from "@sinter/core";
import { DiskImages } from "../hosts/disk-images.js";
import { BitRot } from "./bit-rot.js";
import type { SyncHost, SyncPromise } from "./sync-host.js";
import { isWantedBy, type SyncTrouble } from "./sync-plan.js";
import { pairsOf, type SyncScene } from "./sync-scene.js";

// What befalls hosts and links while things go wrong, one at a time.

/** The smallest part of a disk that is kept back from those who write. */
export const reserveBytes = 16 * 1024;
const HOUR_MS = 3_600_000;

export class Troubles {
  readonly #scene: SyncScene;
  readonly #payload: (more: number) => Uint8Array;
  readonly #images = new DiskImages<SyncPromise>();
  readonly #shiftedMs = new Map<SyncHost, number>();
  readonly rot: BitRot;
  /** How often each came about. */
  readonly count = new Map<SyncTrouble, number>();
  /** By how much a clock was ever shifted. */
  farthestMs = 0;

  constructor(scene: SyncScene, payload: (more: number) => Uint8Array) {
    this.#scene = scene;
    this.#payload = payload;
    this.rot = new BitRot(scene);
  }

  /** As it is now: to be put back some time. */
  keep(host: SyncHost): void {
    if (host.rot === "none") this.#images.keep(host);
  }

  async strike(trouble: SyncTrouble, host: SyncHost): Promise<void> {
    const { world } = this.#scene;
    if (host.simulated.state === "down") return;
    const fired = await this.#befalls(trouble, host);
    if (fired === "nothing") return;
    this.count.set(trouble, (this.count.get(trouble) ?? 0) + 1);
    world.trace?.note(world.now, `host ${host.index}`, trouble);
  }

  /** Whatever can be undone is. */
  undo(host: SyncHost): void {
    const { simulated } = host;
    simulated.disk.unplant();
    host.empty();
    simulated.wall.shift(-(this.#shiftedMs.get(host) ?? 0));
    this.#shiftedMs.delete(host);
    host.cutTo.clear();
    host.letAllGo();
  }

  async #befalls(trouble: SyncTrouble, host: SyncHost): Promise<unknown> {
    const { simulated } = host;
    const { world, random, plan } = this.#scene;
    switch (trouble) {
      case "one-way cut":
        return this.#deafen(host);
      case "clog":
        return this.#clog(host);
      case "broken link":
        return world.network.break(...random.pick(pairsOf(this.#scene)));
      case "partition":
        return this.#part();
      case "clock shift":
        return this.#shift(host);
      case "crash":
        return simulated.crash();
      case "kill":
        return simulated.kill();
      case "shut":
        return await host.shut();
      case "power cut":
      case "write error":
      case "sync error":
        return host.plant(trouble, random, 20);
      case "full disk":
        return host.fill(random.below(2 * reserveBytes), random.pick([500, 5_000, 60_000]));
      case "bit rot":
        return await this.rot.strike(host);
      case "redaction":
        return host.redact(random, plan.subjects);
      case "pause":
        return this.#pause(host);
      default:
        return await this.#replace(trouble, host);
    }
  }

  #neighbour(host: SyncHost): PeerId {
    const { id } = host.simulated;
    const [one, other] = this.#scene.random.pick(pairsOf(this.#scene).filter((pair) => pair.includes(id)));
    return one === id ? other : one;
  }

  #deafen(host: SyncHost): void {
    const peer = this.#neighbour(host);
    host.cutTo.add(peer);
    this.#scene.world.timeline.after(this.#scene.random.pick([500, 5_000, 60_000]), () => void host.cutTo.delete(peer));
  }

  /** One way, or both. */
  #clog(host: SyncHost): void {
    const { hosts, random, world } = this.#scene;
    const peer = this.#neighbour(host);
    const there = hosts.find(({ simulated }) => simulated.id === peer) as SyncHost;
    const ways = [
      { at: host, to: peer },
      { at: there, to: host.simulated.id },
    ].slice(0, random.pick([1, 2]));
    for (const { at, to } of ways) at.clog(to);
    world.timeline.after(random.pick([2_000, 10_000, 45_000]), () => {
      for (const { at, to } of ways) at.letGo(to);
    });
  }

  /** Into two or three that do not hear of each other. */
  #part(): void {
    const { world, random } = this.#scene;
    const parties = 2 + random.below(2);
    const partyOf = new Map(world.peers.map(({ id }) => [id, random.below(parties)]));
    const pairs = pairsOf(this.#scene);
    for (const [one, other] of pairs) if (partyOf.get(one) !== partyOf.get(other)) world.network.cut(one, other);
    world.timeline.after(random.pick([500, 5_000, 60_000]), () => world.heal());
  }

  #shift(host: SyncHost): void {
    const byMs = Math.floor(this.#scene.random.between(-HOUR_MS, HOUR_MS) / 4);
    host.simulated.wall.shift(byMs);
    const shiftedMs = (this.#shiftedMs.get(host) ?? 0) + byMs;
    this.#shiftedMs.set(host, shiftedMs);
    this.farthestMs = Math.max(this.farthestMs, Math.abs(shiftedMs));
  }

  #pause(host: SyncHost): "nothing" | undefined {
    const { peer } = host;
    if (peer === undefined) return "nothing";
    const { boots } = host.simulated;
    peer.pace("pause");
    this.#scene.world.timeline.after(this.#scene.random.pick([500, 10_000]), () => {
      if (host.peer !== undefined && host.simulated.boots === boots) host.peer.pace("resume");
    });
    return undefined;
  }

  /** Its disk is another now; but not while one has lost what another one has. */
  async #replace(trouble: SyncTrouble, host: SyncHost): Promise<"nothing" | undefined> {
    const { hosts, random, plan, mayFork } = this.#scene;
    if (hosts.some(({ rot }) => rot === "some")) return "nothing";
    const isOwn = trouble === "restore" || trouble === "rollback" || trouble === "quiet rollback";
    const other = random.pick(hosts.filter((each) => each !== host));
    const image = isOwn ? this.#images.earlier(host, random) : this.#images.copy(other);
    if (image === undefined) return "nothing";
    const known = trouble === "copy" || trouble === "restore" ? "yes" : "no";
    this.#images.put(host, image, { known, random });
    host.state = trouble === "quiet rollback" ? "quiet" : "writing";
    if (known === "no" && trouble !== "quiet rollback") mayFork.add(host.author);
    await host.start();
    // What twins write at once, each without hearing of the other, is what may come to be a fork.
    if (trouble === "clone" && random.chance(0.7) === "yes") {
      const path = random.pick(plan.subjects);
      for (const twin of [host, other])
        if (isWantedBy(twin.plan, path))
          twin.write(
            path,
            Array.from({ length: 1 + random.below(3) }, () => this.#payload(10)),
          );
    }
    return undefined;
  }
}
