import { clockDriftMsMax, toHex } from "@sinter/core";
import {
  branchesSeen,
  clockAhead,
  clockWentBack,
  falselyAccused,
  foldedBehindFork,
  forged,
  frozenApart,
  type Problem,
  promisesBroken,
  readsOtherwise,
  type TwoHistories,
  unproven,
} from "./sync-checks.js";
import { firstWallMs, type SyncHost } from "./sync-host.js";
import { isFarAhead, isWantedBy } from "./sync-plan.js";
import { always, isGood, lookAgainMs, pass, raiseAll, type SyncScene } from "./sync-scene.js";
import { type Circle, epochName, payloadApart, rowsOf, seenOf } from "./sync-seen.js";
import {
  beyondBounds,
  claimsSync,
  clockUntold,
  type DescribedPeer,
  leftIn,
  notInSync,
  type SeenPair,
  untrueClaims,
} from "./sync-status.js";

// What is looked at while a run goes on, and once all hold the same: the checkers of sync-checks.ts and sync-status.ts, given what
// is to be seen.

const MINUTE_MS = 60_000;

export class Settling {
  readonly #scene: SyncScene;
  readonly #hostile: ReadonlySet<string>;
  /** Which of two histories came to whom, by the circle and who wrote them. */
  readonly #met = new Map<string, Set<number>>();
  #claims: readonly SeenPair[] = [];
  /** By how much a clock was shifted at the most. */
  readonly #shiftedMs: () => number;

  constructor(scene: SyncScene, shiftedMs: () => number) {
    this.#scene = scene;
    this.#hostile = new Set(scene.hostiles.map(({ actor }) => actor.id));
    this.#shiftedMs = shiftedMs;
  }

