import {
  buildWallMs,
  decodeKey,
  type Hasher,
  isMalformed,
  networkId,
  normalizePath,
  type Signer,
  type SubjectPath,
  type Verifier,
} from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { BootSetup, SimulatedPeer } from "../simulated-peer.js";
import type { TraceOptions } from "../trace.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { Ids } from "./acknowledged.js";
import type { FaultCount } from "./fault-count.js";
import { Faults } from "./faults.js";
import type { Answer, Asked, FeedPeer } from "./feed-peer.js";
import { auditOf, Station, type StationOptions } from "./station.js";
import { drawSwarm, type Swarm } from "./swarm.js";

// One seed: one to three peers with all their cores on the shipped driver, a workload, and trouble. First everything goes
// wrong that the seed's swarm says; then all trouble ends, and whatever still does not work is a fault of ours.

export interface FeedsOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions | "off";
}

export interface FeedsResult {
  readonly problems: readonly string[];
  readonly virtualMs: number;
  readonly acknowledged: number;
  readonly boots: number;
  readonly faults: FaultCount;
  /** Of the trace; empty where there is none. */
  readonly hash: string;
}

/** Within this much virtual time everything must be answered, once nothing goes wrong any more. */
const LIVELY_MS = 30_000;
const SECRET_BYTES = 32;
const NETWORK = "seeds";
const LARGE_BYTES = 20_000;

export function runFeeds(options: FeedsOptions): FeedsResult {
  return new FeedsRun(options).run();
}

class FeedsRun {
  readonly #world: World<FeedPeer>;
  readonly #swarm: Swarm;
  readonly #random: SeededRandom;
  readonly #stations: readonly Station[];
  readonly #faults: Faults;
  readonly #subjects: readonly SubjectPath[];
  #acknowledged = 0;
  /** Answers heard since liveness was asked for. */
  #heard: string[] = [];
  #calm: "yes" | "no" = "no";

