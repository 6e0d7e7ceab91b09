import {
  type AuthorKeys,
  authorOf,
  FeedView,
  type Hasher,
  type NetworkId,
  type Peer,
  type Signer,
  SinterError,
  toHex,
  type Verifier,
} from "@sinter/core";
import type { FeedIdentity } from "../feeds/founding.js";
import { auditOf } from "../feeds/station.js";
import type { SeededRandom } from "../seeded-random.js";
import type { SimulatedPeer } from "../simulated-peer.js";
import type { World } from "../world.js";
import type { HostedPeer } from "./hosted-peer.js";
import { runSettled, type Settled } from "./settled-run.js";

/** What the store of one author is opened with, wherever its disk is put. */
export interface StoreIdentity {
  readonly signer: Signer;
  readonly keys: AuthorKeys;
}

export interface HostParts {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly settled: Settled;
  /** Losses that come of what a seed does; any other is a fault of ours. */
  readonly losses: RegExp;
  /** Authors of whom one store goes on from what another one goes on from, and cannot know it. */
  readonly mayFork: Set<string>;
  /** What somebody asked to have redacted. */
  readonly redacted: Set<string>;
  readonly broken: (what: string) => void;
}

export type Answer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown }
  /** The peer went down before that. */
  | { readonly kind: "gone" };

/** Longer than anything here takes, in virtual time. */
export const patienceMs = 120_000;
const ROOMY_BYTES = 2 ** 40;

/** One place in the world where a peer runs, over all its boots and whatever disk is put into it; and what it promised there. What a
 * scenario looks at besides is in a class of its own that goes on from here. */
export class Host<Promised, Parts extends HostParts = HostParts> {
  readonly index: number;
  own: StoreIdentity;
  /** Of the data file: with another one the store knows that it was copied. */
  inode: bigint;
  /** In the order in which they were made; what its disk lost with a former life is not there any more. */
  promises: Promised[] = [];
  protected readonly parts: Parts;
  #world: World<HostedPeer> | undefined;
  /** Faults that its disk had when it came up. */
  #faultsBefore = 0;
  #isShutting = false;

  constructor(index: number, own: StoreIdentity, parts: Parts) {
    this.index = index;
    this.own = own;
    this.inode = BigInt(index + 1);
    this.parts = parts;
  }

  join(world: World<HostedPeer>): void {
    this.#world = world;
  }

  get identity(): FeedIdentity {
    const { signer, keys } = this.own;
    const { hasher, network } = this.parts;
    return { signer, keys, author: authorOf(hasher, keys), network, inode: this.inode };
  }

  get author(): string {
    return toHex(this.identity.author);
  }

  protected get world(): World<HostedPeer> {
    return this.#world as World<HostedPeer>;
  }

  get simulated(): SimulatedPeer<HostedPeer> {
    return this.world.peer(this.index);
  }

  /** While it runs. */
  get peer(): Peer | undefined {
    const { simulated } = this;
    return simulated.state === "up" && simulated.booted.why === undefined ? simulated.booted.peer : undefined;
  }

  get view(): FeedView {
    return new FeedView(this.simulated.store.keys);
  }

  broken(what: string): void {
    // A peer that is being made for the first time has no world yet.
    const { boots } = this.#world === undefined ? { boots: 0 } : this.simulated;
    this.parts.broken(`host ${this.index}, boot ${boots}, at ${this.#world?.now.toFixed(1)} ms: ${what}`);
  }

  /** The answer, once there is one. */
  async of<T>(what: string, work: Promise<T>): Promise<Answer<T>> {
    const { boots } = this.simulated;
    let answer: Answer<T> | undefined;
    work.then(
      (value) => {
        answer = { kind: "value", value };
      },
      (error: unknown) => {
        answer = { kind: "error", error };
      },
    );
    const isOver = () => answer !== undefined || this.simulated.state === "down" || this.simulated.boots !== boots;
    const end = await runSettled(this.world, this.parts.settled, { forMs: patienceMs, until: isOver });
    if (end !== "condition") this.broken(`no end of ${what}`);
    const answered = answer as Answer<T> | undefined;
    if (answered?.kind === "error") this.failed(what, answered.error);
    return answered ?? { kind: "gone" };
  }

