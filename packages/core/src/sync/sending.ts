import {
  endedStreamsMax,
  lossyChunkBytesMax,
  sendingRangeBytes,
  sendingStreamsMax,
  streamRangesMax,
  syncTriesMax,
} from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import { Pieces } from "../bytes/pieces.js";
import { unlessLost } from "../feed/lane/feed-view.js";
import { countedHead } from "../feed/lane/freeze.js";
import { offeredRange } from "../feed/range/offered-range.js";
import { offeredEnd } from "../feed/range/verified-range.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId, NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import { chunkHash } from "./chunk-hash.js";
import type { SyncLink } from "./link-state.js";
import type { GoneReason, SyncMessage } from "./messages.js";
import { encodeRangeHead } from "./range-codec.js";
import { inScope, placeOfPath } from "./scope.js";
import type { Around, SyncKnobs } from "./sync-vocabulary.js";
import { idAt, type Wanting } from "./wanting.js";

// What goes out on one link because it was asked for. Ranges are read from the store when there is room for them under way, so that
// a stream of any length takes no more memory than its window.

type Chunk = Extract<SyncMessage, { readonly kind: "chunk" }>;
type Want = Extract<SyncMessage, { readonly kind: "want" }>;

interface Outflow {
  readonly stream: number;
  readonly lane: number;
  /** Seq of the first event that was not read yet. */
  from: number;
  ranges: number;
  /** Read, and not cut into pieces yet. */
  readonly ready: Pieces;
  readonly unacked: Map<number, { readonly chunk: Chunk; sentAt: Instant; tries: number }>;
  /** Seq of the next piece. */
  next: number;
  window: number;
  state: "reading" | "all read" | "all sent";
}

export interface SendingParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  /** Of this store. */
  readonly author: AuthorId;
  readonly knobs: SyncKnobs;
  readonly link: SyncLink;
  readonly wanting: Pick<Wanting, "lostTo">;
}

const LENGTH_BYTES = 4;

