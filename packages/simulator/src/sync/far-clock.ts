import { clockDriftMsMax, gSet, isMalformed, type Peer, text, toHex } from "@sinter/core";
import { readPlainly } from "../hosts/plain-reading.js";
import type { SeededRandom } from "../seeded-random.js";
import { dueBy, foldedAmiss, type SeenElement } from "./sync-checks.js";
import { firstWallMs, type SyncHost } from "./sync-host.js";
import { isFarAhead, pathOf, spaceOf } from "./sync-plan.js";
import { isGood, lookAgainMs, pass, raiseAll, type SyncScene } from "./sync-scene.js";
import { type Circle, circles, epochName } from "./sync-seen.js";

// The clock of one host shows the year 2100, and nobody sets it. It means no harm: what it writes is right in all but its stamps.
// Others hold that, pass it on, and count nothing of it before its time; they go by their own clocks, and what they write themselves
// counts everywhere, whatever came from there. To see what counts, all of them have a set open to which each adds.

const YEAR_2100_MS = 4_102_444_800_000;
const WRITE_RATE = 0.5;
const set = gSet(text);
const openTally = (peer: Peer, path: string) => peer.subject(path, set);
type Tally = Awaited<ReturnType<typeof openTally>>;

export class FarClock {
  readonly #scene: SyncScene;
  readonly #random: SeededRandom;
  readonly #path: ReturnType<typeof pathOf>;
  readonly #circles: readonly Circle[];
  readonly #open = new Map<SyncHost, { readonly boots: number; readonly tally: Tally }>();
  readonly #promised: { readonly by: SyncHost; readonly element: string }[] = [];
  /** By how much any clock was shifted at the most. */
  readonly #shiftedMs: () => number;
  #written = 0;
  /** Events that somebody held back when it was looked. */
  held = 0;

  constructor(scene: SyncScene, shiftedMs: () => number) {
    const { plan, hosts, world } = scene;
    this.#scene = scene;
    this.#shiftedMs = shiftedMs;
    this.#random = world.random("far clock");
    this.#path = pathOf(`${spaceOf(plan.subjects[0] as (typeof plan.subjects)[number])}/tally`);
    const isThere = hosts.some(({ index }) => isFarAhead(plan, index));
    this.#circles = isThere ? circles({ ...plan, subjects: [this.#path] }, hosts) : [];
  }

  /** Before anybody comes up. */
  begin(): void {
    for (const host of this.#scene.hosts) if (this.#isFar(host)) host.simulated.wall.shift(YEAR_2100_MS - firstWallMs);
  }

  /** While things go wrong. */
  async round(): Promise<void> {
    for (const { hosts } of this.#circles)
      for (const host of hosts) if (this.#random.chance(WRITE_RATE) === "yes" && isGood(this.#scene)) await this.#add(host);
  }

  async everybody(): Promise<void> {
    for (const { hosts } of this.#circles) for (const host of hosts) await this.#add(host);
  }

  /** Once nothing goes wrong any more. */
  async check(): Promise<void> {
    const { world, boundMs } = this.#scene;
    this.held = 0;
    for (const { hosts } of this.#circles)
      for (const host of hosts) {
        const untilMs = world.now + boundMs;
        for (let amiss: string | undefined = "nothing yet"; amiss !== undefined && isGood(this.#scene); ) {
          await raiseAll(this.#scene);
          amiss = await this.#amissAt(host, hosts);
          if (amiss === undefined) break;
          if (world.now > untilMs) return host.broken(`${this.#path}, where a clock is far ahead: ${amiss}`);
          await pass(this.#scene, lookAgainMs);
        }
      }
  }

  #isFar({ index }: SyncHost): boolean {
    return isFarAhead(this.#scene.plan, index);
  }

  async #tallyOf(host: SyncHost): Promise<Tally | undefined> {
    const { boots } = host.simulated;
    const known = this.#open.get(host);
    if (known?.boots === boots && host.peer !== undefined) return known.tally;
    const opened = host.peer && (await host.of("opening a set", openTally(host.peer, this.#path)));
    if (opened?.kind !== "value" || host.simulated.boots !== boots || host.peer === undefined) return undefined;
    this.#open.set(host, { boots, tally: opened.value });
    return opened.value;
  }

  async #add(host: SyncHost): Promise<void> {
    const tally = await this.#tallyOf(host);
    if (tally === undefined) return;
    const { boots } = host.simulated;
    const isNow = () => host.simulated.boots === boots && host.simulated.state === "up";
    const element = `${host.index}-${++this.#written}`;
    tally.add(element).then(
      () => {
        if (isNow()) this.#promised.push({ by: host, element });
      },
      (error: unknown) => {
        if (isNow()) host.failed("adding to a set", error);
      },
    );
  }

  async #amissAt(host: SyncHost, members: readonly SyncHost[]): Promise<string | undefined> {
    const { world, plan } = this.#scene;
    const tally = await this.#tallyOf(host);
    const status = tally && (await host.of("the status of a set", tally.status()));
    if (tally === undefined || status?.kind !== "value") return "it cannot be asked";
    const stored = this.#stored(host);
    const there = new Set(stored.map(({ element }) => element));
    const lost = this.#promised.find(({ by, element }) => members.includes(by) && !there.has(element));
    if (lost !== undefined) return `${lost.element} was acknowledged by host ${lost.by.index}, and is not here`;
    const wallMs = host.simulated.wall.nowMs();
    const latestMs = (this.#isFar(host) ? YEAR_2100_MS : firstWallMs) + world.now + plan.skewMs + this.#shiftedMs();
    const far = new Set(this.#scene.hosts.filter((each) => this.#isFar(each)).map(({ author }) => author));
    const ahead = stored.find(({ author, stampMs }) => !far.has(author) && stampMs > latestMs + clockDriftMsMax);
    if (ahead !== undefined) return `${ahead.element} is of the year 2100, and of a host whose clock is right`;
    const amiss = foldedAmiss({ stored, shown: tally.value, wallMs, latestMs, driftMs: clockDriftMsMax });
    if (amiss !== undefined) return amiss;
    const held = stored.filter(({ element }) => !tally.value.has(element)).length;
    const saysHeld = status.value.troubles.some(({ cause }) => cause === "held");
    if (held > 0 && !saysHeld) return `it holds ${held} events back, and its status says nothing of it`;
    // What it wrote itself counts there at once, and what it counted once stays, however its clock is set.
    const isAhead = dueBy(stored, wallMs + clockDriftMsMax).length < stored.length;
    if (saysHeld && !isAhead) return "its status says that something is held back, and nothing is ahead of its clock";
    this.held += held;
    return undefined;
  }

  #stored({ view }: SyncHost): readonly SeenElement[] {
    const subject = view.subjectId(this.#path);
    const events = subject === undefined ? [] : readPlainly(view, this.#scene.hasher, subject);
    return events.flatMap(({ author, epoch, seq, stamp, kind, payload }) => {
      const asked = typeof payload === "string" ? undefined : set.decodeOperation(kind, payload);
      if (asked === undefined || isMalformed(asked)) return [];
      const element = set.keyText(set.keyOf(asked));
      return [{ author: toHex(author), epoch: epochName(epoch), seq, stampMs: stamp.wallMs, element }];
    });
  }
}
