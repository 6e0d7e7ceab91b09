import { askedProofsMax, payloadsAnsweredBytes, syncPieceBytesMax } from "../bytes/limits.js";
import { isAbsent } from "../feed/event/block.js";
import { payloadAt } from "../feed/event/event.js";
import { blockHolding } from "../feed/lane/absence.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { offeredHybrid } from "../feed/range/offered-range.js";
import { encodeCheckpoint, type LanePlace, laneOf } from "../feed/seal/checkpoint.js";
import { encodeForkProof } from "../feed/seal/fork-proof.js";
import { type Hasher, spanWords } from "../identity/crypto.js";
import type { NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import { laneKey, type SyncLink } from "./link-state.js";
import type { Row, SyncMessage } from "./messages.js";
import { inScope, placeOfPath } from "./scope.js";
import type { Around, SyncKnobs } from "./sync-vocabulary.js";
import { rowHere } from "./wanting.js";

// What goes with the events of a lane: proofs that it forked, second signatures, payloads that are absent.

type ProofMessage = Extract<SyncMessage, { readonly kind: "want fork" | "fork" | "want seal" | "seal" | "want payloads" | "payload" }>;

export interface ProofsParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly knobs: SyncKnobs;
  readonly link: SyncLink;
}

/** How many times as long as until it is asked for again. */
const PATIENCE = 3;

/** Of a frozen lane no second signature counts. */
function hasCome(row: Row, { hybridSize, freezeAt }: Pick<Row, "hybridSize" | "freezeAt">): boolean {
  if (row.freezeAt > 0) return freezeAt === 0 || row.freezeAt <= freezeAt;
  return freezeAt === 0 && row.hybridSize >= hybridSize;
}

export class Proofs {
  readonly #parts: ProofsParts;
  /** What was asked for, and when: the same is not asked again at once. */
  readonly #asked = new Map<string, Instant>();

  /** Of lanes that are here: what was asked for and is on its way, and until when that is waited for. */
  readonly #awaited = new Map<string, Pick<Row, "hybridSize" | "freezeAt"> & { readonly until: number }>();

  constructor(parts: ProofsParts) {
    this.#parts = parts;
  }

  /** Lanes of which a seal or a proof is to come: until it has, the two do not hold the same. */
  get awaited(): number {
    return this.#awaited.size;
  }

