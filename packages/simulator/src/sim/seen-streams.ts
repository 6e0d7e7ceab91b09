import type { SyncMessage } from "@sinter/core";
import { EndedEvents } from "./ended-events.js";

// Streams that go out at one end of one link, piece by piece.

type Chunk = Extract<SyncMessage, { readonly kind: "chunk" }>;

/** As its row in the record, while it may still change. */
export interface SeenChunk {
  readonly seq: number;
  readonly sentMs: number;
  ackMs: number | undefined;
  retransmits: number;
  readonly entries: number;
  readonly bytes: number;
  readonly last: "yes" | "no";
}

interface Outflow {
  readonly unacked: Map<number, SeenChunk>;
  readonly events: EndedEvents;
  next: number;
}

/** What went out: how many pieces of its stream are under way with it, and the piece, where it is a new one. */
export interface SentChunk {
  readonly inflight: number;
  readonly fresh: SeenChunk | undefined;
}

export class SeenStreams {
  readonly #outflows = new Map<number, Outflow>();

  sent({ stream, seq, position, bytes }: Chunk, atMs: number): SentChunk {
    const outflow = this.#outflows.get(stream) ?? { unacked: new Map(), events: new EndedEvents(), next: 0 };
    this.#outflows.set(stream, outflow);
    const before = outflow.unacked.get(seq);
    if (before !== undefined) before.retransmits++;
    if (seq < outflow.next) return { inflight: outflow.unacked.size, fresh: undefined };
    outflow.next = seq + 1;
    const entries = outflow.events.take(bytes);
    const last = position === "last" ? "yes" : "no";
    const fresh: SeenChunk = { seq, sentMs: atMs, ackMs: undefined, retransmits: 0, entries, bytes: bytes.length, last };
    outflow.unacked.set(seq, fresh);
    return { inflight: outflow.unacked.size, fresh };
  }

  /** All before `seq` have come. */
  acked(stream: number, seq: number, atMs: number): void {
    const outflow = this.#outflows.get(stream);
    if (outflow === undefined) return;
    for (const [each, chunk] of outflow.unacked) {
      if (each >= seq) continue;
      chunk.ackMs = atMs;
      outflow.unacked.delete(each);
      if (chunk.last === "yes") this.#outflows.delete(stream);
    }
  }

  /** Nothing of it is waited for any more: all that was wanted has come. */
  enough(stream: number, atMs: number): void {
    for (const chunk of this.#outflows.get(stream)?.unacked.values() ?? []) chunk.ackMs = atMs;
    this.#outflows.delete(stream);
  }

  over(): void {
    this.#outflows.clear();
  }
}
