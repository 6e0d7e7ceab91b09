import { toHex } from "../bytes/hex.js";
import { knownRowsMax, pingsUnderWayMax, roundTripMsMax } from "../bytes/limits.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import type { Instant, LinkTraits, PeerId, Random } from "../protocol/protocol.js";
import { isSameDigest } from "./digest.js";
import type { Digest, Hello, Row, Scope } from "./messages.js";
import type { SyncKnobs } from "./sync-vocabulary.js";

// One link, as sync sees it.

/** A row without its place: what a peer has said that it holds. */
export type Holding = Pick<Row, "size" | "headId" | "freezeAt" | "hybridSize">;

/** By what the other knows whether it is still the same that speaks: who begins anew on a link has another nonce, and higher numbers. */
export interface Greeting {
  readonly nonce: Uint8Array;
  /** Of the last hello. Odd: it has all in it. */
  number: number;
}

/** Roots, as both told them. */
export interface Roots {
  readonly mine: Digest;
  readonly theirs: Digest;
}

const BASES = 65_536;
/** Of round trips: what is not answered by then is taken for lost. */
const ANSWERED_BY = 1.5;
/** Share of a shorter round trip in what is thought of the next. */
const FORGETTING = 1 / 8;

export function isWhole({ number }: Pick<Greeting, "number">): boolean {
  return number % 2 === 1;
}

/** Who is at the other end, of what kind of link. */
export interface LinkedPeer {
  readonly peer: PeerId;
  readonly traits: LinkTraits;
}

export class SyncLink {
  readonly peer: PeerId;
  readonly traits: LinkTraits;
  readonly since: Instant;
  /** Ours. */
  readonly greeting: Greeting;
  /** Sessions and streams of this link are numbered from here on: what was meant for those of another life of it fits none. */
  readonly base: number;
  /** Theirs, once they have said it. */
  hello: Hello | undefined;
  interestKey: Uint8Array = new Uint8Array(0);
  scope: Scope | undefined;
  /** What was last told of their lanes, newest last. */
  readonly #known = new Map<string, Holding>();
  /** All that differs has been told once: from then on changes alone need be told. */
  compared: "no" | "yes" = "no";
  /** Roots were equal when they were last compared. */
  agreed: "no" | "yes" = "no";
  /** Roots between which nothing was found that differs. */
  #stuck: Roots | undefined;
  heardAt: Instant;
  /** When a session of theirs was last answered. */
  answeredAt: Instant;
  pingedAt: Instant;
  readonly #pings = new Set<number>();
  /** As pings show it, the longest of late; nothing until one has come back. */
  roundTripMs: number | undefined;
  standing: "healthy" | "suspect" = "healthy";
  /** Theirs less ours. */
  clockOffMs = 0;
  /** Events that were sent, and that came and were taken in. */
  readonly events = { sent: 0, received: 0 };

  constructor({ peer, traits }: LinkedPeer, greeting: Greeting, { random, now }: { readonly random: Random; readonly now: Instant }) {
    this.peer = peer;
    this.traits = traits;
    this.greeting = greeting;
    this.base = random.below(BASES);
    this.since = now;
    this.heardAt = now;
    this.answeredAt = now;
    this.pingedAt = now;
  }

  /** Whether somebody has to see to it: roots differ, nothing was found that does, and neither has moved since. */
  get differs(): "no" | "yes" {
    return this.#stuck !== undefined && this.agreed === "no" ? "yes" : "no";
  }

  /** They were compared, and differ. */
  parted(roots: Roots): void {
    this.agreed = "no";
    if (this.#stuck !== undefined && !areSame(this.#stuck, roots)) this.#stuck = undefined;
  }

  foundNothing(between: Roots): void {
    this.#stuck = between;
  }

  /** What is not answered for so long is said again. */
  waitMs({ retransMs }: Pick<SyncKnobs, "retransMs">): number {
    return Math.max(retransMs, ANSWERED_BY * (this.roundTripMs ?? 0));
  }

  /** Pings are numbered by when they were sent, so that a lost one confuses no other. */
  pinged(now: Instant): number {
    const number = Math.floor(now);
    this.pingedAt = now;
    this.#pings.add(number);
    if (this.#pings.size > pingsUnderWayMax) this.#pings.delete(this.#pings.values().next().value as number);
    return number;
  }

  /** Of what was never asked no answer counts: who makes them up would have all be said again as late as it likes. */
  ponged(number: number, now: Instant): void {
    const tookMs = now - number;
    if (!this.#pings.delete(number) || tookMs > roundTripMsMax) return;
    const before = this.roundTripMs ?? 0;
    this.roundTripMs = Math.max(tookMs, before + (tookMs - before) * FORGETTING);
  }

  known(key: string): Holding | undefined {
    return this.#known.get(key);
  }

  /** Who sends a range holds it. */
  sent(key: string, { size, headId }: Pick<Row, "size" | "headId">): void {
    const before = this.#known.get(key);
    if (before !== undefined && before.size >= size) return;
    this.#keep(key, { size, headId, freezeAt: before?.freezeAt ?? 0, hybridSize: before?.hybridSize ?? 0 });
  }

  #keep(key: string, holding: Holding): void {
    this.#known.delete(key);
    // A view would hold on to all that it came with.
    this.#known.set(key, { ...holding, headId: holding.headId.slice() });
    if (this.#known.size > knownRowsMax) this.#known.delete(this.#known.keys().next().value as string);
  }

  /** What they hold only grows, but where a lane freezes: what was told late does not undo what was told since. */
  learn(key: string, { size, headId, freezeAt, hybridSize }: Row): void {
    const before = this.#known.get(key);
    const isLate = before !== undefined && before.freezeAt === freezeAt && before.size > size;
    this.#keep(key, isLate ? before : { size, headId, freezeAt, hybridSize });
  }
}

export function areSame(one: Roots, other: Roots): boolean {
  return isSameDigest(one.mine, other.mine) && isSameDigest(one.theirs, other.theirs);
}

/** Names a lane in maps. */
export function laneKey({ subject, author, epoch }: LanePlace): string {
  return `${toHex(subject)}${toHex(author)}${epoch.index}/${toHex(epoch.nonce)}`;
}
