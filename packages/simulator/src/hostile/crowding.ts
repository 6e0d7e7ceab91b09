import { type Ask, encodeRange, equalBytes, type LanePlace, type PeerId, type RangeOffer, type Row, type SyncMessage } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Equivocation } from "./equivocation.js";
import type { Hostility } from "./hostile-actor.js";
import type { HostileLink } from "./hostile-link.js";
import { HeardRows, lieOf, madeUpDigest, madeUpPlace, madeUpRow, waysToLie } from "./made-up.js";

const NO_ID = new Uint8Array(32);

/** Of so many turns it goes on in one with what it is asked for. */
const TRICKLE_TURNS = 16;
/** The beginning of a range, and a little of what is said to come. */
const BEGUN = Uint8Array.of(0, 0, 200, 0, 1, 2, 3);

/** Begins and never ends. Of what it is asked for a few bytes come now and then; and nothing is acknowledged. */
export class SlowLoris implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #heard = new HeardRows();
  /** Streams that it has begun, by the peer that asked, and the next piece of each. */
  readonly #begun = new Map<PeerId, Map<number, number>>();
  #streams = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    const session = link.turns;
    for (const row of this.#heard.some(random, 8)) {
      const { author, subject, epoch } = row;
      link.say({ kind: "want", stream: this.#streams++, place: { author, subject, epoch }, from: 1, previous: NO_ID });
    }
    // Of what there is, so that it is asked for in the place of who has it; and of what nobody else has.
    const lies = this.#heard.some(random, 4).map((row) => ({ ...row, size: row.size + 1, headId: random.bytes(NO_ID.length) }));
    link.say({ kind: "held", number: session + 1, rows: [...lies, madeUpRow(random)] });
    if (session % 4 === 0) link.say({ kind: "open", session, scope: link.scope, digest: madeUpDigest(random, 1_000), ask: undefined });
    if (session % 4 === 2) link.say({ kind: "difference", session, part: 0, parts: 2, rows: [madeUpRow(random)] });
    if (session % TRICKLE_TURNS === 0) for (const stream of this.#of(link).keys()) this.#trickle(link, stream);
  }

  heard(link: HostileLink, message: SyncMessage): void {
    this.#heard.heard(message);
    if (message.kind === "want" && !this.#of(link).has(message.stream)) this.#trickle(link, message.stream);
    if (message.kind === "enough") this.#of(link).delete(message.stream);
    if (message.kind === "open" && this.#random.chance(0.5) === "yes")
      link.say({ kind: "opened", session: message.session, digest: madeUpDigest(this.#random, 10), tell: undefined });
  }

  #of({ peer }: HostileLink): Map<number, number> {
    const streams = this.#begun.get(peer) ?? new Map<number, number>();
    this.#begun.set(peer, streams);
    return streams;
  }

  #trickle(link: HostileLink, stream: number): void {
    const streams = this.#of(link);
    const seq = streams.get(stream) ?? 0;
    streams.set(stream, seq + 1);
    const bytes = seq === 0 ? BEGUN : new Uint8Array(1);
    link.say({ kind: "chunk", stream, seq, position: "within", hash: undefined, bytes });
  }
}

const ASKED_A_TURN = 60;

export class Flood implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #heard = new HeardRows();
  #number = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  tick(link: HostileLink): void {
    for (let count = 0; count < ASKED_A_TURN; count++) link.say(this.#question(link));
  }

  heard(_link: HostileLink, message: SyncMessage): void {
    this.#heard.heard(message);
  }

  #question(link: HostileLink): SyncMessage {
    const random = this.#random;
    const number = ++this.#number;
    const [row] = this.#heard.some(random, 1);
    const { author, subject, epoch } = row ?? madeUpPlace(random);
    const place = { author, subject, epoch };
    switch (random.below(8)) {
      case 0:
        return { kind: "open", session: number, scope: link.scope, digest: madeUpDigest(random, number), ask: this.#ask() };
      case 1:
      case 2:
        return { kind: "ask", session: number, round: number, ask: this.#ask() };
      case 3:
        return { kind: "want", stream: number, place, from: 1, previous: NO_ID };
      case 4:
        return { kind: "want fork", place };
      case 5:
        return { kind: "want payloads", place, seqs: [1, 2, 3, 4, 5] };
      case 6:
        return { kind: "held", number, rows: [] };
      default:
        return { kind: "ping", number };
    }
  }

  #ask(): Ask {
    const random = this.#random;
    return random.pick<Ask>([
      { kind: "rows", after: new Uint8Array(0) },
      { kind: "buckets", count: 4_096 },
      { kind: "symbols", from: 0, count: 200 },
      { kind: "branches", places: [{ digits: 0, prefix: new Uint8Array(0) }] },
      { kind: "leaves", keys: [random.bytes(96)] },
      { kind: "items", items: [{ lane: 1, row: 2 }] },
    ]);
  }
}

const ROWS_TOLD = 6;

export class LyingRows implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #lies: "of what is there" | "of anything";
  /** Who always lies in the same way is believed the longest. */
  readonly #way: number | undefined;
  readonly #heard = new HeardRows();

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#lies = random.pick(["of what is there", "of anything"]);
    this.#way = random.pick([undefined, random.below(waysToLie)]);
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    const lies = this.#told();
    // What is made up is asked for too, and takes the place of what honest peers could be kept from by lies of what there is.
    const rows = lies.length > 0 && this.#lies === "of what is there" ? lies : [...lies, madeUpRow(random)];
    link.say({ kind: "held", number: link.turns + 1, rows });
  }

  heard(link: HostileLink, message: SyncMessage): void {
    const random = this.#random;
    this.#heard.heard(message);
    if (message.kind === "open") {
      const digest = random.pick(["same", madeUpDigest(random, 30)] as const);
      link.say({ kind: "opened", session: message.session, digest, tell: undefined });
    }
    if (message.kind === "ask") {
      const rows = this.#told();
      link.say({ kind: "tell", session: message.session, round: message.round, tell: { kind: "rows", rows, next: undefined } });
    }
    // Most of what it is asked for it never answers.
    if (message.kind === "want" && random.chance(0.2) === "yes")
      link.say({ kind: "gone", stream: message.stream, reason: random.pick(["busy", "another history", "unknown"] as const) });
  }

  #told(): readonly Row[] {
    const random = this.#random;
    return this.#heard.some(random, ROWS_TOLD).map((row) => lieOf(random, row, this.#way ?? random.below(waysToLie)));
  }
}

