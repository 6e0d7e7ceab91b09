import {
  buildWallMs,
  type Hasher,
  isMalformed,
  networkId,
  normalizePath,
  type Signer,
  subjectId,
  toHex,
  type Verifier,
  viewFlushMs,
} from "@sinter/core";
import { DiskImages } from "../hosts/disk-images.js";
import type { StoreIdentity } from "../hosts/host.js";
import type { HostedPeer } from "../hosts/hosted-peer.js";
import { idOf, readPlainly, type StoredEvent } from "../hosts/plain-reading.js";
import { type PlanLimits, type PlanSize, within } from "../hosts/run-limits.js";
import { runSettled, type Settled } from "../hosts/settled-run.js";
import { exchangesMax } from "../limits.js";
import type { SeededRandom } from "../seeded-random.js";
import type { TraceOptions } from "../trace.js";
import { rowsOf } from "../twins/ledger.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { ViewCarrier } from "./view-carrier.js";
import { durableViews, viewsOnDisk } from "./view-checks.js";
import { type Acked, ViewHost, viewLosses } from "./view-host.js";
import { type ViewKind, viewKinds } from "./view-kinds.js";

// One seed: some peers that read a few subjects through live views, write to them and hand on what they hold, while their disks lose
// what was not flushed, fill up or fail, and stores are copied, cloned and put back. Whenever a peer comes up again its views must go
// on where they were on disk, and be what their events come to; in the end all have met, and all views are the same bytes.

export interface ViewsOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions | "off";
  /** Less of what the seed plans. */
  readonly limits?: PlanLimits | undefined;
}

export const viewTroubles = [
  /** The power fails now, or a few writes later. */
  "crash",
  "power cut",
  /** At the very next instant after something was acknowledged. */
  "crash at acknowledgement",
  "kill",
  "shut",
  "no space",
  "write error",
  "sync error",
  "full disk",
  "redaction",
  "closed view",
  "copy",
  "clone",
  "restore",
  "rollback",
] as const;
export type ViewTrouble = (typeof viewTroubles)[number];

export interface ViewsResult {
  readonly problems: readonly string[];
  readonly virtualMs: number;
  readonly boots: number;
  readonly acknowledged: number;
  readonly forks: number;
  readonly troubles: ReadonlyMap<ViewTrouble, number>;
  /** Views that were opened; events that they had on disk, and that they folded then; how many were folded anew, as they had to be. */
  readonly opened: number;
  readonly resumed: number;
  readonly folded: number;
  readonly anew: number;
  /** Writes of which nothing was known, and then was found out what had become of them. */
  readonly settled: number;
  /** Of the trace; empty where there is none. */
  readonly hash: string;
}

const NETWORK = "views";
const SECRET_BYTES = 32;
const RESERVE_BYTES = 16 * 1024;
/** Longer than a view waits before it is put on disk. */
const REST_MS = 3_000;
/** Enough for a few commits. */
const MOMENT_MS = 10;

interface ViewsPlan extends PlanSize {
  readonly kinds: readonly ViewKind[];
  readonly troubles: readonly ViewTrouble[];
  readonly paceMs: number;
  /** Until the end only hosts of one party meet: so twins publish without hearing of each other. */
  readonly parties: number;
}

/** What a seed plans, before anything is made of it. */
export function viewsPlan(seed: number | string): ViewsPlan {
  const nobody = new World<HostedPeer>({ seed, peers: 0, boot: noBoot, trace: "off" });
  const draw = nobody.random("views");
  const drawn = draw.shuffled(viewKinds).slice(0, 1 + draw.below(4));
  // Of the one that shows each write by itself most is told: it is there more often.
  const showing = draw.chance(0.5) === "yes" ? viewKinds.filter(({ shown }) => shown !== undefined) : [];
  return {
    kinds: [...new Set([...drawn, ...showing])],
    troubles: viewTroubles.filter(() => draw.chance(0.4) === "yes"),
    paceMs: draw.pick([5, 200, 1_500]),
    parties: draw.pick([1, 1, 2]),
    peers: draw.pick([2, 3, 3, 4, 5]),
    rounds: roundsOf(nobody.random("workload")),
    hostiles: [],
  };
}

/** The first that is drawn of a workload. */
function roundsOf(workload: SeededRandom): number {
  return 6 + workload.below(20);
}

export async function runViews(options: ViewsOptions): Promise<ViewsResult> {
  return await new ViewsRun(options).run();
}

