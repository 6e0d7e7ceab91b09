import {
  doubtedWaitMsMax,
  rangeBytesMax,
  rangeEnvelopeBytesMax,
  receivingBytesMax,
  receivingStreamsMax,
  syncTriesMax,
  unfinishedBytesMax,
} from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { Pieces } from "../bytes/pieces.js";
import { blockFirstSeq } from "../feed/event/block.js";
import { offeredEnd, type RangeOffer } from "../feed/range/verified-range.js";
import type { Hasher } from "../identity/crypto.js";
import type { NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import { chunkHash } from "./chunk-hash.js";
import { laneKey, type SyncLink } from "./link-state.js";
import type { GoneReason, SyncMessage } from "./messages.js";
import { decodeRange, takeRange } from "./range-codec.js";
import { inScope, placeOfPath } from "./scope.js";
import type { Around, SyncKnobs, Taking } from "./sync-vocabulary.js";
import type { StreamEnd, WantedRange, Wanting } from "./wanting.js";

// What comes in on one link: streams that were asked for, and ranges that were pushed. A stream is put together piece by piece, in
// order, and what is whole of it is handed on to be verified; how fast that goes decides how fast the other side may send.

type Chunk = Extract<SyncMessage, { readonly kind: "chunk" }>;

interface Inflow {
  readonly stream: number;
  readonly wanted: WantedRange;
  /** Seq of the next piece. */
  next: number;
  /** Pieces that came before their turn. */
  readonly early: Map<number, Chunk>;
  /** The range that is coming, its length before it. */
  readonly bytes: Pieces;
  /** Ranges that are being taken in. */
  offered: number;
  state: "coming" | "all here" | "broken off";
  /** The last acknowledgement waits until more of it is worked off. */
  ack: "said" | "held back";
  /** Up to where it was said that pieces have come: the window begins there. */
  acked: number;
  movedAt: Instant;
  /** When a range of it was whole, and what has come of the next. */
  wholeAt: Instant;
  partBytes: number;
  doubted: "no" | "yes";
  tries: number;
}

interface Offered {
  readonly key: string;
  readonly bytes: number;
  /** That are new here. */
  readonly events: number;
  readonly stream: number | undefined;
}

export interface ReceivingParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly knobs: SyncKnobs;
  readonly wanting: Wanting;
  readonly link: SyncLink;
  /** A number for what is handed on, of which there is one only. */
  readonly token: () => number;
}

const LENGTH_BYTES = 4;
/** After so many waits in which nothing whole of a stream has come others may be asked, */
const DOUBTED_WAITS = 3;
/** and later by what has come in parts, at so much a second: who trickles holds up nobody. */
const DOUBTED_BYTES_PER_SECOND = 1_024;

