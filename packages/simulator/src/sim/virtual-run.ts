import { buildWallMs, type Hasher, networkId, type PeerId } from "@sinter/core";
import { runSettled, type Settled } from "../hosts/settled-run.js";
import { simStatusPeersMax } from "../limits.js";
import type { SeededRandom } from "../seeded-random.js";
import { StubVerifier } from "../virtual-crypto.js";
import type { LinkWeather } from "../virtual-link.js";
import { World } from "../world.js";
import type { SimRecord, SimSettings } from "./record.js";
import { SimRecorder } from "./recorder.js";
import { faultIn, knobsOf, writesStopMs } from "./settings.js";
import { type AcknowledgedWrite, apartText, missingAt, statusFaults } from "./sim-checks.js";
import { SimHost, type SimHostParts } from "./sim-host.js";
import { linksOf } from "./topology.js";

// A run in virtual time: peers that ship write to a few keys, over links that lose and mix up what they carry and that fail; then
// nobody writes any more, and it is seen how long it takes until all hold the same. One seed is one run, bit for bit.

export interface SimProgress {
  readonly atMs: number;
  readonly durationMs: number;
  readonly writes: number;
  /** Roots there are, of all peers. */
  readonly roots: number;
  readonly violations: number;
}

export interface SimRunOptions {
  readonly settings: SimSettings;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** Told once a second of the run. */
  readonly progress?: ((progress: SimProgress) => void) | undefined;
  /** Given the trace, line by line: see wire-trace.ts. */
  readonly sink?: ((line: string) => void) | undefined;
  /** As an AbortSignal: looked at once a second of the run, which then ends as it is. */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** `met`: as soon as nobody writes any more and all hold the same. */
  readonly ends?: "in time" | "met" | undefined;
}

const NETWORK = "sim";
const PATH = "sim/keys";
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const SALT_BYTES = 16;
const VALUES = 1_000;
const FIRST_VALUE = "v1";
/** What a machine's own network takes, and the least that any does. */
const NEAR: Pick<LinkWeather, "delayMs" | "jitterMs"> = { delayMs: 0.1, jitterMs: 0.1 };

export async function runSim(options: SimRunOptions): Promise<SimRecord> {
  const wrong = faultIn(options.settings);
  if (wrong !== undefined) throw new RangeError(`${wrong.what}: ${wrong.reason}`);
  return await new VirtualRun(options).run();
}

class VirtualRun {
  readonly #options: SimRunOptions;
  readonly #settings: SimSettings;
  readonly #recorder: SimRecorder;
  readonly #world: World<SimHost>;
  readonly #pairs: readonly (readonly [PeerId, PeerId])[];
  readonly #random: SeededRandom;
  readonly #indexes = new Map<PeerId, number>();
  /** What changed since it was looked at. */
  readonly #changed = new Set<SimHost>();
  /** How many failures of a link are not over. */
  readonly #failing = new Map<readonly [PeerId, PeerId], number>();
  readonly #acknowledged: AcknowledgedWrite[] = [];
  readonly #stopMs: number;
  readonly #quietMs: number;
  #writing = 0;
  #state: "writing" | "stopped" = "writing";
  #nextStatus = 0;

