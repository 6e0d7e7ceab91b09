import { isMalformed } from "../bytes/malformed.js";
import { forkShown } from "../feed/range/fork-parting.js";
import { Ahead, type Differs, type RangeOffer } from "../feed/range/verified-range.js";
import { hasher, network, nonce, parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { freeze } from "../feed/rig/forked-stores.suite.js";
import { jobIn, sealHybrid } from "../feed/rig/hybrid-lane.suite.js";
import { outcome, rangeTools, take } from "../feed/rig/offered-lane.suite.js";
import { computeStandIn, standInFalconKey } from "../feed/rig/stand-in-falcon.suite.js";
import { decodeForkProof, VerifiedFork } from "../feed/seal/fork-proof.js";
import { decodeHybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import type { Signatures } from "../feed/write/feed-core.js";
import type { HybridVocabulary } from "../feed/write/hybrid-core.js";
import { classicalKeys } from "../identity/author-keys.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import type { Core, Effect, Input, Instant, PeerId } from "../protocol/protocol.js";
import { decodeSyncMessage, encodeSyncMessage } from "./codec.js";
import type { Row, SyncMessage } from "./messages.js";
import { rowOf } from "./rows.js";
import { syncProtocol } from "./sync-core.js";
import {
  defaultKnobs,
  type ExchangeReport,
  type SyncKnobs,
  type SyncNotice,
  type SyncOptions,
  type SyncVocabulary,
  type Taking,
} from "./sync-vocabulary.js";

// The core of sync on stores of its own, stepped by hand: what it tells is done at once, and what it sends lies there until a test
// hands it on.

type Sync = SyncVocabulary;

export interface Said {
  readonly from: SteppedPeer;
  readonly to: PeerId;
  readonly message: SyncMessage;
}

export interface SteppedOptions {
  readonly knobs?: Partial<SyncKnobs>;
  readonly wishes?: SyncOptions["wishes"];
  readonly salt?: Uint8Array;
  readonly signatures?: Signatures;
  /** A store that is there already. */
  readonly rig?: Rig;
}

export class SteppedPeer {
  readonly rig: Rig;
  readonly id: PeerId;
  readonly said: Said[] = [];
  readonly notices: SyncNotice[] = [];
  readonly cut: (readonly [peer: PeerId, reason: string])[] = [];
  /** What becomes of ranges that are offered: taken in, if left out. */
  taking: ((notice: Extract<SyncNotice, { readonly kind: "offered" }>) => Taking | "later") | undefined;
  now = 0;
  disk: "roomy" | "full" = "roomy";
  readonly #options: SyncOptions;
  readonly #number: number;
  #core: Core<Sync>;
  #token = 0;
  #draws = 0;

  constructor(number: number, { knobs, wishes, salt = nonce(99), signatures = "ed25519", rig }: SteppedOptions = {}) {
    this.#number = number;
    this.rig = rig ?? new Rig({ author: number, instance: number, signatures });
    this.id = number.toString(16).padStart(2, "0").repeat(32) as PeerId;
    const { author } = this.rig;
    this.#options = { hasher, network, self: this.id, author, salt, wishes, knobs: { ...defaultKnobs, ...knobs } };
    this.#core = syncProtocol(this.#options).create();
    this.step({ kind: "started" });
  }

  /** As after a crash: its core knows nothing but what is in the store. */
  anew(): void {
    this.#core = syncProtocol(this.#options).create();
    this.step({ kind: "started" });
  }

  exchange(peer: SteppedPeer): void {
    this.step({ kind: "commanded", command: { kind: "exchange", token: ++this.#token, peer: peer.id } });
  }

  /** Of the last exchange that came to an end. */
  get report(): ExchangeReport | undefined {
    return this.notices.flatMap((notice) => (notice.kind === "exchanged" ? [notice.report] : [])).at(-1);
  }

  /** What there is to tell of, lane by lane. */
  rows(): readonly Row[] {
    const { view } = this.rig;
    const rows = Array.from({ length: view.nextLaneNumber() }, (_, lane) => rowOf(view, hasher, lane));
    return rows.flatMap((row) => (row !== undefined && row.size > 0 ? [row] : []));
  }

  append(path: string, ...texts: readonly string[]): void {
    const { lane } = this.rig.append(path, ...texts.map((text) => parts(text)));
    this.step({ kind: "commanded", command: { kind: "changed", lanes: [lane] } });
  }

  /** Both keys sign what was appended. */
  seal(path: string): void {
    sealHybrid(this.rig, this.#number);
    this.step({ kind: "commanded", command: { kind: "changed", lanes: [this.rig.laneNumber(path)] } });
  }

  /** Takes in what came of others' second signatures, of an author by its number. */
  takeSeals(author: number): void {
    for (const notice of this.notices.filter(({ kind }) => kind === "seal")) {
      const checkpoint = notice.kind === "seal" ? decodeHybridCheckpoint(notice.checkpoint) : undefined;
      if (checkpoint === undefined || isMalformed(checkpoint)) throw new Error("a seal that is none");
      const asked = this.rig.hybrid({ kind: "commanded", command: { kind: "take", token: ++this.#token, checkpoint } });
      asked.commit();
      const job = jobIn(asked.effects as readonly Effect<HybridVocabulary>[]);
      if (job === undefined) continue;
      this.rig.hybrid({ kind: "computed", job, outcome: { kind: "done", result: computeStandIn(standInFalconKey(author), job) } }).commit();
      const { subject, author: id, epoch } = checkpoint.place;
      const lane = this.rig.view.laneNumber(subject, id, epoch);
      if (lane !== undefined) this.step({ kind: "commanded", command: { kind: "changed", lanes: [lane] } });
    }
  }

  step(input: Input<Sync>): void {
    const { view } = this.rig;
    const bytes = (length: number) => new Uint8Array(length).fill(++this.#draws).map((byte, at) => byte + at * this.#number);
    const random = { below: (bound: number) => ++this.#draws % bound, bytes };
    const around = { now: this.now as Instant, wallMs: this.rig.wallMs + this.now, random, view, turn: 1, disk: this.disk } as const;
    for (const effect of this.#core.step(input, around)) this.#do(effect);
  }

  hear(from: PeerId, message: SyncMessage): void {
    this.step({ kind: "received", from, message });
  }

  root(): string {
    return this.rig.settle().root.join();
  }

  describe(): Readonly<Record<string, unknown>> {
    return this.#core.describe() as Readonly<Record<string, unknown>>;
  }

  #do(effect: Effect<Sync>): void {
    if (effect.kind === "send") this.said.push({ from: this, to: effect.to, message: effect.message });
    if (effect.kind === "disconnect") this.cut.push([effect.peer, effect.reason]);
    if (effect.kind === "schedule" && effect.timer === "index") this.step({ kind: "expired", timer: "index" });
    if (effect.kind === "notify") this.#told(effect.notice);
  }

  #told(notice: SyncNotice): void {
    this.notices.push(notice);
    if (notice.kind === "settle") {
      this.rig.settle();
      this.step({ kind: "commanded", command: { kind: "settled", token: notice.token } });
    }
    if (notice.kind === "fork") this.#accused(notice.proof);
    if (notice.kind !== "offered") return;
    const taking = this.taking?.(notice) ?? this.take(notice.offer);
    if (taking !== "later") this.took(notice, taking);
  }

  /** Tells what became of a range that was offered. */
  took({ token }: Extract<SyncNotice, { readonly kind: "offered" }>, taking: Taking): void {
    this.step({ kind: "commanded", command: { kind: "took", token, taking } });
  }

  /** Takes a range in, if it holds. */
  take(offer: RangeOffer): Taking {
    const answer = outcome(this.rig, offer);
    if (answer instanceof Ahead) return { kind: "failed", code: "ahead", reason: answer.reason };
    if (isMalformed(answer)) return { kind: "wrong", reason: answer.reason };
    if (answer.kind === "differs") return this.#parted(offer, answer);
    if (answer.kind !== "verified") return { kind: "taken" };
    take(this.rig, answer.range);
    this.#changed(offer);
    return { kind: "taken" };
  }

  #parted(offer: RangeOffer, differs: Differs): Taking {
    const { subject, author, epoch } = offer.checkpoint.place;
    const shown = forkShown(this.rig.view, rangeTools, this.rig.view.laneNumber(subject, author, epoch) as number, differs);
    if (isMalformed(shown)) return { kind: "wrong", reason: shown.reason };
    if (shown === "elsewhere") return { kind: "elsewhere" };
    freeze(this.rig, shown);
    this.#changed(offer);
    return { kind: "taken" };
  }

  #accused(bytes: Uint8Array): void {
    const proof = decodeForkProof(bytes);
    const fork = isMalformed(proof) ? proof : VerifiedFork.verify(rangeTools, proof, classicalKeys(proof.place.author));
    if (isMalformed(fork)) throw new Error(fork.reason);
    freeze(this.rig, fork);
    this.changed();
  }

  #changed({ checkpoint: { place } }: RangeOffer): void {
    const lane = this.rig.view.laneNumber(place.subject, place.author, place.epoch);
    if (lane !== undefined) this.step({ kind: "commanded", command: { kind: "changed", lanes: [lane] } });
  }

  /** Something was done to its store, and its core is told of all lanes. */
  changed(): void {
    const lanes = Array.from({ length: this.rig.view.nextLaneNumber() }, (_, lane) => lane);
    this.step({ kind: "commanded", command: { kind: "changed", lanes } });
  }
}

export function link(...peers: readonly SteppedPeer[]): void {
  for (const one of peers)
    for (const other of peers) if (one !== other) one.step({ kind: "connected", peer: other.id, traits: plainTraits });
}

export type Keep = (said: Said) => "hand on" | "lose";

/** Hands on all that is said, as bytes, until nobody says any more; answers what was said. */
export function talk(peers: readonly SteppedPeer[], keep: Keep = () => "hand on"): Said[] {
  const all: Said[] = [];
  for (let round = 0; round < 100_000; round++) {
    const said = peers.find((peer) => peer.said.length > 0)?.said.shift();
    if (said === undefined) return all;
    all.push(said);
    if (keep(said) === "hand on") peers.find(({ id }) => id === said.to)?.hear(said.from.id, asHeard(said.message));
  }
  throw new Error("they never fall silent");
}

function asHeard(message: SyncMessage): SyncMessage {
  const heard = decodeSyncMessage(encodeSyncMessage(message));
  if (isMalformed(heard)) throw new Error(heard.reason);
  return heard;
}

/** So much later, a heartbeat at a time. */
export function later(peers: readonly SteppedPeer[], ms: number, keep?: Keep): Said[] {
  const all: Said[] = [];
  for (let passed = 0; passed < ms; passed += 500) {
    for (const peer of peers) {
      peer.now += 500;
      peer.step({ kind: "expired", timer: "beat" });
    }
    all.push(...talk(peers, keep));
  }
  return all;
}

/** Asks for an exchange, and answers what is told of it in the end. */
export function exchanged(asking: SteppedPeer, asked: SteppedPeer): ExchangeReport | undefined {
  asking.exchange(asked);
  talk([asking, asked]);
  return asking.report;
}