  constructor({ seed, hasher, crypto, trace = "off" }: FeedsOptions) {
    const ids = new Ids();
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    const stations: Station[] = [];
    const swarm = drawSwarm(new World<FeedPeer>({ seed, peers: 0, boot: noBoot, trace: "off" }).random("swarm"));
    this.#swarm = swarm;
    this.#stations = stations;
    this.#world = new World<FeedPeer>({
      seed,
      peers: swarm.peers,
      trace,
      weather: { lossRate: swarm.lossRate },
      wallMs: buildWallMs + swarm.sinceBuildMs,
      skewMs: 1_000,
      reserveBytes: swarm.reserveBytes,
      disk: { timing: { syncMostMs: swarm.syncMostMs, syncLeastMs: swarm.syncMostMs / 4 } },
      execute: (_protocol, job) => (job as { readonly number: number }).number ** 2,
      boot: (ports, setup) => {
        stations[setup.index] ??= this.#station(setup, { hasher, crypto, network, ids });
        return (stations[setup.index] as Station).boot(ports, setup);
      },
    });
    this.#random = this.#world.random("workload");
    this.#subjects = Array.from({ length: swarm.subjects }, (_, index) => pathOf(`space-${index % 2}/part/${index}`));
    this.#faults = new Faults({ world: this.#world, stations, swarm, start: (peer) => this.#start(peer) });
  }

  #station(
    { index, random }: BootSetup,
    parts: Pick<FeedsOptions, "hasher"> & Pick<StationOptions, "network" | "ids"> & { readonly crypto: FeedsOptions["crypto"] | undefined },
  ): Station {
    const { hasher, crypto, network, ids } = parts;
    const secret = random.stream("secret").bytes(SECRET_BYTES);
    const signer = crypto?.signerOf(secret) ?? new StubSigner(hasher, secret);
    const verifier = crypto?.verifier ?? new StubVerifier(hasher);
    const heard = (asked: Asked, answer: Answer) => this.#answered(index, asked, answer);
    return new Station({ name: `peer ${index}`, crypto: { hasher, signer, verifier }, network, ids, heard });
  }

  run(): FeedsResult {
    for (let round = 0; round < this.#swarm.rounds && this.#problems().length === 0; round++) this.#round();
    if (this.#problems().length === 0) this.#lively();
    if (this.#problems().length === 0) this.#atRest();
    const { timeline, peers, trace } = this.#world;
    const boots = peers.reduce((sum, peer) => sum + peer.boots, 0);
    const faults = this.#faults.counted();
    return {
      problems: this.#problems(),
      virtualMs: timeline.now,
      acknowledged: this.#acknowledged,
      boots,
      faults,
      hash: trace?.hash ?? "",
    };
  }

  #problems(): string[] {
    return this.#stations.flatMap(({ problems }) => problems);
  }

  // --- while things go wrong ---

  #round(): void {
    const random = this.#random;
    this.#world.run({ forMs: random.fraction() ** 3 * this.#swarm.gapMs });
    for (const peer of this.#world.peers) {
      if (peer.state === "up" && peer.booted.state === "halted") this.#faults.halted(peer);
      if (peer.state === "down" && random.chance(0.4) === "yes") this.#start(peer);
    }
    for (let burst = 1 + random.below(this.#swarm.burstMost); burst > 0; burst--) this.#ask(random.pick(this.#world.peers));
    if (random.chance(this.#swarm.faultRate) === "yes") this.#faults.strike();
  }

  #ask(peer: SimulatedPeer<FeedPeer>): void {
    if (peer.state === "down") return;
    const random = this.#random;
    const what = random.below(12);
    const asked: Asked =
      what < 7
        ? { kind: "append", path: random.pick(this.#subjects), events: this.#events() }
        : what < 8
          ? { kind: "barrier" }
          : what < 9
            ? { kind: "settle" }
            : what < 11
              ? { kind: "ping", to: random.pick(this.#world.peers).id, load: random.bytes(random.pick([0, 0, 10, 3_000])) }
              : { kind: "square", number: random.below(1_000) };
    peer.booted.ask(asked);
  }

  #events(): Extract<Asked, { readonly kind: "append" }>["events"] {
    const { eventsMost, bytesMost, largeRate } = this.#swarm;
    const random = this.#random;
    return Array.from({ length: 1 + random.below(eventsMost) }, () => {
      const bytes = random.chance(largeRate) === "yes" ? random.below(LARGE_BYTES) : random.below(bytesMost + 1);
      const key = random.chance(0.1) === "yes" ? random.bytes(1 + random.below(40)) : undefined;
      return { kind: 128 + random.below(128), codec: 0, payload: random.bytes(bytes), key };
    });
  }

  #answered(index: number, asked: Asked, answer: Answer): void {
    const station = this.#stations[index] as Station;
    if (answer.kind === "appended") this.#acknowledged += answer.appended.seqs.count;
    if (this.#calm === "yes") this.#heard.push(`${asked.kind} ${answer.kind === "ended" ? answer.how : answer.kind}`);
    if (answer.kind === "refused" && answer.code === "clock" && (this.#calm === "yes" || this.#swarm.sinceBuildMs > 3_600_000)) {
      station.broken(`an append was refused: ${answer.reason}`);
    }
    this.#faults.answered(this.#world.peer(index), answer);
  }

  /** What a store shows when it is opened is what was promised. */
  #start(peer: SimulatedPeer<FeedPeer>): void {
    peer.start();
    (this.#stations[peer.index] as Station).inspect(peer.store.keys);
  }

  // --- once nothing goes wrong any more ---

  #lively(): void {
    const { peers } = this.#world;
    this.#faults.end();
    for (const peer of peers) {
      if (peer.state === "up") peer.crash();
      this.#start(peer);
    }
    this.#calm = "yes";
    this.#await("all run and are linked", () =>
      peers.every(({ booted }) => booted.state === "running" && linksOf(booted) === peers.length - 1),
    );
    const wanted: string[] = [];
    const ask = (peer: SimulatedPeer<FeedPeer>, asked: Asked, end: string) => {
      wanted.push(`${asked.kind} ${end}`);
      if (peer.booted.ask(asked) === "refused") this.#broken(`a ${asked.kind} was not taken`);
    };
    for (const peer of peers) {
      for (const path of [...this.#subjects, pathOf("space-0/new")])
        ask(peer, { kind: "append", path, events: this.#events() }, "appended");
      for (const other of peers)
        if (other !== peer) ask(peer, { kind: "ping", to: other.id, load: new Uint8Array(other.index * 1_000) }, "ponged");
      ask(peer, { kind: "square", number: 12 }, "squared");
      ask(peer, { kind: "barrier" }, "passed");
    }
    this.#await("all are answered", () => peers.every(({ booted }) => booted.waiting.length === 0));
    for (const peer of peers) ask(peer, { kind: "settle" }, "settled");
    this.#await("all settle", () => peers.every(({ booted }) => booted.waiting.length === 0));
    // A link may be lost to the weather, and its pings with it.
    const lossy = this.#swarm.lossRate > 0;
    const heard = this.#heard.map((what) => (lossy && what === "ping link lost" ? "ping ponged" : what));
    if (heard.sort().join() !== wanted.sort().join()) this.#broken(`asked for ${wanted.join()}, and heard ${heard.join()}`);
    for (const peer of peers) (this.#stations[peer.index] as Station).compareRoot(peer.store.keys);
  }

  #atRest(): void {
    const { peers } = this.#world;
    for (const { booted } of peers) booted.stop();
    this.#await("all stop", () => peers.every(({ booted }) => booted.state === "stopped"));
    for (const peer of peers) {
      const strangers = quarantineOf(peer.booted).filter(({ protocol }) => protocol !== "store");
      if (strangers.length > 0) this.#broken(`in quarantine: ${JSON.stringify(strangers)}`);
      if (peer.booted.waiting.length > 0) this.#broken(`stopped, and unanswered: ${peer.booted.waiting.join()}`);
      peer.stop();
      this.#start(peer);
    }
    if (this.#problems().length === 0) this.#flip(this.#random.pick(peers));
  }

  /** A bit of what feeds stand on; the store's record and the clock are nobody's claim, and signed by nobody. */
  #flip(peer: SimulatedPeer<FeedPeer>): void {
    const station = this.#stations[peer.index] as Station;
    const keys = [...peer.store.keys.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) })].filter(([, value]) => value.length > 0);
    const claims = keys.map(([key]) => key.slice()).filter((key) => tableOf(key) !== "meta");
    const flipped = peer.store.flipBit(this.#random.pick(claims));
    this.#faults.count("flipped bit", "planned");
    if (flipped === undefined) return this.#broken("no bit to flip");
    if (auditOf(peer.store.keys, station.crypto, station.identity.network.id).length === 0)
      station.broken(`a bit flipped at ${tableOf(flipped)} ${flipped.join(" ")} is not found`);
    this.#faults.count("flipped bit", "fired");
  }

  #await(what: string, holds: () => boolean): void {
    if (this.#world.run({ forMs: LIVELY_MS, until: holds }) === "condition") return;
    const states = this.#world.peers.map((peer) =>
      peer.state === "down"
        ? "down"
        : `${peer.booted.state} ${peer.booted.why} ${peer.booted.waiting.join(" ")} ${JSON.stringify(peer.booted.describe())}`,
    );
    this.#broken(`within ${LIVELY_MS} ms it is not so that ${what}: ${states.join("; ")}`);
  }

  #broken(what: string): void {
    (this.#stations[0] as Station).broken(what);
  }
}

function noBoot(): never {
  throw new Error("nobody is here to boot");
}

function pathOf(text: string): SubjectPath {
  const path = normalizePath(text);
  if (isMalformed(path)) throw new Error(path.reason);
  return path;
}

function tableOf(key: Uint8Array): string {
  const place = decodeKey(key);
  return isMalformed(place) ? "none" : place.table;
}

function linksOf(peer: FeedPeer): number {
  return (peer.describe() as { readonly links: readonly string[] }).links.length;
}

function quarantineOf(peer: FeedPeer): readonly { readonly protocol: string }[] {
  const { quarantine } = peer.describe() as { readonly quarantine: { readonly kept: readonly { readonly protocol: string }[] } };
  return quarantine.kept;
}
