import { type FalconJob, type Hasher, type HybridKeys, networkId, type PeerId, type Signer, type Verifier } from "@sinter/core";
import { DiskImages } from "../hosts/disk-images.js";
import type { StoreIdentity } from "../hosts/host.js";
import type { HostedPeer } from "../hosts/hosted-peer.js";
import { runSettled, type Settled } from "../hosts/settled-run.js";
import type { SeededRandom } from "../seeded-random.js";
import type { TraceOptions } from "../trace.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { noChaos } from "./chaos-transport.js";
import { computeStubFalcon, stubFalconKey } from "./stub-falcon.js";
import { type Circle, checkCircle, checkForks, circles, disagreement, leftIn, payloadApart } from "./sync-checks.js";
import { firstWallMs, PAYLOAD_NAME_BYTES, SyncHost, type SyncPromise, syncLosses } from "./sync-host.js";
import { isWantedBy, planned, type SyncPlan, type SyncTrouble, weatherTroubles } from "./sync-plan.js";

// One seed: some peers that ship, linked in some way, that write while links lose and mix up what they carry, break and are cut,
// while peers crash and stores are copied, cloned and put back. Then all that ends, and within a bounded time, with nothing new
// written, whoever wants the same must hold the same, all that was promised must be there, and nobody honest accused.

export interface SyncRunOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions | "off";
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
  /** Of the trace; empty where there is none. */
  readonly hash: string;
}

const NETWORK = "sync";
const SECRET_BYTES = 32;
const RESERVE_BYTES = 16 * 1024;
const HOUR_MS = 3_600_000;
const LOOK_AGAIN_MS = 250;
/** What may be left of what went wrong: links found dead, timers, peers that were silent for so long. */
const SETTLING_MS = 40_000;
/** Rounds that a change may take for each step between the two that are furthest apart. */
const ROUNDS_A_STEP = 3;

export async function runSync(options: SyncRunOptions): Promise<SyncResult> {
  return await new SyncRun(options).run();
}

class SyncRun {
  readonly #world: World<HostedPeer>;
  readonly #settled: Settled;
  readonly #hasher: Hasher;
  readonly #random: SeededRandom;
  readonly #plan: SyncPlan;
  readonly #hosts: SyncHost[] = [];
  readonly #circles: readonly Circle[];
  readonly #count = new Map<SyncTrouble, number>();
  readonly #images = new DiskImages<SyncPromise>();
  readonly #redacted = new Set<string>();
  readonly #mayFork = new Set<string>();
  readonly #shiftedMs = new Map<SyncHost, number>();
  readonly #problems: string[] = [];
  #isCalm = false;
  #writes = 0;
  #healedMs = 0;