/** So many turns it gives one and the same history to whom it is linked to, where it is linked to one alone. */
const TURNS_APART = 12;
const LENGTH_BYTES = 4;

export class Equivocating implements Hostility {
  readonly reads = "yes";
  readonly #written: Equivocation;
  readonly #order = new Map<PeerId, number>();

  constructor(written: Equivocation) {
    this.#written = written;
  }

  tick(link: HostileLink): void {
    if (!this.#order.has(link.peer)) this.#order.set(link.peer, this.#order.size);
    const offers = this.#branchFor(link);
    // Of each of its lanes: some are given in two epochs.
    const ends = new Map(offers.map(({ checkpoint }) => [checkpoint.place.epoch.index, checkpoint]));
    const rows = [...ends.values()].map(({ place, headId, seal }) => ({ ...place, size: seal.size, headId, freezeAt: 0, hybridSize: 0 }));
    // Whoever holds the other one by now takes no push that brings nothing new: it is told that there is something else.
    if (link.turns % 2 === 1) return link.say({ kind: "held", number: link.turns, rows });
    for (const offer of offers) link.say({ kind: "push", range: encodeRange(offer) });
  }

  heard(link: HostileLink, message: SyncMessage): void {
    if (message.kind === "open") link.say({ kind: "opened", session: message.session, digest: "same", tell: undefined });
    if (message.kind !== "want") return;
    const { stream, place } = message;
    const offers = this.#branchFor(link).filter(({ checkpoint }) => isSameLane(checkpoint.place, place));
    if (offers.length === 0) return link.say({ kind: "gone", stream, reason: "unknown" });
    link.say({ kind: "chunk", stream, seq: 0, position: "last", hash: undefined, bytes: oneBehindTheOther(offers.map(encodeRange)) });
  }

  #branchFor(link: HostileLink): readonly RangeOffer[] {
    const { branches } = this.#written;
    const isLater = this.#order.size === 1 && link.turns >= TURNS_APART;
    return branches[isLater || (this.#order.get(link.peer) ?? 0) % 2 === 1 ? 1 : 0];
  }
}

function isSameLane(one: LanePlace, other: LanePlace): boolean {
  return equalBytes(one.author, other.author) && equalBytes(one.subject, other.subject) && equalBytes(one.epoch.nonce, other.epoch.nonce);
}

/** As a stream has them: each with its length before it. */
function oneBehindTheOther(ranges: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(ranges.reduce((sum, range) => sum + LENGTH_BYTES + range.length, 0));
  let at = 0;
  for (const range of ranges) {
    new DataView(bytes.buffer).setUint32(at, range.length);
    bytes.set(range, at + LENGTH_BYTES);
    at += LENGTH_BYTES + range.length;
  }
  return bytes;
}
