import {
  behaviourDigest,
  defaultKnobs,
  definedTrial,
  type Hasher,
  networkId,
  type Peer,
  type PeerParts,
  type SyncKnobs,
} from "@sinter/core";
import { Host, type HostParts, patienceMs } from "../hosts/host.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { runSettled, type Settled } from "../hosts/settled-run.js";
import type { SeededRandom } from "../seeded-random.js";
import type { BootSetup } from "../simulated-peer.js";
import { type Chaos, ChaosTransport, noChaos } from "../sync/chaos-transport.js";
import { syncLosses } from "../sync/sync-host.js";
import type { RunEnd } from "../timeline.js";
import type { TraceOptions } from "../trace.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { SimulationError, type Topology, World } from "../world.js";
import { checkForMs, checkMs, checkPeers, checkWeather } from "./app-numbers.js";

// For tests of applications: the peers that ship, in virtual time, whose links and disks a test has in its hand. Nothing happens
// while a test does not let time go by, and one seed always makes the same happen.

export interface AppWorldOptions {
  readonly seed: number | string;
  readonly peers: number;
  /** Who is linked to whom; everybody to everybody if left out. */
  readonly topology?: Topology;
  readonly weather?: Partial<Chaos>;
  readonly knobs?: Partial<SyncKnobs>;
  /** Each wall clock is up to so far off. */
  readonly skewMs?: number;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** Every step of every peer and every frame: for `sinter trace`. */
  readonly trace?: TraceOptions;
}

const NETWORK = "simulated";
const SECRET_BYTES = 32;
const SALT = new Uint8Array(16);
const LOOK_AGAIN_MS = 50;

export class AppWorld {
  readonly seed: string;
  readonly #world: World<HostedPeer>;
  readonly #settled: Settled;
  readonly #hosts: readonly Host<never>[];
  readonly #problems: string[] = [];
  #weather: Chaos;