  constructor(options: SimRunOptions) {
    const { settings, hasher } = options;
    this.#options = options;
    this.#settings = settings;
    this.#stopMs = writesStopMs(settings);
    this.#quietMs = settings.durationMs - settings.quiesceLastMs;
    const now = (): number => this.#world?.now ?? 0;
    this.#recorder = new SimRecorder({ settings, way: "virtual", now, indexOf: (peer) => this.#indexes.get(peer), sink: options.sink });
    const { weather, seed } = settings;
    const isLossy = weather.loss + weather.duplication + weather.reordering > 0;
    const parts: SimHostParts = {
      hasher,
      verifier: new StubVerifier(hasher),
      network: { name: NETWORK, id: networkId(hasher, NETWORK) },
      sync: { salt: new Uint8Array(SALT_BYTES), knobs: knobsOf(settings) },
      recorder: this.#recorder,
      chaos: isLossy ? weather : undefined,
      path: PATH,
      changed: (host) => this.#changed.add(host),
      now,
    };
    this.#world = new World<SimHost>({
      seed,
      peers: settings.peers,
      topology: "none",
      trace: "off",
      weather: isLossy ? NEAR : { delayMs: NEAR.delayMs + weather.delayMs, jitterMs: NEAR.jitterMs + weather.jitterMs },
      wallMs: buildWallMs + HOUR_MS,
      boot: (ports, setup) => {
        this.#indexes.set(setup.id, setup.index);
        return new SimHost(ports, setup, parts);
      },
    });
    this.#random = this.#world.random("workload");
    this.#pairs = linksOf(settings.topology, settings.peers, this.#world.random("links")).map(
      ([one, other]) => [this.#host(one).id, this.#host(other).id] as const,
    );
  }

  async run(): Promise<SimRecord> {
    const { durationMs } = this.#settings;
    await this.#pass({ until: () => this.#hosts.every(({ peer, why }) => peer !== undefined || why !== undefined), forMs: SECOND_MS });
    for (const { index, why } of this.#hosts) if (why !== undefined) this.#recorder.violation(`peer ${index} did not come up: ${why}`);
    for (const [one, other] of this.#pairs) this.#world.network.keepLinked(one, other);
    this.#plan();
    for (let nextMs = 0; ; nextMs += SECOND_MS) {
      const untilMs = Math.min(nextMs, durationMs);
      const end = await this.#pass({ until: () => this.#isOver, forMs: Math.max(0, untilMs - this.#world.now) });
      if (end === "condition") break;
      await this.#second(untilMs);
      if (untilMs === durationMs || this.#isCalledOff) break;
    }
    await this.#end();
    return this.#recorder.record();
  }

  get #hosts(): readonly SimHost[] {
    return this.#world.peers.map(({ booted }) => booted);
  }

  get #isOver(): boolean {
    return this.#options.ends === "met" && this.#state === "stopped" && this.#writing === 0 && this.#recorder.met === "yes";
  }

  get #isCalledOff(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #host(index: number): SimHost {
    return this.#world.peer(index).booted;
  }

  /** Looks at whatever changed at each thing that happens. */
  async #pass({ until, forMs }: { readonly until: () => boolean; readonly forMs: number }): Promise<"condition" | "deadline" | "quiet"> {
    return await runSettled(this.#world, this.#options.settled, {
      forMs,
      until: () => {
        if (this.#changed.size > 0) this.#look();
        return until();
      },
    });
  }

  #look(): void {
    for (const host of this.#changed) {
      const root = host.look();
      if (this.#state === "stopped") this.#recorder.rooted(host.index, root);
    }
    this.#changed.clear();
  }

  // --- what is done to it ---

  #plan(): void {
    const { timeline } = this.#world;
    const { writeIntervalMs, failurePeriodMs, keys } = this.#settings;
    timeline.after(Math.max(0, this.#stopMs - this.#world.now), () => this.#stop());
    timeline.after(Math.max(0, this.#quietMs - this.#world.now), () => this.#world.heal());
    // As the prior art does: so that there is something to tell of from the first moment.
    this.#write(this.#host(0), keys[0] as string, FIRST_VALUE);
    if (writeIntervalMs > 0) for (const host of this.#hosts) this.#writeLater(host, this.#random.stream(`writer ${host.index}`));
    if (failurePeriodMs > 0) this.#failLater(this.#random.stream("failures"));
  }

  #stop(): void {
    this.#state = "stopped";
    this.#recorder.stoppedWrites();
    for (const host of this.#hosts) this.#recorder.rooted(host.index, host.look());
  }

  #writeLater(host: SimHost, random: SeededRandom): void {
    this.#world.timeline.after(random.gapMs(this.#settings.writeIntervalMs), () => {
      if (this.#state === "stopped") return;
      this.#write(host, random.pick(this.#settings.keys), `v${random.below(VALUES)}`);
      this.#writeLater(host, random);
    });
  }

  #write(host: SimHost, key: string, value: string): void {
    this.#writing++;
    host.write(key, value).then(
      ({ epoch, seq, id }) => {
        this.#writing--;
        this.#acknowledged.push({ author: host.author, epoch, seq, id });
        this.#recorder.wrote(host.index, key);
      },
      (error: unknown) => {
        this.#writing--;
        this.#recorder.violation(`a write of peer ${host.index} failed: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }

  /** All links of a peer, for a while; none into the quiet at the end. */
  #failLater(random: SeededRandom): void {
    const { timeline, network } = this.#world;
    timeline.after(random.gapMs(this.#settings.failurePeriodMs), () => {
      if (this.#world.now >= this.#quietMs) return;
      const { id } = random.pick(this.#hosts);
      const pairs = this.#pairs.filter((pair) => pair.includes(id));
      this.#recorder.fault("link-failure");
      for (const pair of pairs) {
        this.#failing.set(pair, (this.#failing.get(pair) ?? 0) + 1);
        network.cut(...pair);
      }
      timeline.after(this.#settings.recoveryDelayMs, () => this.#recover(pairs));
      this.#failLater(random);
    });
  }

  /** Links that have failed once more meanwhile wait for the last of it. */
  #recover(pairs: readonly (readonly [PeerId, PeerId])[]): void {
    for (const pair of pairs) {
      const left = (this.#failing.get(pair) ?? 0) - 1;
      this.#failing.set(pair, left);
      if (left <= 0) this.#world.network.heal(...pair);
    }
  }

  // --- what is seen of it ---

  async #second(atMs: number): Promise<void> {
    const hosts = this.#hosts;
    const samples = hosts.map(({ sample }) => sample);
    const roots = samples.map(({ root }) => root);
    this.#recorder.sample(
      atMs,
      roots,
      samples.map(({ events }) => events),
    );
    const { writes, violations } = this.#recorder;
    this.#options.progress?.({ atMs, durationMs: this.#settings.durationMs, writes, roots: new Set(roots).size, violations });
    // In the end all are asked.
    if (!this.#isCalledOff && atMs < this.#settings.durationMs) await this.#askStatus([this.#host(this.#nextStatus++ % hosts.length)]);
  }

  async #askStatus(hosts: readonly SimHost[]): Promise<void> {
    const byId = (peer: string): SimHost | undefined => {
      const index = this.#indexes.get(peer as PeerId);
      return index === undefined ? undefined : this.#host(index);
    };
    for (const host of hosts) {
      if (host.peer === undefined) continue;
      const asked = { over: "no" };
      const status = host.peer.status().finally(() => {
        asked.over = "yes";
      });
      await this.#pass({ until: () => asked.over === "yes", forMs: SECOND_MS / 2 });
      if (asked.over === "no") return this.#recorder.violation(`peer ${host.index} does not say how it stands`);
      for (const fault of statusFaults(host, await status, { byId, now: this.#world.now, settings: this.#settings }))
        this.#recorder.violation(fault);
    }
  }

  async #end(): Promise<void> {
    const hosts = this.#hosts;
    this.#recorder.weather(hosts.flatMap(({ weather }) => weather ?? []));
    this.#recorder.ended();
    if (this.#isCalledOff) return this.#recorder.callOff();
    for (const { index, why } of hosts) if (why !== undefined) this.#recorder.violation(`peer ${index} came to an end: ${why}`);
    if (this.#writing > 0) this.#recorder.violation(`${this.#writing} writes were never answered`);
    if (this.#recorder.met === "no") {
      const roots = new Set(hosts.map(({ sample }) => sample.root));
      this.#recorder.violation(apartText(roots.size));
    }
    // As long as they have not met, nothing is lost that its author holds.
    const by = this.#recorder.met === "yes" ? "every peer" : "its author";
    for (const missing of missingAt(hosts, { path: PATH, hasher: this.#options.hasher, writes: this.#acknowledged, by }))
      this.#recorder.violation(missing);
    await this.#askStatus(hosts.slice(0, simStatusPeersMax));
  }
}