export class Receiving {
  readonly #parts: ReceivingParts;
  readonly #inflows = new Map<number, Inflow>();
  readonly #offered = new Map<number, Offered>();
  #offeredBytes = 0;
  #streams: number;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
    this.#streams = parts.link.base;
  }

  /** Ranges of this peer that are being taken in. */
  get taking(): number {
    return this.#offered.size;
  }

  /** Asks for what is wanted of this peer, as much as may come at a time. */
  ask(around: Around): void {
    const { wanting, link } = this.#parts;
    // Beside something large nothing else is begun.
    while (this.#inflows.size < receivingStreamsMax && this.#unfinishedBytes() <= receivingBytesMax) {
      const coming = new Set([...this.#inflows.values()].map(({ wanted: { key } }) => key));
      const wanted = wanting.next(link.peer, around.view, coming);
      if (wanted === undefined) return;
      const stream = this.#streams++;
      const inflow: Inflow = {
        stream,
        wanted,
        next: 0,
        early: new Map(),
        bytes: new Pieces(),
        offered: 0,
        state: "coming",
        ack: "said",
        acked: 0,
        movedAt: around.now,
        wholeAt: around.now,
        partBytes: 0,
        doubted: "no",
        tries: 0,
      };
      this.#inflows.set(stream, inflow);
      this.#want(inflow, around);
    }
  }

  chunk(chunk: Chunk, around: Around): void {
    const { hasher, link } = this.#parts;
    const inflow = this.#inflows.get(chunk.stream);
    if (inflow === undefined || inflow.state === "broken off") return around.out.send(link.peer, { kind: "enough", stream: chunk.stream });
    if (chunk.hash !== undefined && !equalBytes(chunk.hash, chunkHash(hasher, chunk)))
      return around.out.send(link.peer, { kind: "nack", stream: chunk.stream, seq: chunk.seq, reason: "damaged" });
    if (chunk.seq !== inflow.next) return this.#outOfOrder(inflow, chunk, around);
    // Who goes on where it was not told to is not what holds it back.
    if (chunk.seq >= inflow.acked + this.#parts.knobs.windowChunks) return;
    if (!this.#hasRoom(inflow, chunk, around)) return;
    this.#moved(inflow, around);
    for (let next: Chunk | undefined = chunk; next !== undefined && inflow.state === "coming"; next = inflow.early.get(inflow.next)) {
      inflow.early.delete(next.seq);
      inflow.next++;
      if (!this.#take(inflow, next.bytes, around)) return;
      if (next.position === "last") inflow.state = "all here";
    }
    if (inflow.state === "all here" && inflow.bytes.length > 0) return this.#fault("a stream that ends within a range", around);
    this.#ack(inflow, around);
    this.#finish(inflow, around);
  }

  gone(stream: number, reason: GoneReason, around: Around): void {
    const inflow = this.#inflows.get(stream);
    if (inflow === undefined || inflow.state !== "coming") return;
    inflow.state = "broken off";
    this.#end(inflow, reason === "another history" ? "another history" : "nothing", around);
  }

  /** A range that was sent unasked: taken in if it goes on from what is here. */
  push(bytes: Uint8Array, around: Around): void {
    const offer = decodeRange(bytes);
    if (isMalformed(offer)) return this.#fault(`a range that is none: ${offer.reason}`, around);
    // Of a peer that has begun anew it may be known too late what it wants: what does not fit is let go.
    if (!this.#isInScope(offer)) return;
    const { place } = offer.checkpoint;
    const reach = this.#parts.wanting.reach(around.view, place);
    const first = offer.blocks[0];
    const goesOn = first !== undefined && blockFirstSeq(first) <= reach + 1 && offeredEnd(offer) > reach;
    if (goesOn && this.#offeredBytes < receivingBytesMax) this.#handOn(offer, bytes.length, undefined, around);
  }

  /** What became of a range that was handed on; `not here`: another link's. */
  took(token: number, taking: Taking, around: Around): "here" | "not here" {
    const offered = this.#offered.get(token);
    if (offered === undefined) return "not here";
    this.#offered.delete(token);
    this.#offeredBytes -= offered.bytes;
    this.#parts.wanting.arrived(offered.key);
    const inflow = offered.stream === undefined ? undefined : this.#inflows.get(offered.stream);
    if (inflow !== undefined) inflow.offered--;
    if (taking.kind === "taken") this.#parts.link.events.received += offered.events;
    if (taking.kind === "failed") this.#parts.link.agreed = "no";
    if (taking.kind === "wrong") this.#fault(taking.reason, around);
    else if (inflow !== undefined && taking.kind !== "taken")
      this.#breakOff(inflow, taking.kind === "elsewhere" ? "another history" : "failed", around);
    else if (inflow !== undefined) this.#finish(inflow, around);
    for (const each of this.#inflows.values()) if (each.ack === "held back") this.#ack(each, around);
    return "here";
  }

  /** Says again what was not answered, and gives up what never is. */
  beat(around: Around): void {
    const { knobs, link } = this.#parts;
    for (const inflow of [...this.#inflows.values()]) {
      this.#doubt(inflow, around);
      if (around.now - inflow.movedAt < link.waitMs(knobs) || inflow.offered > 0) continue;
      inflow.movedAt = around.now;
      inflow.tries++;
      if (inflow.tries > syncTriesMax) this.#breakOff(inflow, "failed", around);
      else if (inflow.next === 0 && inflow.early.size === 0) this.#want(inflow, around);
      else this.#ack(inflow, around);
    }
  }

  /** Long before it is given up others may be asked, if there are any. */
  #doubt(inflow: Inflow, { now }: Around): void {
    const { knobs, link, wanting } = this.#parts;
    if (inflow.doubted === "yes" || inflow.offered > 0) return;
    const waitMs = DOUBTED_WAITS * Math.min(link.waitMs(knobs), doubtedWaitMsMax) + (1_000 * inflow.partBytes) / DOUBTED_BYTES_PER_SECOND;
    if (now - inflow.wholeAt < waitMs) return;
    inflow.doubted = "yes";
    wanting.doubt(link.peer, inflow.wanted.key);
  }

  /** The link is gone. What is being taken in goes on. */
  left(): void {
    for (const { key } of this.#offered.values()) this.#parts.wanting.arrived(key);
    this.#offered.clear();
  }

  describe(): { readonly streams: number; readonly taking: number; readonly bytes: number; readonly unfinished: number } {
    return { streams: this.#inflows.size, taking: this.taking, bytes: this.#offeredBytes, unfinished: this.#unfinishedBytes() };
  }

  #want({ stream, wanted: { row, from, previous } }: Inflow, { out }: Around): void {
    const { subject, author, epoch } = row;
    out.send(this.#parts.link.peer, { kind: "want", stream, place: { subject, author, epoch }, from, previous });
  }

  /** Something of it has come that was not here. */
  #moved(inflow: Inflow, { now }: Around): void {
    inflow.tries = 0;
    inflow.movedAt = now;
  }

  /** Where too much is coming at once, what is farthest from its end makes room: the next session asks for it again. */
  #hasRoom(inflow: Inflow, chunk: Chunk, around: Around): boolean {
    while (this.#unfinishedBytes() + chunk.bytes.length > unfinishedBytesMax) {
      const held = [...this.#inflows.values()].filter(({ bytes, early }) => bytes.length > 0 || early.size > 0);
      const least = held.reduce((one, other) => (other.bytes.length < one.bytes.length ? other : one), inflow);
      this.#breakOff(least, "failed", around);
      if (least === inflow) return false;
    }
    return true;
  }

  #outOfOrder(inflow: Inflow, chunk: Chunk, around: Around): void {
    const { link, knobs } = this.#parts;
    const { out } = around;
    if (chunk.seq < inflow.next) return inflow.ack === "said" ? out.send(link.peer, this.#ackOf(inflow)) : undefined;
    const { stream } = inflow;
    if (chunk.seq >= inflow.next + knobs.windowChunks) {
      out.send(link.peer, { kind: "nack", stream, seq: inflow.next, reason: "out of window" });
      return;
    }
    if (inflow.early.has(chunk.seq) || this.#unfinishedBytes() + chunk.bytes.length > unfinishedBytesMax) return;
    this.#moved(inflow, around);
    if (inflow.early.size === 0) out.send(link.peer, { kind: "nack", stream, seq: inflow.next, reason: "out of window" });
    inflow.early.set(chunk.seq, chunk);
  }

  /** Of ranges that are not whole yet. */
  #unfinishedBytes(): number {
    let bytes = 0;
    for (const { bytes: coming, early } of this.#inflows.values()) {
      bytes += coming.heldBytes;
      for (const chunk of early.values()) bytes += chunk.bytes.length;
    }
    return bytes;
  }

  /** Puts a piece behind the others, and hands on each range that is whole. */
  #take(inflow: Inflow, bytes: Uint8Array, around: Around): boolean {
    inflow.bytes.push(bytes);
    inflow.partBytes += bytes.length;
    while (inflow.bytes.length >= LENGTH_BYTES) {
      const length = lengthIn(inflow.bytes.peek(LENGTH_BYTES));
      if (length > rangeBytesMax + rangeEnvelopeBytesMax) {
        this.#fault(`a range of ${length} bytes`, around);
        return false;
      }
      if (inflow.bytes.length < LENGTH_BYTES + length) break;
      inflow.bytes.take(LENGTH_BYTES);
      if (!this.#range(inflow, length, around)) return false;
    }
    return true;
  }

  #range(inflow: Inflow, length: number, around: Around): boolean {
    const offer = takeRange(inflow.bytes, length);
    if (isMalformed(offer)) {
      this.#fault(`a range that is none: ${offer.reason}`, around);
      return false;
    }
    if (laneKey(offer.checkpoint.place) !== inflow.wanted.key) {
      this.#fault("a range of a lane that was not asked for", around);
      return false;
    }
    if (!this.#isInScope(offer)) {
      this.#breakOff(inflow, "failed", around);
      return false;
    }
    inflow.offered++;
    inflow.wholeAt = around.now;
    inflow.partBytes = inflow.bytes.length;
    this.#handOn(offer, length, inflow.stream, around);
    if (offeredEnd(offer) < inflow.wanted.to) return true;
    this.#breakOff(inflow, "whole", around);
    return false;
  }

  #handOn(offer: RangeOffer, bytes: number, stream: number | undefined, { out, view }: Around): void {
    const { link, wanting, token } = this.#parts;
    const { place, headId, seal } = offer.checkpoint;
    const key = laneKey(place);
    if (seal.size === offeredEnd(offer)) link.sent(key, { size: seal.size, headId });
    const number = token();
    const events = Math.max(0, offeredEnd(offer) - wanting.reach(view, offer.checkpoint.place));
    this.#offered.set(number, { key, bytes, events, stream });
    this.#offeredBytes += bytes;
    wanting.arriving(key, offeredEnd(offer));
    out.notify({ kind: "offered", token: number, from: link.peer, offer });
  }

  #isInScope({ path }: RangeOffer): boolean {
    const { hasher, network, link } = this.#parts;
    return link.scope !== undefined && inScope(hasher, link.interestKey, link.scope, placeOfPath(hasher, network, path));
  }

  #ack(inflow: Inflow, { out }: Around): void {
    if (inflow.state === "broken off") return;
    inflow.ack = this.#offeredBytes > receivingBytesMax ? "held back" : "said";
    if (inflow.ack === "said") out.send(this.#parts.link.peer, this.#ackOf(inflow));
  }

  #ackOf(inflow: Inflow): SyncMessage {
    const { stream, next } = inflow;
    inflow.acked = next;
    return { kind: "ack", stream, seq: next, window: this.#parts.knobs.windowChunks };
  }

  #finish(inflow: Inflow, around: Around): void {
    if (inflow.state === "all here" && inflow.offered === 0) this.#end(inflow, "whole", around);
  }

  #breakOff(inflow: Inflow, end: StreamEnd, around: Around): void {
    if (inflow.state === "broken off") return;
    inflow.state = "broken off";
    around.out.send(this.#parts.link.peer, { kind: "enough", stream: inflow.stream });
    this.#end(inflow, end, around);
  }

  #end(inflow: Inflow, end: StreamEnd, around: Around): void {
    const { wanting, link } = this.#parts;
    this.#inflows.delete(inflow.stream);
    // What did not come keeps the two apart until the next session.
    if (end !== "whole" && wanting.lacks(around.view, inflow.wanted.row)) link.agreed = "no";
    wanting.ended(link.peer, inflow.wanted.key, end, around.view);
    this.ask(around);
  }

  #fault(reason: string, { out }: Around): void {
    out.disconnect(this.#parts.link.peer, reason);
  }
}

function lengthIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}