  /** What fails for another reason than that the peer is closed, or its disk failed, is a fault. */
  failed(what: string, error: unknown): void {
    const reason = error instanceof SinterError ? error.message : `unawares: ${error instanceof Error ? error.stack : String(error)}`;
    // Of a peer whose disk fails while it is closed that is all that is said.
    const isOver = isStopped(error) && (this.#isShutting || this.simulated.disk.fired.length > this.#faultsBefore);
    if (!isOver && !(error instanceof SinterError && this.parts.losses.test(reason))) this.broken(`${what} failed: ${reason}`);
  }

  /** A peer that came to an end by itself had a disk that failed. */
  ended(why: string): void {
    if (!this.parts.losses.test(why)) this.broken(`it came to an end: ${why}`);
  }

  /** Whether the peer is still the one that runs now: what was asked of one is nothing to the next. */
  protected sameBoot(): () => boolean {
    const { boots } = this.simulated;
    return () => this.simulated.boots === boots && this.simulated.state === "up";
  }

  // --- up, and down ---

  /** Runs it again, and looks whether its store is sound. */
  async start(): Promise<void> {
    this.#faultsBefore = this.simulated.disk.fired.length;
    this.simulated.start();
    this.audit();
    this.found();
    const isReady = () => this.simulated.state === "down" || this.peer !== undefined || this.simulated.booted.why !== undefined;
    await runSettled(this.world, this.parts.settled, { forMs: patienceMs, until: isReady });
  }

  /** Looks at what is on disk before anything is done with it. */
  protected found(): void {}

  /** Its store against itself. */
  audit(): void {
    for (const { what, where, detail } of this.auditQuietly()) this.broken(`audit: ${what} at ${where}: ${detail}`);
  }

  /** The same, for who expects that something is wrong. */
  auditQuietly(): ReturnType<typeof auditOf> {
    const { hasher, verifier, network } = this.parts;
    const { keys } = this.simulated.store;
    return auditOf(keys, { hasher, verifier, signer: this.own.signer }, network.id);
  }

  /** What is down comes up, if it is to; what came to an end by itself because of its disk is run anew. */
  async raise(comesUp: () => "yes" | "no"): Promise<void> {
    const { simulated } = this;
    if (simulated.state === "up" && simulated.booted.why !== undefined) {
      this.ended(simulated.booted.why);
      await this.shut();
    }
    if (simulated.state === "down" && comesUp() === "yes") await this.start();
  }

  /** In good order. */
  async shut(): Promise<void> {
    const { peer } = this;
    this.#isShutting = true;
    if (peer !== undefined) await this.of("closing", peer.close());
    if (this.simulated.state === "up") this.simulated.stop();
    this.#isShutting = false;
  }

  // --- its disk ---

  /** One of the next syncs, or of so many writes, fails. */
  plant(kind: "power cut" | "no space" | "write error" | "sync error", random: SeededRandom, within: number): void {
    const { disk } = this.simulated;
    if (kind === "sync error") disk.plant({ kind, atSync: disk.syncs + 1 + random.below(4) });
    else disk.plant({ kind, atWrite: disk.writes + 1 + random.below(within) });
  }

  /** Has room for so much more only, for a while. */
  fill(moreBytes: number, forMs: number): void {
    const { disk } = this.simulated;
    disk.capacityBytes = disk.bytes().length + moreBytes;
    this.world.timeline.after(forMs, () => this.empty());
  }

  /** Has room for anything. */
  empty(): void {
    this.simulated.disk.capacityBytes = ROOMY_BYTES;
  }
}

function isStopped(error: unknown): boolean {
  return error instanceof SinterError && error.code === "stopped";
}
