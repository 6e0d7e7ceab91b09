import {
  buildWallMs,
  type FalconJob,
  OutcomeUnknown,
  type PeerId,
  SinterError,
  type SubjectPath,
  spaceId,
  subjectId,
  toHex,
  type Wish,
} from "@sinter/core";
import { Host, type HostParts, type StoreIdentity } from "../hosts/host.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { readPlainly } from "../hosts/plain-reading.js";
import type { SeededRandom } from "../seeded-random.js";
import type { Boot } from "../simulated-peer.js";
import { type Chaos, ChaosTransport } from "./chaos-transport.js";
import type { HostPlan } from "./sync-plan.js";

export interface SyncHostParts extends HostParts {
  readonly plan: HostPlan;
  readonly chaos: () => Chaos;
  /** Who means no good: a link to one of them may be closed for any reason. */
  readonly hostile: ReadonlySet<PeerId>;
  /** Whose disk has rotted: what they send of it before they know is taken for a lie. */
  readonly rotten: ReadonlySet<PeerId>;
  /** Who wrote what, by the names of payloads: asked of a store, whatever became of it. */
  readonly written: Map<string, string>;
}

/** It is on disk: so this host said. */
export interface SyncPromise {
  readonly kind: "told" | "redacted";
  readonly path: SubjectPath;
  readonly payload: string;
  readonly author: string;
}

/** Losses that come of what the disk did, or of where the clock was set; any other is a fault of ours. */
export const syncLosses =
  /(no space left on the disk|the disk cannot (write|sync)|the store is closed|the disk is full|the peer is stopping|the clock)/;
/** Why an honest peer may close a link to another one. */
const CLOSINGS = /^(nothing was heard for too long|the peer is stopping|the store failed)/;

/** A host whose peer syncs with those that it is linked to, over links that lose and mix up what is sent. */
export class SyncHost extends Host<SyncPromise, SyncHostParts> {
  readonly plan: HostPlan;
  /** To whom nothing gets through from here. */
  readonly cutTo = new Set<PeerId>();
  /** To whom all is held back. */
  readonly #cloggedTo = new Set<PeerId>();
  /** Links that it closed because of what came on them. */
  hungUp = 0;
  /** It writes nothing: it has been put back and has not heard from others since. */
  state: "writing" | "quiet" = "writing";
  /** A bit of an event on its disk has flipped, and was not mended since. */
  rot: "none" | "some" = "none";
  readonly counts = { acknowledged: 0, refused: 0 };
  readonly weather = { lost: 0, repeated: 0, held: 0, delayed: 0, cut: 0, clogged: 0 };
  #transport: ChaosTransport | undefined;

  constructor(index: number, own: StoreIdentity, parts: SyncHostParts) {
    super(index, own, parts);
    this.plan = parts.plan;
  }