  constructor({ seed, hasher, settled, crypto, trace = "off" }: SyncRunOptions) {
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    const verifier = crypto?.verifier ?? new StubVerifier(hasher);
    const draw = new World<HostedPeer>({ seed, peers: 0, boot: noBoot, trace: "off" }).random("sync");
    this.#plan = planned(draw);
    this.#settled = settled;
    this.#hasher = hasher;
    const chaos = () => (this.#isCalm ? noChaos : this.#plan.chaos);
    const broken = (what: string) => void this.#problems.push(what);
    const [mayFork, redacted, losses] = [this.#mayFork, this.#redacted, syncLosses];
    const common = { hasher, verifier, network, settled, losses, mayFork, redacted, broken, chaos };
    this.#world = new World<HostedPeer>({
      seed,
      peers: this.#plan.hosts.length,
      trace,
      topology: "none",
      wallMs: firstWallMs,
      skewMs: this.#plan.skewMs,
      reserveBytes: RESERVE_BYTES,
      execute: (_protocol, work) => {
        const { job, keys } = work as { readonly job: FalconJob; readonly keys: HybridKeys };
        return computeStubFalcon(hasher, keys.falcon, job);
      },
      boot: (ports, setup) => {
        const plan = this.#plan.hosts[setup.index] as SyncPlan["hosts"][number];
        this.#hosts[setup.index] ??= new SyncHost(setup.index, this.#identity(setup.random, plan.signatures, crypto), {
          ...common,
          plan,
        });
        return (this.#hosts[setup.index] as SyncHost).boot(ports, setup);
      },
    });
    for (const host of this.#hosts) host.join(this.#world);
    this.#random = this.#world.random("workload");
    this.#circles = circles(this.#plan, this.#hosts);
    for (const [one, other] of this.#pairs()) this.#world.network.keepLinked(one, other);
  }

  #identity(random: SeededRandom, signatures: "ed25519" | "hybrid", crypto: SyncRunOptions["crypto"]): StoreIdentity {
    const secret = random.stream("secret").bytes(SECRET_BYTES);
    const signer = crypto?.signerOf(secret) ?? new StubSigner(this.#hasher, secret);
    const ed25519 = signer.publicKey;
    if (signatures === "ed25519") return { signer, keys: { suite: 1, ed25519 } };
    return { signer, keys: { suite: 2, ed25519, falcon: stubFalconKey(this.#hasher, secret) } };
  }

  async run(): Promise<SyncResult> {
    // A world starts its peers by itself; each start is looked at here, the first too.
    for (const { simulated } of this.#hosts) simulated.kill();
    for (const host of this.#hosts) await host.start();
    for (let round = 0; round < this.#plan.rounds && this.#isGood; round++) await this.#round();
    if (this.#isGood) await this.#heal();
    if (this.#isGood) await this.#meet("what went wrong is over");
    if (this.#isGood) await this.#check();
    if (this.#isGood) await this.#afterwards();
    return this.#result();
  }

  get #isGood(): boolean {
    return this.#problems.length === 0;
  }

  #result(): SyncResult {
    const { now, peers, trace } = this.#world;
    const weather = this.#hosts.map((host) => host.weatherUntilNow());
    const sum = (of: (each: SyncHost["weather"]) => number) => weather.reduce((all, each) => all + of(each), 0);
    const counts: readonly (readonly [SyncTrouble, number])[] = [
      ["loss", sum(({ lost }) => lost)],
      ["duplication", sum(({ repeated }) => repeated)],
      ["reordering", sum(({ held }) => held)],
      ["delay", sum(({ delayed }) => delayed)],
      ["one-way cut", sum(({ cut }) => cut)],
    ];
    for (const [trouble, count] of counts) this.#count.set(trouble, count);
    return {
      problems: this.#problems,
      virtualMs: now,
      peers: peers.length,
      boots: peers.reduce((all, { boots }) => all + boots, 0),
      acknowledged: this.#hosts.reduce((all, { counts: { acknowledged } }) => all + acknowledged, 0),
      forks: checkForks(
        this.#hosts.filter(({ simulated }) => simulated.state === "up"),
        this.#mayFork,
      ),
      healedMs: this.#healedMs,
      boundMs: this.#boundMs,
      planned: new Set(this.#plan.troubles),
      troubles: this.#count,
      hash: trace?.hash ?? "",
    };
  }

  #pairs(): (readonly [PeerId, PeerId])[] {
    const id = (index: number) => this.#world.peer(index).id;
    return this.#plan.pairs.map(([one, other]) => [id(one), id(other)] as const);
  }

  async #pass(forMs: number): Promise<void> {
    await runSettled(this.#world, this.#settled, { forMs });
  }

  // --- while things go wrong ---

  async #round(): Promise<void> {
    const random = this.#random;
    await this.#pass(random.fraction() ** 2 * this.#plan.paceMs);
    for (const host of this.#hosts) await host.raise(() => random.chance(0.6));
    for (let writes = random.below(5); writes > 0; writes--) this.#write(random.pick(this.#hosts));
    if (random.chance(0.3) === "yes") this.#images.keep(random.pick(this.#hosts));
    const troubles = this.#plan.troubles.filter((trouble) => !weatherTroubles.has(trouble));
    if (troubles.length > 0 && random.chance(0.7) === "yes") await this.#strike(random.pick(troubles), random.pick(this.#hosts));
  }

  #write(host: SyncHost): void {
    const random = this.#random;
    const wanted = this.#plan.subjects.filter((path) => isWantedBy(host.plan, path));
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
    payload.set(this.#random.bytes(more), PAYLOAD_NAME_BYTES);
    return payload;
  }

  async #strike(trouble: SyncTrouble, host: SyncHost): Promise<void> {
    const { simulated } = host;
    if (simulated.state === "down") return;
    const fired = await this.#befalls(trouble, host);
    if (fired === "nothing") return;
    this.#count.set(trouble, (this.#count.get(trouble) ?? 0) + 1);
    this.#world.trace?.note(this.#world.now, `host ${host.index}`, trouble);
  }

  async #befalls(trouble: SyncTrouble, host: SyncHost): Promise<unknown> {
    const { simulated } = host;
    switch (trouble) {
      case "one-way cut":
        return this.#deafen(host);
      case "broken link":
        return this.#world.network.break(...this.#random.pick(this.#pairs()));
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
        return host.plant(trouble, this.#random, 20);
      case "full disk":
        return host.fill(this.#random.below(2 * RESERVE_BYTES), this.#random.pick([500, 5_000, 60_000]));
      case "redaction":
        return host.redact(this.#random, this.#plan.subjects);
      case "pause":
        return this.#pause(host);
      default:
        return await this.#replace(trouble, host);
    }
  }

  #deafen(host: SyncHost): void {
    const { id } = host.simulated;
    const [one, other] = this.#random.pick(this.#pairs().filter((pair) => pair.includes(id)));
    const peer = one === id ? other : one;
    host.cutTo.add(peer);
    this.#world.timeline.after(this.#random.pick([500, 5_000, 60_000]), () => void host.cutTo.delete(peer));
  }

  /** Into two or three that do not hear of each other. */
  #part(): void {
    const parties = 2 + this.#random.below(2);
    const partyOf = new Map(this.#world.peers.map(({ id }) => [id, this.#random.below(parties)]));
    for (const [one, other] of this.#pairs()) if (partyOf.get(one) !== partyOf.get(other)) this.#world.network.cut(one, other);
    this.#world.timeline.after(this.#random.pick([500, 5_000, 60_000]), () => this.#world.heal());
  }

  #shift(host: SyncHost): void {
    const byMs = Math.floor(this.#random.between(-HOUR_MS, HOUR_MS) / 4);
    host.simulated.wall.shift(byMs);
    this.#shiftedMs.set(host, (this.#shiftedMs.get(host) ?? 0) + byMs);
  }

  #pause(host: SyncHost): "nothing" | undefined {
    const { peer } = host;
    if (peer === undefined) return "nothing";
    const { boots } = host.simulated;
    peer.pace("pause");
    this.#world.timeline.after(this.#random.pick([500, 10_000]), () => {
      if (host.peer !== undefined && host.simulated.boots === boots) host.peer.pace("resume");
    });
    return undefined;
  }

  /** Its disk is another now. */
  async #replace(trouble: SyncTrouble, host: SyncHost): Promise<"nothing" | undefined> {
    const isOwn = trouble === "restore" || trouble === "rollback" || trouble === "quiet rollback";
    const other = this.#random.pick(this.#hosts.filter((each) => each !== host));
    const image = isOwn ? this.#images.earlier(host, this.#random) : this.#images.copy(other);
    if (image === undefined) return "nothing";
    const known = trouble === "copy" || trouble === "restore" ? "yes" : "no";
    this.#images.put(host, image, { known, random: this.#random });
    host.state = trouble === "quiet rollback" ? "quiet" : "writing";
    if (known === "no" && trouble !== "quiet rollback") this.#mayFork.add(host.author);
    await host.start();
    // What twins write at once, each without hearing of the other, is what may come to be a fork.
    if (trouble === "clone" && this.#random.chance(0.7) === "yes") {
      const path = this.#random.pick(this.#plan.subjects);
      for (const twin of [host, other])
        if (isWantedBy(twin.plan, path))
          twin.write(
            path,
            Array.from({ length: 1 + this.#random.below(3) }, () => this.#payload(10)),
          );
    }
    return undefined;
  }

  // --- once nothing goes wrong any more ---

  /** `ROUNDS_A_STEP` rounds for each step between the two that are furthest apart, and what it takes until links are good again. */
  get #boundMs(): number {
    const knobs = this.#plan.hosts.map(({ knobs: { intervalMs, retransMs } }) => intervalMs + retransMs);
    const steps = Math.max(1, ...this.#circles.map(({ diameter }) => diameter));
    const { delayMs, jitterMs } = this.#plan.chaos;
    return ROUNDS_A_STEP * steps * Math.max(...knobs) + SETTLING_MS + delayMs + jitterMs;
  }

  async #heal(): Promise<void> {
    this.#isCalm = true;
    this.#world.heal();
    for (const host of this.#hosts) {
      const { simulated } = host;
      simulated.disk.unplant();
      host.empty();
      simulated.wall.shift(-(this.#shiftedMs.get(host) ?? 0));
      host.cutTo.clear();
      await host.raise(always);
      host.peer?.pace("resume");
    }
  }

  async #meet(since: string): Promise<void> {
    const begun = this.#world.now;
    const untilMs = begun + this.#boundMs;
    for (;;) {
      const apart = disagreement(this.#circles, this.#hasher);
      this.#healedMs = Math.max(this.#healedMs, this.#world.now - begun);
      if (apart === undefined || !this.#isGood) return;
      if (this.#world.now >= untilMs) return void this.#problems.push(await this.#apart(since, apart));
      await this.#pass(LOOK_AGAIN_MS);
      for (const host of this.#hosts) await host.raise(always);
    }
  }

  async #apart(since: string, apart: string): Promise<string> {
    const described = [];
    for (const host of this.#hosts) {
      const cores = (await host.peer?.describe()) as unknown as { readonly cores: { readonly sync: unknown } } | undefined;
      described.push(`    host ${host.index}: ${JSON.stringify(cores?.cores.sync)}`);
    }
    return `${this.#boundMs} ms since ${since} they still differ in ${apart}\n${described.join("\n")}`;
  }

  async #check(): Promise<void> {
    checkForks(this.#hosts, this.#mayFork);
    for (const host of this.#hosts) host.audit();
    for (const circle of this.#circles) checkCircle(circle, this.#redacted, this.#mayFork);
    for (const circle of this.#circles) await this.#filled(circle);
    await this.#exchanges();
    await this.#idle();
    for (const host of this.#hosts) await this.#sound(host);
    if (this.#plan.hosts.every(({ wishes }) => wishes === undefined)) await this.#oneRoot();
  }

  /** What a disk did before may come to light only now: then a peer is run anew, and hears once more of what it lost. */
  async #oneRoot(): Promise<void> {
    for (const untilMs = this.#world.now + this.#boundMs; this.#isGood; await this.#pass(LOOK_AGAIN_MS)) {
      const roots = new Set<string>();
      for (const host of this.#hosts) {
        await host.raise(always);
        const status = host.peer && (await host.of("the status", host.peer.status()));
        roots.add(status?.kind === "value" ? status.value.root : "no root");
      }
      if (roots.size === 1) return;
      if (this.#world.now > untilMs) this.#problems.push(`all hold the same, and settle on ${[...roots].join(", ")}`);
    }
  }

  /** Payloads are not in the rows: they follow once rows agree. */
  async #filled(circle: Circle): Promise<void> {
    const untilMs = this.#world.now + this.#boundMs;
    const look = () => payloadApart(circle, this.#hasher);
    for (let apart = await look(); apart !== undefined && this.#isGood; apart = await look()) {
      if (this.#world.now > untilMs) return apart.host.broken(apart.what);
      await this.#pass(LOOK_AGAIN_MS);
      for (const host of this.#hosts) await host.raise(always);
    }
  }

  /** Who is linked is told by both that they agree. */
  async #exchanges(): Promise<void> {
    for (const [one, other] of this.#plan.pairs) {
      const [from, to] = [this.#hosts[one] as SyncHost, this.#hosts[other] as SyncHost];
      const untilMs = this.#world.now + this.#boundMs;
      for (let reason: string | undefined = "none yet"; reason !== undefined && this.#isGood; ) {
        // What a disk did before may come to light only now.
        for (const host of this.#hosts) await host.raise(always);
        const report = from.peer && (await from.of("an exchange", from.peer.sync(to.simulated.id)));
        reason = report?.kind === "value" ? report.value.reason : undefined;
        if (reason !== undefined && this.#world.now > untilMs)
          from.broken(`it agrees with host ${other}, and its exchange says: ${reason}`);
        else if (reason !== undefined) await this.#pass(LOOK_AGAIN_MS);
      }
    }
  }

  /** Nothing is left of what was under way. */
  async #idle(): Promise<void> {
    const untilMs = this.#world.now + this.#boundMs;
    for (;;) {
      const left = await Promise.all(this.#hosts.map(async (host) => ({ host, left: leftIn(await host.peer?.describe()) })));
      const busy = left.find((each) => each.left !== undefined);
      if (busy === undefined) return;
      if (this.#world.now > untilMs) return busy.host.broken(`all agree, and this is left: ${busy.left}`);
      await this.#pass(LOOK_AGAIN_MS);
    }
  }

  /** No step threw but for what the disk did, and no frame was malformed. */
  async #sound(host: SyncHost): Promise<void> {
    const described = (await host.peer?.describe()) as unknown as
      | { readonly malformed: number; readonly quarantine: { readonly kept: readonly { readonly reason: string }[] } }
      | undefined;
    if (described === undefined) return;
    if (described.malformed > 0) host.broken(`${described.malformed} frames were malformed`);
    for (const { reason } of described.quarantine.kept) host.ended(reason);
  }

  /** Whoever was put back has heard from all others by now, and everybody writes once more. */
  async #afterwards(): Promise<void> {
    for (const host of this.#hosts) {
      host.state = "writing";
      for (const path of this.#plan.subjects) if (isWantedBy(host.plan, path)) host.write(path, [this.#payload(10)]);
    }
    await this.#pass(LOOK_AGAIN_MS);
    await this.#meet("everybody wrote once more");
    if (this.#isGood) await this.#check();
  }
}

const always = () => "yes" as const;

function noBoot(): never {
  throw new Error("nobody is here to boot");
}