  /** At any moment: nobody holds more than it may, and which histories have come to whom. */
  async look(): Promise<void> {
    const { hosts, circles, hasher } = this.#scene;
    for (const host of hosts) {
      const described = await describedOf(host);
      if (described !== undefined) this.#tell(beyondBounds(host.index, described, host.plan.knobs.windowChunks));
    }
    for (const [at, { path, hosts: members }] of circles.entries())
      for (const histories of this.#histories(path))
        for (const host of members) {
          if (host.simulated.state === "down" || host.rot === "some") continue;
          const met = this.#met.get(`${at} ${histories.author}`) ?? new Set();
          this.#met.set(`${at} ${histories.author}`, met);
          for (const branch of branchesSeen(seenOf(host, hasher, path), histories)) met.add(branch);
        }
  }

  /** Once links are good again: what they say of each other. */
  async compareClaims(): Promise<void> {
    const { plan, hosts, hasher } = this.#scene;
    const seen: SeenPair[] = [];
    for (const [one, other] of plan.pairs) {
      const [left, right] = [hosts[one] as SyncHost, hosts[other] as SyncHost];
      const [theirs, ours] = [await describedOf(left), await describedOf(right)];
      if (theirs === undefined || ours === undefined) continue;
      const shared = plan.subjects.filter((path) => isWantedBy(left.plan, path) && isWantedBy(right.plan, path));
      const holds = (host: SyncHost) => shared.map((path) => rowsOf(host.view, hasher, path).join(" ")).join("; ");
      const claims = [claimsSync(theirs, right.simulated.id), claimsSync(ours, left.simulated.id)] as const;
      seen.push({ one, other, claims, holds: [holds(left), holds(right)] });
    }
    this.#tell(untrueClaims(this.#claims, seen));
    this.#claims = seen;
  }

  /** All hold the same. */
  async check(): Promise<void> {
    const { hosts, circles, plan } = this.#scene;
    for (const host of hosts) host.audit();
    for (const [at, circle] of circles.entries()) this.#checkCircle(circle, at);
    for (const circle of circles) await this.#filled(circle);
    await this.#exchanges();
    await this.#idle();
    for (const host of hosts) await this.#sound(host);
    await this.#truthful();
    if (plan.hosts.every(({ wishes }) => wishes === undefined)) await this.#oneRoot();
  }

  #tell(problems: readonly Problem[]): void {
    for (const { host, what } of problems) (this.#scene.hosts[host] as SyncHost).broken(what);
  }

  #histories(path: string): readonly TwoHistories[] {
    return this.#scene.hostiles.flatMap(({ equivocation }) => {
      if (equivocation === undefined || equivocation.path !== path) return [];
      const { author, lane, payloads } = equivocation;
      return [{ author: toHex(author), path, epoch: epochName(lane.epoch), branches: payloads.branches }];
    });
  }

  #checkCircle({ path, hosts }: Circle, at: number): void {
    const { hasher, redacted, mayFork, written, plan, world } = this.#scene;
    const seen = hosts.map((host) => seenOf(host, hasher, path));
    const time = { wallMs: firstWallMs + world.now, skewMs: plan.skewMs + this.#shiftedMs(), driftMs: clockDriftMsMax };
    const onTime = new Set(this.#scene.hosts.filter(({ index }) => !isFarAhead(plan, index)).map(({ author }) => author));
    const authors = new Set(hosts.map(({ author }) => author));
    this.#tell(readsOtherwise(seen));
    this.#tell(frozenApart(seen));
    for (const histories of this.#histories(path))
      this.#tell(unproven(seen, histories, this.#met.get(`${at} ${histories.author}`) ?? new Set()));
    const [first] = seen;
    seen.forEach((each, index) => {
      const host = hosts[index] as SyncHost;
      this.#tell(forged(each, written));
      this.#tell(foldedBehindFork(each));
      this.#tell(falselyAccused(each, mayFork));
      this.#tell(clockAhead(each, onTime, time));
      if (first !== undefined) {
        const promises = host.promises.filter(({ author }) => authors.has(author));
        this.#tell(promisesBroken(first, host.index, promises, { redacted, mayFork }));
      }
      this.#clockOf(host, each.events);
    });
  }

  #clockOf(host: SyncHost, events: ReturnType<typeof seenOf>["events"]): void {
    if (this.#scene.mayFork.has(host.author)) return;
    const stamps = new Map(events.map(({ name, first }) => [name, first]));
    const promised = host.promises.flatMap(({ kind, author, payload }) => (kind === "told" && author === host.author ? [payload] : []));
    this.#tell(clockWentBack(host.index, promised, stamps));
  }

  /** What a disk did before may come to light only now: then a peer is run anew, and hears once more of what it lost. */
  async #oneRoot(): Promise<void> {
    const { world, hosts, boundMs, problems } = this.#scene;
    for (const untilMs = world.now + boundMs; isGood(this.#scene); await pass(this.#scene, lookAgainMs)) {
      const roots = new Set<string>();
      for (const host of hosts) {
        await host.raise(always);
        const status = host.peer && (await host.of("the status", host.peer.status()));
        roots.add(status?.kind === "value" ? status.value.root : "no root");
      }
      if (roots.size === 1) return;
      if (world.now > untilMs) problems.push(`all hold the same, and settle on ${[...roots].join(", ")}`);
    }
  }

  /** Payloads are not in the rows: they follow once rows agree. */
  async #filled(circle: Circle): Promise<void> {
    const { world, boundMs } = this.#scene;
    const untilMs = world.now + boundMs;
    const look = () => payloadApart(circle);
    for (let found = await look(); found !== undefined && isGood(this.#scene); found = await look()) {
      if (world.now > untilMs) return found.host.broken(found.what);
      await pass(this.#scene, lookAgainMs);
      await raiseAll(this.#scene);
    }
  }

  /** Who is linked is told by both that they agree. */
  async #exchanges(): Promise<void> {
    const { plan, hosts, world, boundMs } = this.#scene;
    for (const [one, other] of plan.pairs) {
      const [from, to] = [hosts[one] as SyncHost, hosts[other] as SyncHost];
      const untilMs = world.now + boundMs;
      for (let reason: string | undefined = "none yet"; reason !== undefined && isGood(this.#scene); ) {
        // What a disk did before may come to light only now.
        await raiseAll(this.#scene);
        const report = from.peer && (await from.of("an exchange", from.peer.sync(to.simulated.id)));
        reason = report?.kind === "value" ? report.value.reason : undefined;
        if (reason !== undefined && world.now > untilMs) from.broken(`it agrees with host ${other}, and its exchange says: ${reason}`);
        else if (reason !== undefined) await pass(this.#scene, lookAgainMs);
      }
    }
  }

  /** Nothing is left of what was under way. */
  async #idle(): Promise<void> {
    const { hosts, world, boundMs } = this.#scene;
    const untilMs = world.now + boundMs;
    const leftAt = async (host: SyncHost) => {
      const described = await describedOf(host);
      return described && leftIn(described, this.#hostile);
    };
    for (;;) {
      const left = await Promise.all(hosts.map(async (host) => ({ host, left: await leftAt(host) })));
      const busy = left.find((each) => each.left !== undefined);
      if (busy === undefined) return;
      if (world.now > untilMs) return busy.host.broken(`all agree, and this is left: ${busy.left}`);
      await pass(this.#scene, lookAgainMs);
    }
  }

  /** No step threw but for what the disk did, and no frame of an honest peer was malformed. */
  async #sound(host: SyncHost): Promise<void> {
    const described = await describedOf(host);
    if (described === undefined) return;
    const hasLiars = this.#scene.hostiles.some(({ plan }) => plan.linkedTo.includes(host.index));
    if (described.malformed > 0 && !hasLiars) host.broken(`${described.malformed} frames were malformed`);
    for (const { reason } of described.quarantine.kept) host.ended(reason);
  }

  /** What both sides of a link say, as the application is told. */
  async #truthful(): Promise<void> {
    const { plan, hosts, world, boundMs } = this.#scene;
    const untilMs = world.now + boundMs;
    for (const [one, other] of plan.pairs.flatMap(([left, right]) => [[left, right] as const, [right, left] as const])) {
      const [from, to] = [hosts[one] as SyncHost, hosts[other] as SyncHost];
      for (let says: string | undefined = "nothing yet"; says !== undefined && isGood(this.#scene); ) {
        await raiseAll(this.#scene);
        const status = from.peer && (await from.of("the status", from.peer.status()));
        const link = status?.kind === "value" ? status.value.links.find(({ peer }) => peer === to.simulated.id) : undefined;
        const areFarApart = isFarAhead(plan, one) !== isFarAhead(plan, other);
        says = link === undefined ? "no link" : areFarApart ? clockUntold(link) : notInSync(link, this.#excuses(from, to));
        if (says === undefined) break;
        if (world.now > untilMs) return from.broken(`it agrees with host ${other}, and says: ${says}`);
        await pass(this.#scene, lookAgainMs);
      }
    }
  }

  /** Why two that agree may say otherwise, for ever. */
  #excuses(from: SyncHost, to: SyncHost): readonly string[] {
    const { plan } = this.#scene;
    const isClockOff = 2 * plan.skewMs >= MINUTE_MS;
    const shares = from.plan.wishes === undefined || to.plan.wishes === undefined;
    return [...(isClockOff ? ["clock"] : []), ...(shares ? [] : ["interest not mutual"])];
  }
}

export async function describedOf(host: SyncHost): Promise<DescribedPeer | undefined> {
  return (await host.peer?.describe()) as unknown as DescribedPeer | undefined;
}
