import { equalBytes, laneRange, toHex } from "@sinter/core";
import type { SyncHost } from "./sync-host.js";
import { isGood, lookAgainMs, pass, raiseAll, type SyncScene } from "./sync-scene.js";

// A bit of what one host holds of another author flips on the disk, and nothing notices. Never the last good copy: another host that
// wants it has it too, on its platter, and until this one is mended no other disk rots or is put into the place of another.

interface Rotten {
  readonly host: SyncHost;
  readonly lane: number;
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
    this.#rotten = { host, lane };
    await this.#audit(host);
    return undefined;
  }

  /** Of other authors, not forked, that somebody else holds in the same way, with nothing left to lose. */
  #lanes(host: SyncHost): readonly number[] {
    const { circles, mayFork } = this.#scene;
    const lanes: number[] = [];
    for (const { path, hosts } of circles) {
      const subject = hosts.includes(host) ? host.view.subjectId(path) : undefined;
      if (subject === undefined) continue;
      const others = hosts.filter((other) => other !== host && other.peer !== undefined && other.simulated.disk.unsynced === 0);
      for (const { number, author, epoch } of host.view.lanes(subject)) {
        const head = host.view.head(number);
        if (head === undefined || head.freezeAt > 0 || mayFork.has(toHex(author)) || toHex(author) === host.author) continue;
        const isThere = others.some(({ view }) => {
          const there = view.laneNumber(subject, author, epoch);
          const theirs = there === undefined ? undefined : view.head(there);
          return theirs !== undefined && theirs.size === head.size && equalBytes(theirs.headId, head.headId);
        });
        if (isThere) lanes.push(number);
      }
    }
    return lanes;
  }

  /** A peer that was run anew knows of nothing until it looks. */
  async look(): Promise<void> {
    const { host } = this.#rotten ?? {};
    if (host === undefined || host.peer === undefined) return;
    if (this.#isMended(host)) return this.#over(host);
    await this.#audit(host);
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