class ViewsRun {
  readonly #world: World<HostedPeer>;
  readonly #settled: Settled;
  readonly #hasher: Hasher;
  readonly #random: SeededRandom;
  readonly #hosts: ViewHost[] = [];
  readonly #kinds: readonly ViewKind[];
  readonly #plan: ViewsPlan;
  readonly #carrier: ViewCarrier;
  readonly #count = new Map<ViewTrouble, number>();
  readonly #images = new DiskImages<Acked>();
  readonly #redacted = new Set<string>();
  readonly #mayFork = new Set<string>();
  readonly #problems: string[] = [];
  #writes = 0;

  constructor({ seed, hasher, settled, crypto, trace = "off", limits }: ViewsOptions) {
    const network = { name: NETWORK, id: networkId(hasher, NETWORK) };
    const verifier = crypto?.verifier ?? new StubVerifier(hasher);
    const plan = within(viewsPlan(seed), limits);
    this.#settled = settled;
    this.#hasher = hasher;
    this.#plan = plan;
    this.#kinds = plan.kinds;
    const [redacted, mayFork, losses] = [this.#redacted, this.#mayFork, viewLosses];
    const common = { hasher, verifier, network, settled, losses, kinds: this.#kinds, redacted, mayFork };
    const subjectOf = ({ path }: ViewKind) => subjectId(hasher, network.id, pathOf(path));
    const broken = (what: string) => void this.#problems.push(what);
    this.#world = new World<HostedPeer>({
      seed,
      peers: plan.peers,
      trace,
      topology: "none",
      wallMs: buildWallMs + 3_600_000,
      skewMs: 500,
      reserveBytes: RESERVE_BYTES,
      boot: (ports, setup) => {
        const secret = setup.random.stream("secret").bytes(SECRET_BYTES);
        const own = (): StoreIdentity => {
          const signer = crypto?.signerOf(secret) ?? new StubSigner(hasher, secret);
          return { signer, keys: { suite: 1, ed25519: signer.publicKey } };
        };
        const random = setup.random.stream("writes");
        this.#hosts[setup.index] ??= new ViewHost(setup.index, own(), { ...common, subjectOf, broken, random });
        return (this.#hosts[setup.index] as ViewHost).boot(ports, setup);
      },
    });
    for (const host of this.#hosts) host.join(this.#world);
    this.#random = this.#world.random("workload");
    this.#carrier = new ViewCarrier({ hasher, networkName: NETWORK, random: this.#world.random("carrier") });
  }

  async run(): Promise<ViewsResult> {
    // A world starts its peers by itself; each start is looked at here, the first too.
    for (const { simulated } of this.#hosts) simulated.kill();
    for (const host of this.#hosts) await host.start();
    const drawn = roundsOf(this.#random);
    const rounds = Math.min(drawn, this.#plan.rounds);
    for (let round = 0; round < rounds && this.#problems.length === 0; round++) await this.#round();
    if (this.#problems.length === 0) await this.#calm();
    if (this.#problems.length === 0) await this.#meetAll();
    if (this.#problems.length === 0) await this.#same();
    if (this.#problems.length === 0) await this.#onceMore();
    return this.#result();
  }

  #result(): ViewsResult {
    const { now, peers, trace } = this.#world;
    const sum = (of: (host: ViewHost) => number) => this.#hosts.reduce((all, host) => all + of(host), 0);
    const [first] = this.#hosts as [ViewHost];
    return {
      problems: this.#problems,
      virtualMs: now,
      boots: peers.reduce((all, { boots }) => all + boots, 0),
      acknowledged: sum(({ counts }) => counts.acked),
      forks: first.simulated.state === "up" ? [...first.view.forks()].length : 0,
      troubles: this.#count,
      opened: sum(({ counts }) => counts.opened),
      resumed: sum(({ counts }) => counts.resumed),
      folded: sum(({ counts }) => counts.folded),
      anew: sum(({ counts }) => counts.anew),
      settled: sum(({ counts }) => counts.settled),
      hash: trace?.hash ?? "",
    };
  }

  async #pass(forMs: number): Promise<void> {
    await runSettled(this.#world, this.#settled, { forMs });
  }

  // --- while things go wrong ---

  async #round(): Promise<void> {
    const random = this.#random;
    const { paceMs, parties, troubles } = this.#plan;
    await this.#pass(random.fraction() ** 2 * paceMs);
    for (const host of this.#hosts) await this.#raise(host);
    for (let writes = random.below(6); writes > 0; writes--) this.#write(random.pick(this.#hosts));
    for (let meetings = random.below(4); meetings > 0; meetings--) {
      const [from, ...others] = random.shuffled(this.#hosts) as [ViewHost, ...ViewHost[]];
      const to = others.find(({ index }) => (index - from.index) % parties === 0);
      if (to !== undefined) this.#carrier.carry(from, to, "some").catch((error: unknown) => to.failed("carrying", error));
    }
    if (random.chance(0.3) === "yes") this.#images.keep(random.pick(this.#hosts));
    if (troubles.length > 0 && random.chance(0.5) === "yes") await this.#strike(random.pick(troubles), random.pick(this.#hosts));
  }

  /** What is down comes up, sooner or later, and what is closed is opened. */
  async #raise(host: ViewHost): Promise<void> {
    await host.raise(() => this.#random.chance(0.6));
    for (const kind of this.#kinds) {
      if (host.peer === undefined) continue;
      if (host.isOpen(kind)) {
        if (this.#random.chance(0.02) === "yes") await host.compare(kind);
      } else if (this.#random.chance(0.4) === "yes") await host.open(kind);
    }
  }

  #write(host: ViewHost): void {
    const kind = this.#random.pick(this.#kinds);
    for (let writes = 1 + this.#random.below(this.#random.pick([1, 3, 30])); writes > 0; writes--) host.write(kind, ++this.#writes);
  }

  async #strike(trouble: ViewTrouble, host: ViewHost): Promise<void> {
    const { simulated } = host;
    if (simulated.state === "down") return;
    this.#count.set(trouble, (this.#count.get(trouble) ?? 0) + 1);
    this.#world.trace?.note(this.#world.now, `host ${host.index}`, trouble);
    switch (trouble) {
      case "crash":
        return void simulated.crash();
      case "kill":
        return void simulated.kill();
      case "shut":
        return await host.shut();
      case "crash at acknowledgement":
        return this.#crashAtNext(host);
      case "power cut":
      case "no space":
      case "write error":
      case "sync error":
        return await this.#fail(trouble, host);
      case "full disk":
        return this.#fill(host);
      case "redaction":
        return await this.#redact(host);
      case "closed view":
        return await this.#close(host);
      default:
        return await this.#replace(trouble, host);
    }
  }

  /** At one of the next writes; or, once those are done, of those by which views are put on disk a second later. */
  async #fail(kind: "power cut" | "no space" | "write error" | "sync error", host: ViewHost): Promise<void> {
    const isLater = this.#random.chance(0.5) === "yes";
    if (isLater) await this.#pass(MOMENT_MS);
    host.plant(kind, this.#random, isLater ? 4 : 12);
    if (isLater) await this.#pass(viewFlushMs + MOMENT_MS);
  }

  async #close(host: ViewHost): Promise<void> {
    const kind = this.#random.pick(this.#kinds);
    const how = this.#random.pick(["done", "begun"] as const);
    await host.close(kind, how);
    if (how === "begun") await host.open(kind);
  }

  #crashAtNext(host: ViewHost): void {
    const { boots } = host.simulated;
    host.acknowledged = () => {
      host.acknowledged = undefined;
      this.#world.timeline.after(0, () => {
        if (host.simulated.state === "up" && host.simulated.boots === boots) host.simulated.crash();
      });
    };
  }

  #fill(host: ViewHost): void {
    host.fill(this.#random.below(2 * RESERVE_BYTES), this.#random.pick([20, 500, 5_000, 100_000]));
  }

  /** One of its own events, wherever it lies by now. */
  async #redact(host: ViewHost): Promise<void> {
    const { peer } = host;
    if (peer === undefined) return;
    const kind = this.#random.pick(this.#kinds);
    const own = this.#readAt(host, kind).filter(({ author, payload }) => toHex(author) === host.author && typeof payload !== "string");
    if (own.length === 0) return;
    const event = this.#random.pick(own);
    this.#redacted.add(idOf(event));
    const { epoch, seq } = event;
    // What is folded has to be folded anew, while more is written; and at times the new view does not come to the disk.
    const end = this.#random.pick(["none", "none", "power cut", "power cut", "no space", "full disk", "full disk"] as const);
    if (end === "power cut" || end === "no space") host.plant(end, this.#random, 10);
    peer.redact(kind.path, { epoch: epoch.index, nonce: toHex(epoch.nonce), seq }).then(
      () => (end === "full disk" ? this.#fill(host) : undefined),
      (error: unknown) => host.failed("a redaction", error),
    );
    for (let writes = this.#random.below(6); writes > 0; writes--) host.write(kind, ++this.#writes);
    if (end === "none" || end === "power cut") return;
    await this.#pass(MOMENT_MS);
    if (host.simulated.state === "up" && this.#random.chance(0.7) === "yes") host.simulated.crash();
  }

  #readAt(host: ViewHost, kind: ViewKind): readonly StoredEvent[] {
    return readPlainly(host.view, this.#hasher, this.#subjectOf(kind));
  }

  #subjectOf({ path }: ViewKind) {
    return subjectId(this.#hasher, networkId(this.#hasher, NETWORK), pathOf(path));
  }

  /** Its disk is another now. */
  async #replace(trouble: "copy" | "clone" | "restore" | "rollback", host: ViewHost): Promise<void> {
    const isOwn = trouble === "restore" || trouble === "rollback";
    const image = isOwn ? this.#images.earlier(host, this.#random) : this.#images.copy(this.#other(host));
    if (image === undefined) return;
    const known = trouble === "copy" || trouble === "restore" ? "yes" : "no";
    this.#images.put(host, image, { known, random: this.#random });
    if (known === "no") this.#mayFork.add(host.author);
    await host.start();
  }

  #other(host: ViewHost): ViewHost {
    return this.#random.pick(this.#hosts.filter((each) => each !== host));
  }

  // --- once nothing goes wrong any more ---

  async #calm(): Promise<void> {
    for (const host of this.#hosts) {
      const { simulated } = host;
      host.acknowledged = undefined;
      simulated.disk.unplant();
      host.empty();
      if (simulated.state === "up") simulated.crash();
      await host.start();
    }
  }

  async #meetAll(): Promise<void> {
    const shown = () => this.#hosts.map(({ view }) => [...rowsOf(view, { hasher: this.#hasher })].sort().join(" "));
    for (let round = 0; round < exchangesMax; round++) {
      const before = shown();
      for (const from of this.#random.shuffled(this.#hosts))
        for (const to of this.#random.shuffled(this.#hosts))
          if (from !== to) await to.of("being told of all that another one holds", this.#carrier.carry(from, to, "all"));
      await this.#pass(REST_MS);
      const after = shown();
      if (this.#problems.length > 0) return;
      if (before.join("\n") !== after.join("\n")) continue;
      if (new Set(after).size > 1) this.#problems.push(`stores that have met differ:\n${after.join("\n")}`);
      return;
    }
    this.#problems.push(`after ${exchangesMax} exchanges of all with all something still changes`);
  }

  /** All hold the same: so all views are the same, and nothing is gone that somebody promised. */
  async #same(): Promise<void> {
    for (const kind of this.#kinds) {
      const states = new Set<string>();
      for (const host of this.#hosts) {
        if ((await host.compare(kind)) > 0) host.broken(`${kind.path} waits for a payload`);
        const state = await host.of(`the state of ${kind.path}`, host.stateOf(kind));
        if (state.kind === "value") states.add(state.value);
      }
      if (states.size > 1) this.#problems.push(`${kind.path} is otherwise at stores that hold the same: ${[...states].join(", ")}`);
      const here = new Set(this.#readAt(this.#hosts[0] as ViewHost, kind).map(idOf));
      for (const host of this.#hosts)
        for (const id of host.promised(kind)) if (!here.has(id)) host.broken(`${kind.path} lost ${id} for good`);
    }
  }

  /** What rested is on disk to its last event, and nothing is on disk that nobody reads. */
  async #onceMore(): Promise<void> {
    for (const host of this.#hosts) {
      const folded = () => host.counts.folded;
      const before = host.counts.anew + folded();
      host.simulated.crash({ keep: "none" });
      await host.start();
      if (host.counts.anew + folded() > before) host.broken("views that rested were not all on disk");
      const { keys } = host.simulated.store;
      const [lie, read] = [viewsOnDisk(keys), durableViews(keys, this.#hasher).size];
      if (lie !== read) host.broken(`${lie} views are on disk, and ${read} are read`);
    }
  }
}

function noBoot(): never {
  throw new Error("nobody is here to boot");
}

function pathOf(text: string) {
  const path = normalizePath(text);
  if (isMalformed(path)) throw new Error(path.reason);
  return path;
}
