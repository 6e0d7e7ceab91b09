import {
  buildWallMs,
  type Hasher,
  isMalformed,
  networkId,
  normalizePath,
  type Signer,
  type SubjectPath,
  toHex,
  type Verifier,
} from "@sinter/core";
import type { FeedPeer } from "../feeds/feed-peer.js";
import { type PlanLimits, type PlanSize, within } from "../hosts/run-limits.js";
import { exchangesMax } from "../limits.js";
import type { SeededRandom } from "../seeded-random.js";
import type { TraceOptions } from "../trace.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { Carrier } from "./carrier.js";
import { Ledger } from "./ledger.js";
import { TwinHost } from "./twin-host.js";

// One seed: some stores, among them ones that come of one another: copied, cloned so that they do not know it, restored, put back to
// an earlier state, crashed. What they hold is carried between them in any order. In the end all have met: then every store must
// show the same, every fork must be proven, nobody else accused, and nothing lost that was acknowledged.

export interface TwinsOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions | "off";
  /** Less of what the seed plans. */
  readonly limits?: PlanLimits | undefined;
}

export const twinTroubles = ["copy", "clone", "restore", "rollback", "crash"] as const;
export type TwinTrouble = (typeof twinTroubles)[number];

export interface TwinsResult {
  readonly problems: readonly string[];
  readonly acknowledged: number;
  readonly virtualMs: number;
  /** How often each befell a store. */
  readonly troubles: ReadonlyMap<TwinTrouble, number>;
  /** Lanes that are frozen in the end, and the longest proof of one. */
  readonly forks: number;
  readonly longestProof: number;
  /** Of the trace; empty where there is none. */
  readonly hash: string;
}

const NETWORK = "twins";
const SECRET_BYTES = 32;
const SUBJECTS = ["a/one", "a/two", "b/three"].map(pathOf);

interface TwinsPlan extends PlanSize {
  readonly subjects: number;
  /** Until the end only hosts of one party meet: so twins publish without hearing of each other. */
  readonly parties: number;
  readonly troubles: readonly TwinTrouble[];
}

/** What a seed plans, before anything is made of it. */
export function twinsPlan(seed: number | string): TwinsPlan {
  const nobody = new World<FeedPeer>({ seed, peers: 0, boot: noBoot, trace: "off" });
  const draw = nobody.random("twins");
  return {
    peers: 4 + draw.below(3),
    subjects: 1 + draw.below(SUBJECTS.length),
    parties: draw.pick([1, 2, 2]),
    troubles: twinTroubles.filter(() => draw.chance(0.5) === "yes"),
    rounds: roundsOf(nobody.random("workload")),
    hostiles: [],
  };
}

/** The first that is drawn of a workload. */
function roundsOf(workload: SeededRandom): number {
  return 8 + workload.below(25);
}

export function runTwins(options: TwinsOptions): TwinsResult {
  return new TwinsRun(options).run();
}

interface Image {
  readonly disk: ReturnType<TwinHost["peer"]["disk"]["image"]>;
  readonly signer: Signer;
  readonly inode: bigint;
  /** How much its host had promised by then. */
  readonly promised: number;
}

class TwinsRun {
  readonly #world: World<FeedPeer>;
  readonly #random: SeededRandom;
  readonly #hosts: TwinHost[] = [];
  readonly #carrier: Carrier;
  readonly #ledger: Ledger;
  readonly #subjects: readonly SubjectPath[];
  readonly #plan: TwinsPlan;
  readonly #count = new Map<TwinTrouble, number>();
  readonly #images = new Map<TwinHost, Image[]>();
  readonly #problems: string[] = [];
  #inodes = 1_000n;
  #payloads = 0;

  constructor({ seed, hasher, crypto, trace = "off", limits }: TwinsOptions) {
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    const verifier = crypto?.verifier ?? new StubVerifier(hasher);
    const plan = within(twinsPlan(seed), limits);
    this.#plan = plan;
    this.#world = new World<FeedPeer>({
      seed,
      peers: plan.peers,
      trace,
      topology: "none",
      wallMs: buildWallMs + 3_600_000,
      skewMs: 500,
      boot: (ports, setup) => {
        const secret = setup.random.stream("secret").bytes(SECRET_BYTES);
        const signer = () => crypto?.signerOf(secret) ?? new StubSigner(hasher, secret);
        this.#hosts[setup.index] ??= new TwinHost(setup.index, signer(), { hasher, verifier, network });
        return (this.#hosts[setup.index] as TwinHost).boot(ports, setup);
      },
    });
    for (const host of this.#hosts) host.join(this.#world);
    this.#random = this.#world.random("workload");
    this.#subjects = SUBJECTS.slice(0, plan.subjects);
    const tools = { hasher, verifier, network: network.id };
    const broken = (what: string) => void this.#problems.push(what);
    this.#carrier = new Carrier({ tools, random: this.#world.random("carrier"), broken });
    this.#ledger = new Ledger({ tools, broken });
  }

