import { toHex } from "../bytes/hex.js";
import type { FeedView, LaneEntry } from "../feed/lane/feed-view.js";
import { countedEnd } from "../feed/lane/freeze.js";
import type { LaneSpan, StoredEvent } from "../feed/lane/subject-reader.js";
import type { Withdrawal } from "./event-api.js";

// A lane may be frozen while somebody reads it: what has not been handed on is not, and of what has been the reader is told.

export interface FreezingLanes {
  readonly view: FeedView;
  /** How many times a lane was frozen, and that is on disk. */
  freezes(): number;
}

/** Spans that are being read, and what of them was frozen since they were made. */
export class ReadSpans {
  readonly spans: readonly LaneSpan[];
  readonly #source: FreezingLanes;
  #seen: number;
  #ends: readonly { readonly entry: LaneEntry; readonly end: number }[] = [];

  /** `freezes` as it was before they were made. */
  constructor(source: FreezingLanes, spans: readonly LaneSpan[], freezes: number) {
    this.#source = source;
    this.spans = spans;
    this.#seen = freezes;
  }

  withdraws({ author, epoch, seq }: StoredEvent): boolean {
    const freezes = this.#source.freezes();
    if (freezes !== this.#seen) {
      this.#seen = freezes;
      this.#ends = this.spans.map(({ entry }) => ({ entry, end: endOf(this.#source.view, entry) }));
    }
    return this.#ends.some(({ entry, end }) => entry.author === author && entry.epoch === epoch && seq > end);
  }
}

interface Handed {
  readonly entry: LaneEntry;
  readonly first: number;
  /** The last that counts, as far as the reader knows. */
  last: number;
}

/** What one reader was handed, and which of that counts no more. */
export class Withdrawals {
  readonly #source: FreezingLanes;
  readonly #handed = new Map<number, Handed>();
  #seen: number;

  constructor(source: FreezingLanes) {
    this.#source = source;
    this.#seen = source.freezes();
  }

  /** What is to be told before these spans are handed on. */
  before(spans: readonly LaneSpan[]): readonly Withdrawal[] {
    const withdrawn = this.#withdrawn();
    for (const { entry, next, end } of spans) {
      const first = this.#handed.get(entry.number)?.first ?? next;
      this.#handed.set(entry.number, { entry, first, last: end - 1 });
    }
    return withdrawn;
  }

  #withdrawn(): readonly Withdrawal[] {
    const freezes = this.#source.freezes();
    if (freezes === this.#seen) return [];
    this.#seen = freezes;
    const withdrawn: Withdrawal[] = [];
    for (const handed of this.#handed.values()) {
      const end = endOf(this.#source.view, handed.entry);
      const { entry, first, last: to } = handed;
      const from = Math.max(first, end + 1);
      if (to < from) continue;
      const { index: epoch, nonce } = entry.epoch;
      withdrawn.push({ author: toHex(entry.author), epoch, nonce: toHex(nonce), from, to });
      handed.last = end;
    }
    return withdrawn;
  }
}

function endOf(view: FeedView, { number }: LaneEntry): number {
  return countedEnd(view.head(number)?.freezeAt ?? 0);
}
