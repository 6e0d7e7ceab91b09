import { type FeedView, unlessLost } from "../feed/lane/feed-view.js";
import { offeredRange } from "../feed/range/offered-range.js";
import { offeredEnd } from "../feed/range/verified-range.js";
import type { Hasher } from "../identity/crypto.js";
import type { Row } from "./messages.js";
import { encodeRange } from "./range-codec.js";
import { rowOf } from "./rows.js";

/** A range as it travels, and the seq of its last event. */
export interface SeenRange {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** Lanes as one step sees them: read once, however many links ask. Good for that step only. */
export class SeenLanes {
  readonly #view: FeedView;
  readonly #hasher: Hasher;
  readonly #rows = new Map<number, Row | undefined>();
  readonly #ranges = new Map<string, SeenRange | undefined>();

  constructor(view: FeedView, hasher: Hasher) {
    this.#view = view;
    this.#hasher = hasher;
  }

  /** As `rowOf`. */
  row(lane: number): Row | undefined {
    if (this.#rows.has(lane)) return this.#rows.get(lane);
    const row = rowOf(this.#view, this.#hasher, lane);
    this.#rows.set(lane, row);
    return row;
  }

  /** About so many bytes of a lane from `from` on; nothing where it has no such event, or the disk has lost it. */
  range(lane: number, from: number, bytes: number): SeenRange | undefined {
    const name = `${lane} ${from} ${bytes}`;
    if (this.#ranges.has(name)) return this.#ranges.get(name);
    const offer = unlessLost(() => offeredRange(this.#view, this.#hasher, { lane, from, bytes }));
    const range = offer && { bytes: encodeRange(offer), end: offeredEnd(offer) };
    this.#ranges.set(name, range);
    return range;
  }
}
