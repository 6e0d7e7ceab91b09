import type { PeerId, Ports, Transport } from "@sinter/core";
import type { SeededRandom } from "./seeded-random.js";
import { Lifetime, type Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";
import { VirtualClock, type WallClock } from "./virtual-clock.js";
import { type Execute, VirtualCompute } from "./virtual-compute.js";
import type { CrashOptions, CrashReport, VirtualDisk } from "./virtual-disk.js";
import type { VirtualNetwork } from "./virtual-network.js";
import { VirtualStore } from "./virtual-store.js";

/** What runs on a peer's ports. */
export interface Booted {
  /** Ends it in good order; not called in a crash. */
  stop(): void;
}

export interface BootSetup {
  readonly index: number;
  readonly id: PeerId;
  /** How many times this peer has started, this time included. */
  readonly boots: number;
  /** For what the ports' own source is not for: keys, workloads. The same at every boot. */
  readonly random: SeededRandom;
}

/** The one place where a driver, or anything else that runs on ports, is put together and started. */
export type Boot<B extends Booted> = (ports: Ports, setup: BootSetup) => B;

export interface SimulatedPeerOptions<B extends Booted> {
  readonly index: number;
  readonly id: PeerId;
  readonly timeline: Timeline;
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  readonly wall: WallClock;
  readonly random: SeededRandom;
  readonly boot: Boot<B>;
  readonly execute: Execute;
  readonly reserveBytes: number;
  readonly trace: Trace | undefined;
}

interface Running<B> {
  readonly life: Lifetime;
  readonly transport: Transport & { detach(): void };
  readonly store: VirtualStore;
  readonly ports: Ports;
  readonly booted: B;
}

/** One peer over its boots and crashes. Disk, wall clock and id outlive a boot; all else is new in the next. */
export class SimulatedPeer<B extends Booted> {
  readonly index: number;
  readonly id: PeerId;
  readonly disk: VirtualDisk;
  readonly wall: WallClock;
  readonly random: SeededRandom;
  readonly #options: SimulatedPeerOptions<B>;
  #running: Running<B> | undefined;
  #boots = 0;

  constructor(options: SimulatedPeerOptions<B>) {
    this.index = options.index;
    this.id = options.id;
    this.disk = options.disk;
    this.wall = options.wall;
    this.random = options.random;
    this.#options = options;
    this.disk.powerCut = () => this.#powerCut();
  }

  get state(): "up" | "down" {
    return this.#running === undefined ? "down" : "up";
  }

  get boots(): number {
    return this.#boots;
  }

  /** What `boot` answered; throws while the peer is down. */
  get booted(): B {
    return this.#up().booted;
  }

  get store(): VirtualStore {
    return this.#up().store;
  }

  get ports(): Ports {
    return this.#up().ports;
  }

  start(): void {
    if (this.#running !== undefined) throw new Error(`peer ${this.index} is up`);
    const { timeline, network, boot, execute, reserveBytes, trace } = this.#options;
    this.#boots += 1;
    // On links it has another name than here: see what begins with these digits.
    this.#note(`boot ${this.#boots} as ${this.id.slice(0, 8)}`);
    const life = new Lifetime(timeline);
    const random = this.random.stream(`boot ${this.#boots}`);
    const clock = new VirtualClock({ life, wall: this.wall, random: random.stream("clock") });
    const store = new VirtualStore({ disk: this.disk, life, random: random.stream("store"), reserveBytes });
    const transport = network.attach(this.id);
    const compute = new VirtualCompute({ life, random: random.stream("compute"), execute });
    const base = { clock, scheduler: clock, random: random.stream("ports"), transport, store, compute };
    const ports: Ports = trace === undefined ? base : { ...base, trace: (line) => trace.note(timeline.now, `peer ${this.index}`, line) };
    const setup: BootSetup = { index: this.index, id: this.id, boots: this.#boots, random: this.random.stream("setup") };
    const booted = boot(ports, setup);
    this.#running = { life, transport, store, ports, booted };
  }

  /** Everything stops at once; the disk loses what a loss of power would lose. The peer stays down until `start`. */
  crash(options: Partial<CrashOptions> = {}): CrashReport {
    this.#end(this.#up());
    const report = this.disk.crash({ random: this.random.stream(`crash ${this.#boots}`), ...options });
    this.#note({ crash: report });
    return report;
  }

  /** Like `kill -9`: the process is gone, the machine is not, so that nothing written is lost. */
  kill(): CrashReport {
    return this.crash({ keep: "all" });
  }

  /** Stops in good order. What was not flushed by then was never promised; the machine stays on. */
  stop(): void {
    const running = this.#up();
    running.booted.stop();
    this.#note("stop");
    this.#end(running);
    this.disk.crash({ random: this.random.stream(`stop ${this.#boots}`), keep: "all" });
  }

  #powerCut(): void {
    this.#note("power cut");
    if (this.#running !== undefined) this.#end(this.#running);
    const report = this.disk.crash({ random: this.random.stream(`power ${this.#boots}`) });
    this.#note({ crash: report });
  }

  #end(running: Running<B>): void {
    running.life.end();
    running.transport.detach();
    this.#running = undefined;
  }

  #up(): Running<B> {
    if (this.#running === undefined) throw new Error(`peer ${this.index} is down`);
    return this.#running;
  }

  #note(what: unknown): void {
    this.#options.trace?.note(this.#options.timeline.now, `peer ${this.index}`, what);
  }
}
