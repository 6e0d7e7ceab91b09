import {
  buildWallMs,
  FeedView,
  type Hasher,
  heldLane,
  isMalformed,
  networkId,
  normalizePath,
  offeredEnd,
  offeredRange,
  type RangeOffer,
  type Signer,
  type SubjectPath,
  subjectId,
  type Verifier,
  verifyRange,
} from "@sinter/core";
import { Mixer } from "../mixer.js";
import { SeededRandom } from "../seeded-random.js";
import type { SimulatedPeer } from "../simulated-peer.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import type { DiskImage } from "../virtual-disk.js";
import { World } from "../world.js";
import { type Acknowledged, Ids } from "./acknowledged.js";
import type { Asked, FeedPeer } from "./feed-peer.js";
import { type FeedCrypto, Station } from "./station.js";

// Every moment at which the power can fail while a workload writes: before each sector, and at both ends of each sync. At
// each of them the disk is copied, loses random subsets of what was not synced, and is opened again.

/** Small and always the same: what is enumerated is the moments, not the work. */
export interface Workload {
  readonly name: string;
  run(bench: Bench): void;
}

export interface PowerCutsOptions {
  readonly workload: Workload;
  readonly hasher: Hasher;
  readonly seed: number | string;
  /** Subsets of unsynced writes tried at each moment, besides all of them and none. */
  readonly rounds: number;
  /** The stub where it is left out. */
  readonly crypto?: SigningCrypto | undefined;
}

export interface SigningCrypto {
  readonly signerOf: (secret: Uint8Array) => Signer;
  readonly verifier: Verifier;
}

export interface PowerCuts {
  /** Sector writes and syncs of the whole workload. */
  readonly writes: number;
  readonly syncs: number;
  readonly images: number;
  /** Of the images, how many opened to a log that no image before them had. */
  readonly distinct: number;
  readonly failed: number;
  readonly problems: readonly string[];
  /** Events of the whole workload. */
  readonly acknowledged: number;
  readonly virtualMs: number;
  /** Of all that the images opened to. */
  readonly hash: string;
}

const NETWORK = "power-cuts";
const PATIENCE_MS = 60_000;

/** One peer and its disk, for workloads: what is asked is awaited, unless the power fails first. */
export class Bench {
  readonly world: World<FeedPeer>;
  readonly station: Station;
  readonly #random: SeededRandom;
  readonly #signing: SigningCrypto | undefined;

  constructor(hasher: Hasher, seed: number | string, signing?: SigningCrypto) {
    const secret = new SeededRandom(seed, "secret").bytes(32);
    const signer = signing?.signerOf(secret) ?? new StubSigner(hasher, secret);
    const verifier = signing?.verifier ?? new StubVerifier(hasher);
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    this.#signing = signing;
    this.station = new Station({ name: "peer", crypto: { hasher, signer, verifier }, network, ids: new Ids() });
    this.#random = new SeededRandom(seed, "payloads");
    const boot = (...given: Parameters<Station["boot"]>) => this.station.boot(...given);
    this.world = new World({ seed, peers: 1, boot, trace: "off", wallMs: buildWallMs + 3_600_000, execute: () => 0 });
  }

  get peer(): SimulatedPeer<FeedPeer> {
    return this.world.peer(0);
  }