  /** Asks for what a row says that they have and that is not here. `mine`: the row of it here. */
  consider(row: Row, around: Around, mine = rowHere(around.view, this.#parts.hasher, row)): void {
    const { hasher, link } = this.#parts;
    const { subject, author, epoch } = row;
    const place: LanePlace = { subject, author, epoch };
    const freezeAt = mine?.freezeAt ?? around.view.freezeAt(laneOf(hasher, place));
    if (row.freezeAt > 0 && (freezeAt === 0 || freezeAt > row.freezeAt) && this.#isNew(`fork ${laneKey(row)}`, around))
      around.out.send(link.peer, { kind: "want fork", place });
    // Of a lane that is frozen at its first event there is no row here that would tell them.
    const isLater = freezeAt > 0 && (row.freezeAt === 0 || row.freezeAt > freezeAt);
    if (isLater && this.#isNew(`tell ${laneKey(row)}`, around)) this.#fork(place, around);
    const canSeal = mine !== undefined && mine.hybridSize < row.hybridSize && row.hybridSize <= mine.size;
    if (canSeal && this.#isNew(`seal ${laneKey(row)}`, around)) around.out.send(link.peer, { kind: "want seal", place });
    const canFreeze = mine !== undefined && row.freezeAt > 0 && (freezeAt === 0 || freezeAt > row.freezeAt);
    if (canSeal || canFreeze) this.#await(row, around);
  }

  /** Gives up what never comes. */
  beat({ now }: Around): void {
    for (const [key, { until }] of this.#awaited) if (now >= until) this.#awaited.delete(key);
  }

  #await(row: Row, { now }: Around): void {
    const key = laneKey(row);
    const { hybridSize, freezeAt } = row;
    const before = this.#awaited.get(key);
    if (before?.hybridSize === hybridSize && before.freezeAt === freezeAt) return;
    if (this.#awaited.size >= askedProofsMax) return;
    this.#awaited.set(key, { hybridSize, freezeAt, until: now + PATIENCE * this.#parts.link.waitMs(this.#parts.knobs) });
  }

  /** A lane has changed here: what they said of its seal may fit now. */
  changed(lane: number, around: Around): void {
    const { link } = this.#parts;
    const row = around.lanes.row(lane);
    if (row === undefined) return;
    const key = laneKey(row);
    const awaited = this.#awaited.get(key);
    if (awaited !== undefined && hasCome(row, awaited)) this.#awaited.delete(key);
    const known = link.known(key);
    if (known !== undefined) this.consider({ ...row, ...known }, around, row);
  }

  heard(message: ProofMessage, around: Around): void {
    const { peer } = this.#parts.link;
    const isIn = "place" in message && this.#isInScope(message.place, around.view);
    switch (message.kind) {
      case "want fork":
        return isIn ? this.#fork(message.place, around) : undefined;
      case "want seal":
        return isIn ? this.#seal(message.place, around) : undefined;
      case "want payloads":
        return isIn ? this.#payloads(message, around) : undefined;
      case "fork":
        return around.out.notify({ kind: "fork", from: peer, keys: message.keys, proof: message.proof });
      case "seal":
        return around.out.notify({ kind: "seal", from: peer, checkpoint: message.checkpoint });
      case "payload": {
        const { place, seq, bytes } = message;
        return around.out.notify({ kind: "payload", from: peer, place, seq, bytes });
      }
    }
  }

  /** Nobody is told of what is not in the scope. */
  #isInScope({ subject }: LanePlace, view: FeedView): boolean {
    const { hasher, network, link } = this.#parts;
    const path = view.subject(subject);
    if (path === undefined || link.scope === undefined) return link.scope?.kind === "all";
    return inScope(hasher, link.interestKey, link.scope, placeOfPath(hasher, network, path));
  }

  #isNew(what: string, { now }: Around): boolean {
    const before = this.#asked.get(what);
    if (before !== undefined && now - before < this.#parts.link.waitMs(this.#parts.knobs)) return false;
    this.#asked.delete(what);
    this.#asked.set(what, now);
    if (this.#asked.size > askedProofsMax) this.#asked.delete(this.#asked.keys().next().value as string);
    return true;
  }

  #fork(place: LanePlace, { view, out }: Around): void {
    const { hasher, link } = this.#parts;
    const proof = view.fork(laneOf(hasher, place));
    if (proof === undefined) return;
    const keys = view.keysOf(place.author);
    out.send(link.peer, { kind: "fork", keys: keys.suite === 2 ? keys : undefined, proof: encodeForkProof(proof) });
  }

  #seal(place: LanePlace, { view, out }: Around): void {
    const lane = view.laneNumber(place.subject, place.author, place.epoch);
    const checkpoint = lane === undefined ? undefined : offeredHybrid(view, lane);
    if (checkpoint !== undefined) out.send(this.#parts.link.peer, { kind: "seal", checkpoint: encodeCheckpoint(checkpoint) });
  }

  #payloads({ place, seqs }: Extract<ProofMessage, { readonly kind: "want payloads" }>, { view, out }: Around): void {
    const lane = view.laneNumber(place.subject, place.author, place.epoch);
    if (lane === undefined) return;
    let sent = 0;
    for (const seq of seqs) {
      // The others are asked for again.
      if (sent >= payloadsAnsweredBytes) return;
      const bytes = payloadHeld(view, lane, seq);
      if (bytes === undefined || bytes.length > syncPieceBytesMax) continue;
      sent += bytes.length;
      out.send(this.#parts.link.peer, { kind: "payload", place, seq, bytes });
    }
  }
}

function payloadHeld(view: FeedView, lane: number, seq: number): Uint8Array | undefined {
  const block = blockHolding(view.blockOf(lane, seq)?.slice(), seq);
  if (block === undefined || isAbsent(block, seq - block.firstSeq)) return undefined;
  return payloadAt(block.bytes, block.spans[(seq - block.firstSeq) * spanWords] as number).slice();
}