  run(): TwinsResult {
    const drawn = roundsOf(this.#random);
    const rounds = Math.min(drawn, this.#plan.rounds);
    for (let round = 0; round < rounds && this.#problems.length === 0; round++) this.#round();
    if (this.#problems.length === 0) this.#meetAll();
    const forks = this.#problems.length === 0 ? this.#ledger.check(this.#hosts) : { count: 0, longestProof: 0 };
    return {
      problems: this.#problems,
      acknowledged: this.#ledger.acknowledged,
      virtualMs: this.#world.now,
      troubles: this.#count,
      forks: forks.count,
      longestProof: forks.longestProof,
      hash: this.#world.trace?.hash ?? "",
    };
  }

  #round(): void {
    const random = this.#random;
    const { parties, troubles } = this.#plan;
    this.#world.run({ forMs: random.below(2_000) });
    for (let appends = random.below(4); appends > 0; appends--) this.#append(random.pick(this.#hosts));
    for (let meetings = random.below(4); meetings > 0; meetings--) {
      const [from, ...others] = random.shuffled(this.#hosts) as [TwinHost, ...TwinHost[]];
      const to = others.find((other) => parties === 1 || other.index % parties === from.index % parties);
      if (to !== undefined) this.#carrier.carry(from, to, "some");
    }
    if (random.chance(0.3) === "yes") this.#keep(random.pick(this.#hosts));
    if (troubles.length > 0 && random.chance(0.35) === "yes") this.#strike(random.pick(troubles), random.pick(this.#hosts));
  }

  #append(host: TwinHost): void {
    const random = this.#random;
    const path = random.pick(this.#subjects);
    const payloads = Array.from({ length: 1 + random.below(random.pick([1, 3, 40])) }, () => this.#payload());
    const events = payloads.map((payload) => ({ kind: 128, codec: 0, payload, key: undefined }));
    const answer = host.ask({ kind: "append", path, events });
    if (answer?.kind === "appended") this.#ledger.promise(host, path, payloads);
    else if (answer !== undefined) this.#problems.push(`host ${host.index}: an append was answered ${JSON.stringify(answer)}`);
  }

  /** No two are the same. */
  #payload(): Uint8Array {
    const number = this.#payloads++;
    return Uint8Array.of(number >>> 16, number >>> 8, number, ...this.#random.bytes(this.#random.pick([0, 40])));
  }

  // --- what befalls stores ---

  #keep(host: TwinHost): void {
    host.peer.kill();
    const images = this.#images.get(host) ?? [];
    images.push({ disk: host.peer.disk.image(), signer: host.signer, inode: host.inode, promised: this.#ledger.promisedBy(host) });
    this.#images.set(host, images);
    host.peer.start();
  }

  #strike(trouble: TwinTrouble, host: TwinHost): void {
    const image = this.#image(trouble, host);
    if (image === undefined) return;
    this.#count.set(trouble, (this.#count.get(trouble) ?? 0) + 1);
    host.peer.kill();
    if (image !== "crashed") {
      host.peer.disk.load(image.disk);
      const isOwn = toHex(image.signer.publicKey) === toHex(host.signer.publicKey);
      this.#ledger.replaced(host, isOwn && (trouble === "restore" || trouble === "rollback") ? image.promised : 0);
      // An image of what another host was is none of this one.
      this.#images.delete(host);
      host.signer = image.signer;
      host.inode = trouble === "clone" || trouble === "rollback" ? image.inode : this.#inodes++;
      if (trouble === "clone" || trouble === "rollback") this.#ledger.mayFork(host);
    }
    host.peer.start();
  }

  #image(trouble: TwinTrouble, host: TwinHost): Image | "crashed" | undefined {
    const random = this.#random;
    if (trouble === "crash") return "crashed";
    if (trouble === "restore" || trouble === "rollback") {
      const images = this.#images.get(host) ?? [];
      return images.length === 0 ? undefined : random.pick(images);
    }
    const other = random.pick(this.#hosts.filter((each) => each !== host));
    other.peer.kill();
    const disk = other.peer.disk.image();
    other.peer.start();
    return { disk, signer: other.signer, inode: other.inode, promised: 0 };
  }

  // --- once nothing goes wrong any more ---

  #meetAll(): void {
    for (let round = 0; round < exchangesMax; round++) {
      const before = this.#ledger.shown(this.#hosts);
      for (const from of this.#random.shuffled(this.#hosts))
        for (const to of this.#random.shuffled(this.#hosts)) if (from !== to) this.#carrier.carry(from, to, "all");
      for (const host of this.#hosts) host.rest();
      if (before === this.#ledger.shown(this.#hosts)) return;
    }
    this.#problems.push(`after ${exchangesMax} exchanges of all with all something still changes`);
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
