import { type CountedHead, countedHead, equalBytes, laneRange, toHex } from "@sinter/core";
import type { VirtualDisk } from "../virtual-disk.js";
import type { SyncHost } from "./sync-host.js";
import { isGood, lookAgainMs, pass, raiseAll, type SyncScene } from "./sync-scene.js";

// A bit of what one host holds flips on the disk, and nothing notices. Never the last good copy: another host that
// wants it has it too, on its platter, and until this one is mended no other disk rots or is put into the place of another.

interface Rotten {
  readonly host: SyncHost;
  readonly lane: number;
  /** As the disk has it. */
  readonly flipped: VirtualDisk["rot"][number] | undefined;
}

export class BitRot {
  readonly #scene: SyncScene;
  #rotten: Rotten | undefined;

  constructor(scene: SyncScene) {
    this.#scene = scene;
  }

  async strike(host: SyncHost): Promise<"nothing" | undefined> {
    const { random } = this.#scene;
    if (this.#rotten !== undefined || host.peer === undefined) return "nothing";
    const lanes = this.#lanes(host);
    if (lanes.length === 0) return "nothing";
    const lane = random.pick(lanes);
    const { store } = host.simulated;
    const blocks = [...store.keys.range(laneRange("block", lane))].map(([key]) => key.slice());
    if (blocks.length === 0 || store.flipBit(random.pick(blocks)) === undefined) return "nothing";
    host.rot = "some";
    // What was read before it is known may be under way for long.
    this.#scene.rotten.add(host.simulated.id);
    this.#rotten = { host, lane, flipped: host.simulated.disk.rot.at(-1) };
    await this.#audit(host);
    return undefined;
  }

  /** Of which somebody else holds all that counts, with nothing left to lose. */
  #lanes(host: SyncHost): readonly number[] {
    const { circles } = this.#scene;
    const lanes: number[] = [];
    for (const { path, hosts } of circles) {
      const subject = hosts.includes(host) ? host.view.subjectId(path) : undefined;
      if (subject === undefined) continue;
      const others = hosts.filter((other) => other !== host && other.peer !== undefined && other.simulated.disk.unsynced === 0);
      for (const { number, author, epoch } of host.view.lanes(subject)) {
        const counted = this.#counted(host, number);
        // Of its own that is frozen others need not have what lies behind the fork.
        const isOwnFrozen = toHex(author) === host.author && (counted?.freezeAt ?? 0) > 0;
        if (counted === undefined || counted.size === 0 || isOwnFrozen) continue;
        const isThere = others.some((other) => {
          const there = other.view.laneNumber(subject, author, epoch);
          const theirs = there === undefined ? undefined : this.#counted(other, there);
          return theirs !== undefined && theirs.size === counted.size && equalBytes(theirs.headId, counted.headId);
        });
        if (isThere) lanes.push(number);
      }
    }
    return lanes;
  }

  #counted({ view }: SyncHost, lane: number): CountedHead | undefined {
    return view.head(lane) === undefined ? undefined : countedHead(view, this.#scene.hasher, lane);
  }

  /** A peer that was run anew knows of nothing until it looks. */
  async look(): Promise<void> {
    const { host } = this.#rotten ?? {};
    if (host === undefined || host.peer === undefined) return;
    if (this.#needNotCome(host)) await this.#undo(host);
    if (this.#isMended(host)) return this.#over(host);
    await this.#audit(host);
  }

  /** Of a lane that is frozen at its first event nothing counts, and of one of the host's own others need not have what lies behind the fork: what
   * is lost there stays so. */
  #needNotCome(host: SyncHost): boolean {
    const { lane } = this.#rotten as Rotten;
    const freezeAt = host.view.head(lane)?.freezeAt ?? 0;
    const author = host.view.lane(lane)?.author;
    return freezeAt === 1 || (freezeAt > 0 && author !== undefined && toHex(author) === host.author);
  }

  async #undo(host: SyncHost): Promise<void> {
    const { disk } = host.simulated;
    disk.rot = disk.rot.filter((rot) => rot !== this.#rotten?.flipped);
    host.simulated.kill();
    await host.start();
  }

  /** Once nothing goes wrong any more it is, within the time there is for all. */
  async mended(): Promise<void> {
    const { world, boundMs } = this.#scene;
    for (const untilMs = world.now + boundMs; this.#rotten !== undefined && isGood(this.#scene); ) {
      const { host } = this.#rotten;
      await raiseAll(this.#scene);
      await this.look();
      if (this.#rotten === undefined) return;
      if (world.now > untilMs)
        return host.broken(`a bit has flipped that others hold right, and it is not mended: ${this.#problems(host)}`);
      await pass(this.#scene, lookAgainMs);
    }
  }

  async #audit(host: SyncHost): Promise<void> {
    if (host.peer !== undefined) await host.of("an audit", host.peer.audit());
  }

  #isMended(host: SyncHost): boolean {
    return this.#problems(host).length === 0;
  }

  #over(host: SyncHost): void {
    host.rot = "none";
    this.#rotten = undefined;
  }

  #problems(host: SyncHost): readonly string[] {
    return host.auditQuietly().map(({ what, where, detail }) => `${what} at ${where}: ${detail}`);
  }
}