  append(subject: string, events: number, bytes: number): Asked {
    return {
      kind: "append",
      path: pathOf(subject),
      events: Array.from({ length: events }, () => ({ kind: 128, codec: 0, payload: this.#random.bytes(bytes) })),
    };
  }

  /** Asks for all at one moment, and waits for the answers. */
  ask(...asked: readonly Asked[]): void {
    if (!this.#runsUntil((peer) => peer.state === "running")) return;
    for (const each of asked) this.peer.booted.ask(each);
    this.#runsUntil((peer) => peer.waiting.length === 0);
  }

  /** Takes in what is offered, on what there is. */
  take(offer: RangeOffer): void {
    if (!this.#runsUntil((peer) => peer.state === "running")) return;
    const { hasher, verifier } = this.station.crypto;
    const held = heldLane(new FeedView(this.peer.store.keys), hasher, offer.checkpoint.place, offeredEnd(offer));
    const verified = verifyRange({ hasher, verifier, network: networkId(hasher, NETWORK) }, held, offer);
    if (isMalformed(verified) || verified.kind !== "verified") throw new Error("an honest range is not verified");
    this.ask({ kind: "take", range: verified.range });
  }

  /** Takes back what an event of the subject's only lane says. */
  redact(subject: string, seq: number): void {
    if (!this.#runsUntil((peer) => peer.state === "running")) return;
    const view = new FeedView(this.peer.store.keys);
    const path = pathOf(subject);
    const [entry] = view.lanes(subjectId(this.station.crypto.hasher, networkId(this.station.crypto.hasher, NETWORK), path));
    if (entry === undefined) throw new Error(`nothing in ${subject}`);
    const { author, epoch, number: lane } = entry;
    const place = { author, path, epoch: epoch.index, nonce: epoch.nonce };
    this.station.acknowledged.redact(place, seq, "asked");
    this.ask({ kind: "redact", lane, seq, place });
  }

  /** Another store, whose author signs in the same way. */
  other(name: string): Bench {
    return new Bench(this.station.crypto.hasher, name, this.#signing);
  }

  /** A lane of ours in pieces, for others. */
  offers(subject: string, bytes: number): RangeOffer[] {
    const view = new FeedView(this.peer.store.keys);
    const { hasher } = this.station.crypto;
    const id = subjectId(hasher, networkId(hasher, NETWORK), pathOf(subject));
    const [lane] = [...view.lanes(id)].map(({ number }) => number);
    const offers: RangeOffer[] = [];
    for (let from = 1; lane !== undefined; ) {
      const offer = offeredRange(view, hasher, { lane, from, bytes });
      if (offer === undefined) break;
      offers.push(offer);
      from = offeredEnd(offer) + 1;
    }
    return offers;
  }

  /** The store goes on in another place. */
  move(): void {
    if (this.peer.state === "down") return;
    this.peer.kill();
    this.station.inode += 1n;
    this.peer.start();
  }

  #runsUntil(holds: (peer: FeedPeer) => boolean): boolean {
    const end = this.world.run({ forMs: PATIENCE_MS, until: () => this.peer.state === "down" || holds(this.peer.booted) });
    if (end !== "condition") throw new Error("the workload comes to no end");
    return this.peer.state === "up";
  }
}

/** The power fails at one moment of the workload: what is on the disk then, and what was acknowledged. */
interface Moment {
  readonly name: string;
  readonly image: DiskImage;
  readonly acknowledged: Acknowledged;
  readonly inode: bigint;
  readonly crypto: FeedCrypto;
}

export function enumeratePowerCuts(options: PowerCutsOptions): PowerCuts {
  const { workload, hasher, seed, crypto } = options;
  const whole = new Bench(hasher, seed, crypto);
  workload.run(whole);
  const { writes, syncs } = whole.peer.disk;
  const check = new ImageCheck(options);
  for (let write = 1; write <= writes; write++) check.moment(cutBeforeWrite(options, write));
  for (let sync = 1; sync <= syncs; sync++) for (const end of ["begun", "done"] as const) check.moment(cutAtSync(options, sync, end));
  return { writes, syncs, acknowledged: whole.station.acknowledged.count, ...check.result() };
}

function cutBeforeWrite({ workload, hasher, seed, crypto }: PowerCutsOptions, write: number): Moment {
  const bench = new Bench(hasher, seed, crypto);
  const { disk } = bench.peer;
  const moments: Moment[] = [];
  const { powerCut } = disk;
  disk.powerCut = () => {
    moments.push(momentOf(bench, `before write ${write}`));
    powerCut?.();
  };
  disk.plant({ kind: "power cut", atWrite: write });
  workload.run(bench);
  if (moments.length !== 1) throw new Error(`${workload.name}: write ${write} never comes`);
  return moments[0] as Moment;
}

function cutAtSync({ workload, hasher, seed, crypto }: PowerCutsOptions, sync: number, end: "begun" | "done"): Moment {
  const bench = new Bench(hasher, seed, crypto);
  const moments: Moment[] = [];
  const { disk } = bench.peer;
  disk.synced = (number, when) => {
    if (number === sync && when === end) moments.push(momentOf(bench, `sync ${sync} ${end}`));
  };
  workload.run(bench);
  if (moments.length !== 1) throw new Error(`${workload.name}: sync ${sync} is never ${end}`);
  return moments[0] as Moment;
}

function momentOf({ peer, station }: Bench, name: string): Moment {
  return { name, image: peer.disk.image(), acknowledged: station.acknowledged.copy(), inode: station.inode, crypto: station.crypto };
}

/** Opens images, on one peer after the other. */
class ImageCheck {
  readonly #options: PowerCutsOptions;
  readonly #random: SeededRandom;
  readonly #seen = new Set<string>();
  readonly #mixer = new Mixer();
  #images = 0;
  #failed = 0;
  #virtualMs = 0;
  readonly #problems: string[] = [];

  constructor(options: PowerCutsOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed, "subsets");
  }

  moment(moment: Moment): void {
    const { rounds } = this.#options;
    const subsets = moment.image.pending.length === 0 ? 0 : rounds;
    for (const keep of ["all", "none"] as const) this.#image(moment, { keep, subset: 0 });
    for (let subset = 1; subset <= subsets; subset++) this.#image(moment, { keep: "random subset", subset });
  }

  result(): Omit<PowerCuts, "writes" | "syncs" | "acknowledged"> {
    const [images, failed, problems, virtualMs] = [this.#images, this.#failed, this.#problems, this.#virtualMs];
    return { images, distinct: this.#seen.size, failed, problems, virtualMs, hash: this.#mixer.hex() };
  }

  #image(moment: Moment, { keep, subset }: { readonly keep: "all" | "none" | "random subset"; readonly subset: number }): void {
    const { workload, hasher, seed, crypto } = this.#options;
    const bench = new Bench(hasher, `${seed} reopened`, crypto);
    const { peer, station } = bench;
    peer.kill();
    peer.disk.load(moment.image);
    peer.disk.crash({ random: this.#random.stream(`${moment.name} ${subset}`), keep });
    station.crypto = moment.crypto;
    station.acknowledged = moment.acknowledged.copy();
    station.inode = moment.inode;
    peer.start();
    for (const problem of station.acknowledged.problems(peer.store.keys, hasher)) station.broken(problem);
    const log = new Mixer().bytes(peer.disk.bytes()).hex() + peer.disk.bytes().length;
    // What opens to the same log is the same store: it is held against what was promised, and goes on as the first did.
    if (!this.#seen.has(log)) goesOn(bench);
    this.#seen.add(log);
    this.#images += 1;
    this.#virtualMs += bench.world.now;
    this.#mixer.text(log);
    if (station.problems.length === 0) return;
    this.#failed += 1;
    this.#problems.push(`${workload.name}, ${moment.name}, ${keep} ${subset}: ${station.problems[0]}`);
  }
}

/** Sound, and fit to be written to: the next event follows the last, in the same lane, and so it is after one more opening. */
function goesOn(bench: Bench): void {
  const { peer, station } = bench;
  station.inspect(peer.store.keys);
  const before = station.acknowledged.count;
  for (const subject of ["one/a", "two/b"]) bench.ask(bench.append(subject, 2, 50));
  if (station.acknowledged.count !== before + 4) station.broken("appends are not acknowledged any more");
  bench.ask({ kind: "settle" });
  station.compareRoot(peer.store.keys);
  peer.kill();
  peer.start();
  station.inspect(peer.store.keys);
}

function pathOf(text: string): SubjectPath {
  const path = normalizePath(text);
  if (isMalformed(path)) throw new Error(path.reason);
  return path;
}

/** New blocks, and one that grows. */
export function rangesOfAnother(bench: Bench, batch: number): RangeOffer[] {
  const author = bench.other("another author");
  author.ask(author.append("one/a", batch, 200));
  const first = author.offers("one/a", 4_096);
  author.ask(author.append("one/a", 3, 100));
  return [...first, ...author.offers("one/a", Number.POSITIVE_INFINITY)];
}

/** `batch`: events of the batch; 1000 fill several blocks, many times the sectors. */
export function workloads({ batch }: { readonly batch: number }): readonly Workload[] {
  const many = Array.from({ length: 8 }, (_, index) => `one/${String.fromCharCode(97 + index)}`);
  return [
    {
      name: "append one",
      run: (bench) => {
        for (let count = 0; count < 2; count++) bench.ask(bench.append("one/a", 1, 200));
      },
    },
    { name: "append batch", run: (bench) => bench.ask(bench.append("one/a", batch, 200)) },
    {
      name: "several subjects in one turn",
      run: (bench) => {
        for (let count = 0; count < 2; count++) bench.ask(...many.map((subject) => bench.append(subject, 3, 100)));
      },
    },
    {
      name: "tail block rewritten",
      run: (bench) => {
        for (let count = 0; count < 8; count++) bench.ask(bench.append("one/a", 1, 5_000));
      },
    },
    {
      name: "frontier refreshed",
      run: (bench) => {
        bench.ask(...many.map((subject) => bench.append(subject, 1, 10)));
        bench.ask({ kind: "settle" });
        bench.ask(bench.append("one/a", 1, 10), { kind: "settle" });
      },
    },
    {
      name: "ranges of another author",
      run: (bench) => {
        for (const offer of rangesOfAnother(bench, batch)) bench.take(offer);
        bench.ask(bench.append("one/a", 1, 50), { kind: "settle" });
      },
    },
    {
      name: "redacted",
      run: (bench) => {
        bench.ask(bench.append("one/a", 5, 2_000));
        bench.redact("one/a", 1);
        bench.ask(bench.append("one/a", 1, 100));
        bench.redact("one/a", 7);
      },
    },
    {
      name: "new epoch after a copy",
      run: (bench) => {
        bench.ask(bench.append("one/a", 3, 100), bench.append("one/b", 1, 100));
        bench.move();
        bench.ask(bench.append("one/a", 2, 100));
        bench.ask(bench.append("one/b", 1, 100), bench.append("one/c", 1, 100));
      },
    },
  ];
}