  private constructor(options: AppWorldOptions) {
    const { seed, peers, topology = "full", weather, knobs, skewMs = 0, hasher, settled, trace } = options;
    checkPeers(peers);
    checkMs("skewMs", skewMs);
    this.seed = String(seed);
    this.#settled = settled;
    this.#weather = { ...noChaos, ...weather };
    checkWeather(this.#weather);
    const parts: HostParts = {
      hasher,
      verifier: new StubVerifier(hasher),
      network: { name: NETWORK, id: networkId(hasher, NETWORK) },
      settled,
      losses: syncLosses,
      mayFork: new Set(),
      redacted: new Set(),
      broken: (what) => void this.#problems.push(what),
    };
    const hosts: Host<never>[] = [];
    // What an application's type does, as the product tells it; whether it is lawful is for `sinter laws`, outside of virtual time.
    const laws: PeerParts["laws"] = async (type) => behaviourDigest(definedTrial(type), hasher);
    const sync = { salt: SALT, knobs: { ...defaultKnobs, ...knobs }, wishes: undefined };
    this.#world = new World<HostedPeer>({
      seed,
      peers,
      topology,
      skewMs,
      trace: trace ?? {},
      boot: (ports, { index, id, random }: BootSetup) => {
        const signer = new StubSigner(hasher, random.stream("secret").bytes(SECRET_BYTES));
        hosts[index] ??= new Host(index, { signer, keys: { suite: 1, ed25519: signer.publicKey } }, parts);
        const { identity } = hosts[index] as Host<never>;
        const transport = new ChaosTransport({ ...ports, chaos: () => this.#weather });
        return new HostedPeer({ ports: { ...ports, transport }, id, hasher, verifier: parts.verifier, identity, sync, laws });
      },
    });
    for (const host of hosts) host.join(this.#world);
    this.#hosts = hosts;
  }

  /** All peers of it run, on new stores. */
  static async begin(options: AppWorldOptions): Promise<AppWorld> {
    const world = new AppWorld(options);
    await world.pass({ forMs: patienceMs, until: () => world.#hosts.every(({ peer }) => peer !== undefined) });
    return world;
  }

  /** Virtual milliseconds since this world began. */
  get now(): number {
    return this.#world.now;
  }

  /** Those of the trace so far: equal for equal seeds, as long as a test does the same. */
  get traceHash(): string {
    return this.#world.trace?.hash ?? "";
  }

  /** The peer in that place; after a crash and a start it is another one. */
  peer(index: number): Peer {
    const { peer } = this.#host(index);
    if (peer === undefined) throw new RangeError(`peer ${index} is down: start(${index}) first`);
    return peer;
  }

  /** A source of chance for the test's own: the same for the same seed and name. */
  random(name: string): SeededRandom {
    return this.#world.random(`app ${name}`);
  }

  /** Lets time go by until a promise has its answer. What a peer promises comes about in virtual time, and so never by itself. */
  async settle<T>(promise: Promise<T> | PromiseLike<T>, { withinMs = patienceMs }: { readonly withinMs?: number } = {}): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    checkMs("withinMs", withinMs);
    const end = await this.pass({ forMs: withinMs, until: () => isOver });
    if (end !== "condition") throw this.#failed(`a promise had no answer within ${withinMs} ms`);
    return await promise;
  }

  /** Lets time go by: so long, or until it holds. With an `until`, `forMs` may be Infinity. */
  async pass(options: { readonly forMs: number; readonly until?: () => boolean }): Promise<RunEnd> {
    checkForMs(options.forMs, options.until);
    const end = await runSettled(this.#world, this.#settled, options);
    const [problem] = this.#problems;
    if (problem !== undefined) throw this.#failed(problem);
    return end;
  }

  /** Lets time go by until all peers that are up hold the same; says how long that took. */
  async converged({ withinMs = patienceMs }: { readonly withinMs?: number } = {}): Promise<number> {
    checkMs("withinMs", withinMs);
    const began = this.now;
    for (;;) {
      const roots = await this.#roots();
      if (new Set(roots).size <= 1) return this.now - began;
      if (this.now - began >= withinMs) throw this.#failed(`no convergence within ${withinMs} ms: roots are ${roots.join(", ")}`);
      await this.pass({ forMs: LOOK_AGAIN_MS });
    }
  }

  async #roots(): Promise<string[]> {
    const roots: string[] = [];
    for (const { peer } of this.#hosts) if (peer !== undefined) roots.push((await this.settle(peer.status())).root.slice(0, 16));
    return roots;
  }

  // --- what goes wrong ---

  /** From now on, on all links. */
  weather(weather: Partial<Chaos>): void {
    const now = { ...this.#weather, ...weather };
    checkWeather(now);
    this.#weather = now;
  }

  /** Nothing gets through between the two sides, until `heal`. */
  split(one: readonly number[], other: readonly number[]): void {
    this.#world.split(one, other);
  }

  heal(): void {
    this.#world.heal();
  }

  /** Power is lost at once; of what was not yet on disk any part may be there afterwards. */
  crash(index: number): void {
    this.#host(index).simulated.crash();
  }

  /** On the disk that is there; its store is audited first, and what is wrong with it fails the test. */
  async start(index: number): Promise<Peer> {
    const host = this.#host(index);
    // Of a peer that was closed, or came to an end by itself, the machine is still on.
    if (host.simulated.state === "up" && host.peer === undefined) await host.shut();
    await host.start();
    await this.pass({ forMs: 0 });
    return this.peer(index);
  }

  shiftClock(index: number, byMs: number): void {
    this.#host(index).simulated.wall.shift(byMs);
  }

  /** All peers, in good order. */
  async close(): Promise<void> {
    for (const host of this.#hosts) if (host.peer !== undefined) await host.shut();
    await this.pass({ forMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #host(index: number): Host<never> {
    const host = this.#hosts[index];
    if (host === undefined) throw new RangeError(`no peer ${index} in a world of ${this.#hosts.length}`);
    return host;
  }

  #failed(what: string): SimulationError {
    return new SimulationError(this.seed, this.now, new Error(what));
  }
}
