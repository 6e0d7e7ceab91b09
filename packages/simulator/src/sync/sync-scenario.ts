import { type FalconJob, type Hasher, type HybridKeys, networkId, type PeerId, type Signer, toHex, type Verifier } from "@sinter/core";
import type { HostileKind } from "../hostile/hostile-plan.js";
import { hostilesOf } from "../hostile/hostiles.js";
import type { StoreIdentity } from "../hosts/host.js";
import type { HostedPeer } from "../hosts/hosted-peer.js";
import type { PlanLimits, PlanSize } from "../hosts/run-limits.js";
import type { Settled } from "../hosts/settled-run.js";
import type { SeededRandom } from "../seeded-random.js";
import type { TraceOptions } from "../trace.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { noChaos } from "./chaos-transport.js";
import { FarClock } from "./far-clock.js";
import { computeStubFalcon, stubFalconKey } from "./stub-falcon.js";
import { apart } from "./sync-checks.js";
import { firstWallMs, PAYLOAD_NAME_BYTES, SyncHost, syncLosses } from "./sync-host.js";
import { isWantedBy, lastingTroubles, limited, planned, type SyncPlan, type SyncTrouble } from "./sync-plan.js";
import { always, isGood, lookAgainMs, pass, raiseAll, type SyncScene } from "./sync-scene.js";
import { circles, rowsOf } from "./sync-seen.js";
import { describedOf, Settling } from "./sync-settling.js";
import { reserveBytes, Troubles } from "./sync-troubles.js";

// One seed: some peers that ship, linked in some way, that write while links lose and mix up what they carry, break and are cut,
// while peers crash and stores are copied, cloned and put back, and while others that mean no good say to them whatever they like.
// Then all that ends, but for those others; and within a bounded time, with nothing new written, whoever wants the same must hold
// the same, all that was promised must be there, and nobody honest accused.

export interface SyncRunOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions | "off";
  /** Less of what the seed plans. */
  readonly limits?: PlanLimits | undefined;
  /** For tests that want something certain to happen. */
  readonly amend?: ((plan: SyncPlan) => SyncPlan) | undefined;
}

export interface SyncResult {
  readonly problems: readonly string[];
  readonly virtualMs: number;
  readonly peers: number;
  readonly boots: number;
  readonly acknowledged: number;
  readonly forks: number;
  /** How long it took until all agreed, and how long it might have taken. */
  readonly healedMs: number;
  readonly boundMs: number;
  readonly planned: ReadonlySet<SyncTrouble>;
  /** How often each came about. */
  readonly troubles: ReadonlyMap<SyncTrouble, number>;
  /** Who meant no good, and how many frames it sent. */
  readonly hostiles: ReadonlyMap<HostileKind, number>;
  /** Links to them that honest peers closed. */
  readonly hungUp: number;
  /** Of the trace; empty where there is none. */
  readonly hash: string;
}

const NETWORK = "sync";
const SECRET_BYTES = 32;
/** What may be left of what went wrong: links found dead, timers, peers that were silent for so long. */
const SETTLING_MS = 40_000;
/** Rounds that a change may take for each step between the two that are furthest apart. */
const ROUNDS_A_STEP = 3;

export async function runSync(options: SyncRunOptions): Promise<SyncResult> {
  return await new SyncRun(options).run();
}

/** What a seed plans, before anything is made of it. */
export function planOf({ seed, limits, amend = asItIs }: Pick<SyncRunOptions, "seed" | "limits" | "amend">): SyncPlan {
  const draw = new World<HostedPeer>({ seed, peers: 0, boot: noBoot, trace: "off" }).random("sync");
  return amend(limited(planned(draw), limits));
}

export function syncSize(seed: number): PlanSize {
  const { hosts, rounds, troubles, hostiles } = planOf({ seed });
  return { peers: hosts.length, rounds, troubles, hostiles: hostiles.map(({ kind }) => kind) };
}

const asItIs = (plan: SyncPlan): SyncPlan => plan;

class SyncRun {
  readonly #scene: SyncScene;
  readonly #troubles: Troubles;
  readonly #settling: Settling;
  readonly #far: FarClock;
  readonly #hosts: SyncHost[] = [];
  #isCalm = false;
  #writes = 0;
  #healedMs = 0;