  boot(...[ports, { id }]: Parameters<Boot<HostedPeer>>): HostedPeer {
    const { hasher, verifier, network, plan, chaos, hostile, rotten } = this.parts;
    const { keys } = this.own;
    this.#reckon();
    const transport = new ChaosTransport({
      ...ports,
      chaos,
      wayTo: (peer) => (this.cutTo.has(peer) ? "cut" : this.#cloggedTo.has(peer) ? "clogged" : "open"),
      closing: (peer, reason) => {
        if (hostile.has(peer)) this.hungUp++;
        else if (!CLOSINGS.test(reason) && !rotten.has(peer)) this.broken(`a link is closed: ${reason}`);
      },
    });
    this.#transport = transport;
    const wishes = plan.wishes?.map(({ space, subject }): Wish => {
      const of = subject === undefined ? undefined : subjectId(hasher, network.id, subject);
      return { space: spaceId(hasher, network.id, space as SubjectPath), subject: of };
    });
    // Jobs are done elsewhere, and not by whose key they are known there.
    const compute: typeof ports.compute = {
      run: (protocol, job, done) => ports.compute.run(protocol, { job: job as FalconJob, keys }, done),
    };
    const sync = { salt: plan.salt, knobs: plan.knobs, wishes };
    const { identity } = this;
    return new HostedPeer({
      ports: { ...ports, transport, compute },
      ...{ id, hasher, verifier, identity, sync },
      linked: () => transport.linked,
    });
  }

  /** What it sends to a peer is held back, until it is let go. */
  clog(peer: PeerId): void {
    this.#cloggedTo.add(peer);
  }

  letGo(peer: PeerId): void {
    this.#cloggedTo.delete(peer);
    this.#transport?.letGo(peer);
  }

  letAllGo(): void {
    for (const peer of [...this.#cloggedTo]) this.letGo(peer);
  }

  /** What its transports did to frames, in all boots. */
  #reckon(): void {
    const { weather } = this;
    for (const [name, count] of Object.entries(this.#transport?.counts ?? {})) weather[name as keyof typeof weather] += count;
    this.#transport = undefined;
  }

  weatherUntilNow(): SyncHost["weather"] {
    const { counts } = this.#transport ?? {};
    const { lost, repeated, held, delayed, cut, clogged } = this.weather;
    if (counts === undefined) return this.weather;
    return {
      lost: lost + counts.lost,
      repeated: repeated + counts.repeated,
      held: held + counts.held,
      delayed: delayed + counts.delayed,
      cut: cut + counts.cut,
      clogged: clogged + counts.clogged,
    };
  }

  /** While its disk has lost something, it says so and writes nothing behind that. */
  override failed(what: string, error: unknown): void {
    const isRefused = this.rot === "some" && error instanceof SinterError && error.code === "corrupt";
    if (!isRefused) super.failed(what, error);
  }

  /** What its disk has lost is known already. */
  override audit(): void {
    if (this.rot === "none") super.audit();
  }

  /** All that it promised is there. */
  protected override found(): void {
    const { mayFork, redacted } = this.parts;
    if (mayFork.has(this.author) || this.rot === "some") return;
    const told = new Map<SubjectPath, ReadonlySet<string>>();
    for (const { kind, path, payload } of this.promises) {
      const there = told.get(path) ?? new Set(this.told(path));
      told.set(path, there);
      const name = `${path}: ${payload}`;
      if (kind === "told" && !redacted.has(name) && !there.has(payload)) return this.broken(`it lost ${name}, which was acknowledged`);
    }
  }

  /** The application's events of a subject that count, in total order. */
  told(path: SubjectPath): readonly string[] {
    const { view } = this;
    const id = view.subjectId(path);
    if (id === undefined) return [];
    return readPlainly(view, this.parts.hasher, id).map(({ payload }) => (typeof payload === "string" ? payload : nameOf(payload)));
  }

  // --- writing ---

  write(path: SubjectPath, payloads: readonly Uint8Array[]): void {
    const { peer, author } = this;
    if (peer === undefined || this.state === "quiet") return;
    for (const payload of payloads) this.parts.written.set(nameOf(payload), author);
    const isNow = this.sameBoot();
    peer
      .append(
        path,
        payloads.map((payload) => ({ payload })),
      )
      .then(
        () => {
          if (!isNow()) return;
          this.counts.acknowledged += payloads.length;
          for (const payload of payloads) this.promises.push({ kind: "told", path, payload: nameOf(payload), author });
        },
        (error: unknown) => {
          this.counts.refused++;
          if (isNow()) this.failed(`a write to ${path}`, error);
          // What became of it is none of this scenario's.
          if (error instanceof OutcomeUnknown) return;
        },
      );
  }

  /** One of its own events, wherever it lies by now; `undefined` where there is none. */
  redact(random: SeededRandom, subjects: readonly SubjectPath[]): "asked" | "nothing" {
    const { peer, author, view } = this;
    const { hasher, redacted } = this.parts;
    if (peer === undefined || this.state === "quiet" || this.rot === "some") return "nothing";
    const path = random.pick(subjects);
    const id = view.subjectId(path);
    const events = id === undefined ? [] : readPlainly(view, hasher, id);
    const own = events.filter((event) => toHex(event.author) === author && typeof event.payload !== "string");
    if (own.length === 0) return "nothing";
    const event = random.pick(own);
    const payload = nameOf(event.payload as Uint8Array);
    redacted.add(`${path}: ${payload}`);
    const isNow = this.sameBoot();
    peer.redact(path, { epoch: event.epoch.index, nonce: toHex(event.epoch.nonce), seq: event.seq }).then(
      () => {
        if (isNow()) this.promises.push({ kind: "redacted", path, payload, author });
      },
      (error: unknown) => {
        if (isNow() && !isPassedOver(error)) this.failed(`a redaction in ${path}`, error);
      },
    );
    return "asked";
  }
}

/** By its first bytes: no two payloads begin alike. */
export const PAYLOAD_NAME_BYTES = 4;

/** By which a payload is known. */
export function nameOf(payload: Uint8Array): string {
  return toHex(payload.subarray(0, PAYLOAD_NAME_BYTES));
}

export const firstWallMs = buildWallMs + 3 * 3_600_000;

/** Its lane was frozen or given up meanwhile, or it is redacted already. */
function isPassedOver(error: unknown): boolean {
  return error instanceof SinterError && (error.code === "not-found" || error.code === "usage");
}
