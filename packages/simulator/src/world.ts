import { buildWallMs, type PeerId, toHex } from "@sinter/core";
import { SeededRandom } from "./seeded-random.js";
import { type Boot, type Booted, SimulatedPeer } from "./simulated-peer.js";
import { type RunEnd, type RunOptions, Timeline } from "./timeline.js";
import { Trace, type TraceOptions } from "./trace.js";
import { WallClock } from "./virtual-clock.js";
import type { Execute } from "./virtual-compute.js";
import { VirtualDisk, type VirtualDiskOptions } from "./virtual-disk.js";
import type { LinkWeather } from "./virtual-link.js";
import { VirtualNetwork } from "./virtual-network.js";

const PEER_ID_BYTES = 32;

export type Topology = "full" | "ring" | "line" | "none";

export interface WorldOptions<B extends Booted> {
  /** Everything that is left to chance in this world comes from here. */
  readonly seed: number | string;
  readonly peers: number;
  readonly boot: Boot<B>;
  /** Does compute jobs; by default every job fails. */
  readonly execute?: Execute;
  /** Who is kept linked to whom; everybody to everybody if left out. */
  readonly topology?: Topology;
  readonly weather?: Partial<LinkWeather>;
  readonly disk?: VirtualDiskOptions;
  readonly reserveBytes?: number;
  /** What wall clocks show at the start, each up to `skewMs` off. */
  readonly wallMs?: number;
  readonly skewMs?: number;
  /** Peer ids; random if left out. */
  readonly idOf?: (index: number, random: SeededRandom) => PeerId;
  /** `off` runs faster and has no hash. */
  readonly trace?: TraceOptions | "off";
}

/** Something threw in a simulated run. The message says how to run it again. */
export class SimulationError extends Error {
  readonly seed: string;
  readonly atMs: number;

  constructor(seed: string, atMs: number, cause: unknown) {
    super(`seed ${seed}, at ${atMs} ms: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "SimulationError";
    this.seed = seed;
    this.atMs = atMs;
  }
}

/** Peers, their network and their time. Nothing happens but in `run`, and one seed always makes the same happen. */
export class World<B extends Booted> {
  readonly seed: string;
  readonly timeline = new Timeline();
  readonly network: VirtualNetwork;
  readonly peers: readonly SimulatedPeer<B>[];
  readonly trace: Trace | undefined;
  readonly #random: SeededRandom;

  constructor(options: WorldOptions<B>) {
    this.seed = String(options.seed);
    this.#random = new SeededRandom(options.seed, "world");
    this.trace = options.trace === "off" ? undefined : new Trace(options.trace);
    this.network = new VirtualNetwork({
      timeline: this.timeline,
      random: this.random("network"),
      ...(options.weather === undefined ? {} : { weather: options.weather }),
      note: this.trace === undefined ? undefined : (who, what) => this.trace?.note(this.timeline.now, who, what),
    });
    this.peers = Array.from({ length: options.peers }, (_, index) => this.#peer(index, options));
    for (const [one, other] of pairsOf(options.topology ?? "full", options.peers)) {
      this.network.keepLinked(this.#id(one), this.#id(other));
    }
    for (const peer of this.peers) this.#guarded(() => peer.start());
  }

  /** Virtual milliseconds since this world began. */
  get now(): number {
    return this.timeline.now;
  }

  /** The source of that name, for workloads and faults. Ask once and keep it: every asking starts it afresh. */
  random(name: string): SeededRandom {
    return this.#random.stream(name);
  }

  /** Until the condition holds, the time is over, or nothing is left to happen; periodic timers never leave nothing. */
  run(options: RunOptions = {}): RunEnd {
    return this.#guarded(() => this.timeline.run(options));
  }

  peer(index: number): SimulatedPeer<B> {
    const peer = this.peers[index];
    if (peer === undefined) throw new RangeError(`no peer ${index} in a world of ${this.peers.length}`);
    return peer;
  }

  /** Cuts every link between the two sides; who is in neither keeps all links. */
  split(one: readonly number[], other: readonly number[]): void {
    for (const here of one) for (const there of other) this.network.cut(this.#id(here), this.#id(there));
  }

  /** Heals every cut. */
  heal(): void {
    for (const [one, other] of this.network.pairs()) this.network.heal(one, other);
  }

  #peer(index: number, options: WorldOptions<B>): SimulatedPeer<B> {
    const random = this.random(`peer ${index}`);
    const idOf = options.idOf ?? ((_, source) => toHex(source.bytes(PEER_ID_BYTES)) as PeerId);
    const skewMs = Math.floor(random.stream("wall").between(-1, 1) * (options.skewMs ?? 0));
    return new SimulatedPeer({
      index,
      id: idOf(index, random.stream("id")),
      timeline: this.timeline,
      network: this.network,
      disk: new VirtualDisk(options.disk),
      wall: new WallClock(this.timeline, (options.wallMs ?? buildWallMs) + skewMs),
      random,
      boot: options.boot,
      execute: options.execute ?? noJobs,
      reserveBytes: options.reserveBytes ?? 0,
      trace: this.trace,
    });
  }

  #id(index: number): PeerId {
    return this.peer(index).id;
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw error instanceof SimulationError ? error : new SimulationError(this.seed, this.now, error);
    }
  }
}

function noJobs(protocol: string): never {
  throw new Error(`nobody does the jobs of ${protocol} here`);
}

function pairsOf(topology: Topology, peers: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let one = 0; one < peers; one++) {
    for (let other = one + 1; other < peers; other++) {
      const near = other === one + 1;
      const around = one === 0 && other === peers - 1 && topology === "ring";
      if (topology === "full" || (topology !== "none" && (near || around))) pairs.push([one, other]);
    }
  }
  return pairs;
}