  constructor({ seed, hasher, settled, crypto, trace = "off", limits, amend }: SyncRunOptions) {
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    const verifier = crypto?.verifier ?? new StubVerifier(hasher);
    const signerOf = crypto?.signerOf ?? ((secret: Uint8Array) => new StubSigner(hasher, secret));
    const plan = planOf({ seed, limits, amend });
    const problems: string[] = [];
    const [mayFork, redacted, written] = [new Set<string>(), new Set<string>(), new Map<string, string>()];
    const [hostile, rotten] = [new Set<PeerId>(), new Set<PeerId>()];
    const common = {
      ...{ hasher, verifier, network, settled, mayFork, redacted, hostile, rotten, written },
      losses: syncLosses,
      broken: (what: string) => void problems.push(what),
      chaos: () => (this.#isCalm ? noChaos : plan.chaos),
    };
    const world: World<HostedPeer> = new World<HostedPeer>({
      seed,
      peers: plan.hosts.length,
      trace,
      topology: "none",
      wallMs: firstWallMs,
      skewMs: plan.skewMs,
      reserveBytes,
      execute: (_protocol, work) => {
        const { job, keys } = work as { readonly job: FalconJob; readonly keys: HybridKeys };
        return computeStubFalcon(hasher, keys.falcon, job);
      },
      boot: (ports, setup) => {
        const { index, random } = setup;
        const own = plan.hosts[index] as SyncPlan["hosts"][number];
        this.#hosts[index] ??= new SyncHost(index, identityOf(hasher, signerOf, random, own.signatures), { ...common, plan: own });
        return (this.#hosts[index] as SyncHost).boot(ports, setup);
      },
    });
    const hosts = this.#hosts;
    for (const host of hosts) host.join(world);
    const around = circles(plan, hosts);
    for (const [one, other] of plan.pairs) world.network.keepLinked(world.peer(one).id, world.peer(other).id);
    const hostiles = hostilesOf({
      plans: plan.hostiles,
      subjects: plan.subjects,
      idOf: (index) => world.peer(index).id,
      victims: hosts.flatMap(({ own: { keys }, identity }) => (keys.suite === 1 ? [identity.author] : [])),
      ...{ network, hasher, verifier, signerOf },
      salt: plan.hosts[0]?.salt as Uint8Array,
      random: world.random("hostile"),
      virtual: world,
      wallMs: firstWallMs,
    });
    for (const { actor, equivocation, written: own } of hostiles) {
      hostile.add(actor.id);
      for (const payload of own.payloads) written.set(payload, own.author);
      if (equivocation !== undefined) mayFork.add(toHex(equivocation.author));
    }
    const boundMs = boundOf(
      plan,
      around.map(({ diameter }) => diameter),
    );
    this.#scene = {
      ...{ plan, world, hosts, hostiles, hasher, settled, redacted, mayFork, written, rotten, problems, boundMs },
      circles: around,
      random: world.random("workload"),
    };
    this.#troubles = new Troubles(this.#scene, (more) => this.#payload(more));
    this.#settling = new Settling(this.#scene, () => this.#troubles.farthestMs);
    this.#far = new FarClock(this.#scene, () => this.#troubles.farthestMs);
  }

  async run(): Promise<SyncResult> {
    const scene = this.#scene;
    // A world starts its peers by itself; each start is looked at here, the first too.
    for (const { simulated } of scene.hosts) simulated.kill();
    this.#far.begin();
    for (const host of scene.hosts) await host.start();
    for (let round = 0; round < scene.plan.rounds && isGood(scene); round++) await this.#round();
    if (isGood(scene)) await this.#heal();
    if (isGood(scene)) await this.#troubles.rot.mended();
    if (isGood(scene)) await this.#meet("what went wrong is over");
    await this.#check();
    if (isGood(scene)) await this.#afterwards();
    return this.#result();
  }

  #result(): SyncResult {
    const { world, hosts, hostiles, plan, problems, boundMs } = this.#scene;
    const { now, peers, trace } = world;
    const counts = countsOf(hosts, new Map([...this.#troubles.count, ["far clock", this.#far.held]]));
    const sent = new Map<HostileKind, number>();
    for (const { actor } of hostiles) sent.set(actor.kind, (sent.get(actor.kind) ?? 0) + actor.sent);
    return {
      problems,
      virtualMs: now,
      peers: peers.length,
      boots: peers.reduce((all, { boots }) => all + boots, 0),
      acknowledged: hosts.reduce((all, { counts: { acknowledged } }) => all + acknowledged, 0),
      forks: forkedLanes(hosts),
      healedMs: this.#healedMs,
      boundMs,
      planned: new Set(plan.troubles),
      troubles: counts,
      hostiles: sent,
      hungUp: hosts.reduce((all, { hungUp }) => all + hungUp, 0),
      hash: trace?.hash ?? "",
    };
  }

  // --- while things go wrong ---

  async #round(): Promise<void> {
    const { random, plan, hosts } = this.#scene;
    await pass(this.#scene, random.fraction() ** 2 * plan.paceMs);
    for (const host of hosts) await host.raise(() => random.chance(0.6));
    for (let writes = random.below(5); writes > 0; writes--) this.#write(random.pick(hosts));
    if (random.chance(0.3) === "yes") this.#troubles.keep(random.pick(hosts));
    const troubles = plan.troubles.filter((trouble) => !lastingTroubles.has(trouble));
    if (troubles.length > 0 && random.chance(0.7) === "yes") await this.#troubles.strike(random.pick(troubles), random.pick(hosts));
    await this.#far.round();
    await this.#troubles.rot.look();
    await this.#settling.look();
  }

  #write(host: SyncHost): void {
    const { random, plan } = this.#scene;
    const wanted = plan.subjects.filter((path) => isWantedBy(host.plan, path));
    const count = 1 + random.below(random.pick([1, 3, 40]));
    if (wanted.length === 0) return;
    // At times one that is larger than a chunk, and now and then larger than what is pushed.
    const { chunkBytes } = host.plan.knobs;
    const largest = random.pick([0, 40, 40, 3_000, count > 10 || chunkBytes < 1_000 ? 3_000 : 120_000]);
    host.write(
      random.pick(wanted),
      Array.from({ length: count }, () => this.#payload(random.below(largest + 1))),
    );
  }

  /** No two begin alike. */
  #payload(more: number): Uint8Array {
    const payload = new Uint8Array(PAYLOAD_NAME_BYTES + more);
    new DataView(payload.buffer).setUint32(0, ++this.#writes);
    payload.set(this.#scene.random.bytes(more), PAYLOAD_NAME_BYTES);
    return payload;
  }

  // --- once nothing goes wrong any more ---

  async #heal(): Promise<void> {
    this.#isCalm = true;
    this.#scene.world.heal();
    for (const host of this.#scene.hosts) {
      this.#troubles.undo(host);
      await host.raise(always);
      host.peer?.pace("resume");
    }
  }

  async #meet(since: string): Promise<void> {
    const { world, boundMs, problems } = this.#scene;
    const begun = world.now;
    const untilMs = begun + boundMs;
    for (;;) {
      const disagreement = this.#disagreement();
      this.#healedMs = Math.max(this.#healedMs, world.now - begun);
      if (disagreement === undefined || !isGood(this.#scene)) return;
      if (world.now >= untilMs) return void problems.push(await this.#apart(since, disagreement));
      await this.#settling.look();
      await this.#settling.compareClaims();
      await pass(this.#scene, lookAgainMs);
      await raiseAll(this.#scene);
    }
  }

  #disagreement(): string | undefined {
    const { circles: all, hasher } = this.#scene;
    for (const { path, hosts } of all) {
      const found = apart(hosts.map((host) => ({ host: host.index, path, rows: rowsOf(host.view, hasher, path) })));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #apart(since: string, disagreement: string): Promise<string> {
    const described = [];
    for (const host of this.#scene.hosts)
      described.push(`    host ${host.index}: ${JSON.stringify((await describedOf(host))?.cores.sync)}`);
    return `${this.#scene.boundMs} ms since ${since} they still differ in ${disagreement}\n${described.join("\n")}`;
  }

  /** Whoever was put back has heard from all others by now, and everybody writes once more. */
  async #afterwards(): Promise<void> {
    const { hosts, plan } = this.#scene;
    await this.#far.everybody();
    for (const host of hosts) {
      host.state = "writing";
      for (const path of plan.subjects) if (isWantedBy(host.plan, path)) host.write(path, [this.#payload(10)]);
    }
    await pass(this.#scene, lookAgainMs);
    await this.#meet("everybody wrote once more");
    await this.#check();
  }

  async #check(): Promise<void> {
    if (isGood(this.#scene)) await this.#settling.check();
    if (isGood(this.#scene)) await this.#far.check();
  }
}

function identityOf(
  hasher: Hasher,
  signerOf: (secret: Uint8Array) => Signer,
  random: SeededRandom,
  signatures: "ed25519" | "hybrid",
): StoreIdentity {
  const secret = random.stream("secret").bytes(SECRET_BYTES);
  const signer = signerOf(secret);
  const ed25519 = signer.publicKey;
  if (signatures === "ed25519") return { signer, keys: { suite: 1, ed25519 } };
  return { signer, keys: { suite: 2, ed25519, falcon: stubFalconKey(hasher, secret) } };
}

/** `ROUNDS_A_STEP` rounds for each step between the two that are furthest apart, and what it takes until links are good again. */
function boundOf({ hosts, chaos }: SyncPlan, diameters: readonly number[]): number {
  const knobs = hosts.map(({ knobs: { intervalMs, retransMs } }) => intervalMs + retransMs);
  return ROUNDS_A_STEP * Math.max(1, ...diameters) * Math.max(...knobs) + SETTLING_MS + chaos.delayMs + chaos.jitterMs;
}

/** Of the weather, how many frames met it. */
function countsOf(hosts: readonly SyncHost[], troubles: ReadonlyMap<SyncTrouble, number>): ReadonlyMap<SyncTrouble, number> {
  const weather = hosts.map((host) => host.weatherUntilNow());
  const sum = (of: (each: SyncHost["weather"]) => number) => weather.reduce((all, each) => all + of(each), 0);
  return new Map<SyncTrouble, number>([
    ...troubles,
    ["loss", sum(({ lost }) => lost)],
    ["duplication", sum(({ repeated }) => repeated)],
    ["reordering", sum(({ held }) => held)],
    ["delay", sum(({ delayed }) => delayed)],
    ["one-way cut", sum(({ cut }) => cut)],
    ["clog", sum(({ clogged }) => clogged)],
  ]);
}

function forkedLanes(hosts: readonly SyncHost[]): number {
  const forked = new Set<string>();
  for (const host of hosts) {
    if (host.simulated.state === "down") continue;
    for (const { place } of host.view.forks()) forked.add(`${toHex(place.author)}/${toHex(place.epoch.nonce)}/${toHex(place.subject)}`);
  }
  return forked.size;
}

function noBoot(): never {
  throw new Error("nobody is here to boot");
}