export class Sending {
  readonly #parts: SendingParts;
  readonly #outflows = new Map<number, Outflow>();
  /** The last that ended: one that is asked for again late would be cut otherwise, and be taken for the one before. */
  readonly #ended = new Set<number>();

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  want(want: Want, around: Around): void {
    const { stream } = want;
    // Asked for again: what is under way is said again by itself.
    if (this.#outflows.has(stream)) return;
    if (this.#ended.has(stream)) return around.out.send(this.#parts.link.peer, { kind: "gone", stream, reason: "unknown" });
    const lane = unlessLost(() => this.#lane(want, around)) ?? "unknown";
    if (typeof lane === "string") return around.out.send(this.#parts.link.peer, { kind: "gone", stream, reason: lane });
    const { windowChunks: window } = this.#parts.knobs;
    const outflow: Outflow = {
      stream,
      lane,
      from: want.from,
      ranges: 0,
      ready: new Pieces(),
      unacked: new Map(),
      next: 0,
      window,
      state: "reading",
    };
    this.#outflows.set(stream, outflow);
    this.#pump(outflow, around);
  }

  ack({ stream, seq, window }: Extract<SyncMessage, { readonly kind: "ack" }>, around: Around): void {
    const outflow = this.#outflows.get(stream);
    if (outflow === undefined) return;
    for (const each of outflow.unacked.keys()) if (each < seq) outflow.unacked.delete(each);
    outflow.window = Math.max(1, Math.min(window, this.#parts.knobs.windowChunks));
    this.#pump(outflow, around);
  }

  nack({ stream, seq }: Extract<SyncMessage, { readonly kind: "nack" }>, around: Around): void {
    const sent = this.#outflows.get(stream)?.unacked.get(seq);
    if (sent !== undefined) this.#again(sent, around);
  }

  enough(stream: number): void {
    this.#end(stream);
  }

  beat(around: Around): void {
    for (const outflow of this.#outflows.values()) {
      for (const sent of outflow.unacked.values()) {
        if (around.now - sent.sentAt < this.#parts.link.waitMs(this.#parts.knobs)) continue;
        if (sent.tries >= syncTriesMax) {
          this.#end(outflow.stream);
          break;
        }
        this.#again(sent, around);
      }
    }
  }

  #end(stream: number): void {
    this.#outflows.delete(stream);
    this.#ended.add(stream);
    if (this.#ended.size > endedStreamsMax) this.#ended.delete(this.#ended.keys().next().value as number);
  }

  describe(): { readonly streams: number; readonly unacked: number } {
    let unacked = 0;
    for (const outflow of this.#outflows.values()) unacked += outflow.unacked.size;
    return { streams: this.#outflows.size, unacked };
  }

  #again(sent: { readonly chunk: Chunk; sentAt: Instant; tries: number }, { out, now }: Around): void {
    sent.sentAt = now;
    sent.tries++;
    out.send(this.#parts.link.peer, sent.chunk);
  }

  /** The lane that is asked for, or why there is nothing of it to be had here. */
  #lane({ place, from, previous }: Want, { view }: Around): number | GoneReason {
    const { hasher, network, author, link } = this.#parts;
    if (this.#outflows.size >= sendingStreamsMax) return "busy";
    const path = view.subject(place.subject);
    const lane = view.laneNumber(place.subject, place.author, place.epoch);
    if (path === undefined || lane === undefined || link.scope === undefined) return "unknown";
    if (!inScope(hasher, link.interestKey, link.scope, placeOfPath(hasher, network, path))) return "not in scope";
    // What is there in the place of lost events would be held against whoever sends it.
    if (from <= this.#parts.wanting.lostTo(place)) return "unknown";
    const { size, freezeAt } = countedHead(view, hasher, lane);
    if (from > size) return "nothing newer";
    const before = from === 1 ? undefined : idAt(view, hasher, place, from - 1);
    if (from > 1 && (before === undefined || !equalBytes(before, previous))) return "another history";
    // A lane of ours that they hold otherwise, or more of: to publish ours would be a fork. See compare-publish.ts.
    // Once a fork of it is proven, what counts is the same wherever it lies.
    const isWaiting = equalBytes(place.author, author) && freezeAt === 0 && view.givenUp(lane) !== undefined;
    return isWaiting ? "another history" : lane;
  }

  #pump(outflow: Outflow, around: Around): void {
    const { link, hasher } = this.#parts;
    const chunkBytes = this.#chunkBytes();
    while (outflow.state !== "all sent" && outflow.unacked.size < outflow.window) {
      while (outflow.state === "reading" && outflow.ready.length <= chunkBytes) this.#read(outflow, around);
      const bytes = outflow.ready.take(chunkBytes);
      const isLast = outflow.state === "all read" && outflow.ready.length === 0;
      if (isLast) outflow.state = "all sent";
      const { stream, next: seq } = outflow;
      const bare = { kind: "chunk", stream, seq, position: isLast ? "last" : "within", bytes } as const;
      const chunk: Chunk = { ...bare, hash: link.traits.integrity === "vouched" ? undefined : chunkHash(hasher, bare) };
      outflow.next++;
      outflow.unacked.set(seq, { chunk, sentAt: around.now, tries: 0 });
      around.out.send(link.peer, chunk);
    }
    if (outflow.state === "all sent" && outflow.unacked.size === 0) this.#end(outflow.stream);
  }

  /** Of a large one more is lost at a time. */
  #chunkBytes(): number {
    const { knobs, link } = this.#parts;
    return link.traits.delivery === "lossy" ? Math.min(knobs.chunkBytes, lossyChunkBytesMax) : knobs.chunkBytes;
  }

  #read(outflow: Outflow, { view }: Around): void {
    const { hasher, wanting } = this.#parts;
    const record = view.lane(outflow.lane);
    const isLost = record === undefined || outflow.from <= wanting.lostTo(record);
    // What the disk has lost ends a stream like the end of its lane: an audit tells of it.
    const offer = isLost
      ? undefined
      : unlessLost(() => offeredRange(view, hasher, { lane: outflow.lane, from: outflow.from, bytes: sendingRangeBytes }));
    // Of a long lane the rest is asked for again, behind what else was asked for meanwhile.
    if (offer === undefined || ++outflow.ranges > streamRangesMax) {
      outflow.state = "all read";
      return;
    }
    const next = offeredEnd(offer) + 1;
    this.#parts.link.events.sent += next - outflow.from;
    outflow.from = next;
    const head = encodeRangeHead(offer);
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(
      0,
      offer.blocks.reduce((sum, block) => sum + block.length, head.length),
    );
    for (const piece of [length, head, ...offer.blocks]) outflow.ready.push(piece);
  }
}
