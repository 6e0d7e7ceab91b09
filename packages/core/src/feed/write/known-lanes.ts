import { equalBytes } from "../../bytes/order.js";
import type { Hasher } from "../../identity/crypto.js";
import { feedId, type SubjectId } from "../../identity/ids.js";
import { type CausalLane, type CausalRow, causalLaneKey } from "../event/causal-delta.js";
import type { CausalEncoder } from "../event/causal-encoder.js";
import type { FeedView } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";

// What the author of a lane knows of the other lanes of its subject. Whoever writes by what a view shows knows what that view has
// folded, and nothing else of what is held: an event that claimed more would undo what its author never saw. Whoever writes without a
// view knows what is held.

/** How far the author has folded lanes, by their numbers in this store: seq of the last event folded. Another object whenever it says
 * something else. */
export type Observed = ReadonlyMap<number, number>;

interface KnownLane {
  readonly lane: CausalLane;
  /** Events held that count. */
  held: number;
  /** As the encoder has it. */
  told: number;
}

export interface KnowingParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
}

/** Owner: the open lane, by its number and subject. */
export class KnownLanes {
  readonly #own: { readonly number: number; readonly subject: SubjectId };
  readonly #encoder: CausalEncoder;
  readonly #lanes = new Map<number, KnownLane>();
  /** Lanes of which more is held than when all that was held was told last. */
  readonly #grown = new Set<KnownLane>();
  /** Told of though nothing of them is held. */
  readonly #recalled: CausalLane[] = [];
  /** What the encoder was brought to last. */
  #last: Observed | "held" | undefined;

  constructor(own: { readonly number: number; readonly subject: SubjectId }, encoder: CausalEncoder) {
    this.#own = own;
    this.#encoder = encoder;
  }

  /** So much of another lane of the subject is held here and counts. */
  hold(number: number, lane: CausalLane, size: number): void {
    if (number === this.#own.number) return;
    const known = this.#lanes.get(number) ?? { lane, held: 0, told: 0 };
    known.held = size;
    this.#lanes.set(number, known);
    // What counts no more is claimed no more, whoever claimed it.
    if (size < known.told) this.#tell(known, size);
    if (this.#last === "held") this.#grown.add(known);
  }

  /** The next events are written by who knows this; all that is held, where it is left out. */
  know(observed: Observed | undefined, parts: KnowingParts): void {
    this.#forgetRecalled();
    if (observed === undefined) {
      for (const known of this.#last === "held" ? this.#grown : this.#lanes.values()) this.#tell(known, known.held);
      this.#grown.clear();
    } else if (observed !== this.#last) {
      // Where the store cannot be read half of it may be told: then all of it is told anew.
      this.#last = undefined;
      this.#tellObserved(observed, parts);
    }
    this.#last = observed ?? "held";
  }

  /** The next event was written before, by who knew this then: of lanes, too, that are not held here, or not so far. */
  recall(rows: readonly CausalRow[]): void {
    this.#forgetRecalled();
    const left = new Map(rows.map((row) => [causalLaneKey(row), row]));
    for (const known of this.#lanes.values()) {
      const key = causalLaneKey(known.lane);
      this.#tell(known, left.get(key)?.size ?? 0);
      left.delete(key);
    }
    for (const { feed, epoch, size } of left.values()) {
      const lane = { feed, epoch };
      if (size > 0 && this.#encoder.observe(lane, size) === "taken") this.#recalled.push(lane);
    }
    // Whoever writes next is told of anew.
    this.#last = undefined;
    this.#grown.clear();
  }

  /** Lanes that are not held are claimed by what was written before alone. */
  #forgetRecalled(): void {
    for (const lane of this.#recalled.splice(0)) this.#encoder.forget(lane);
  }

  /** The deltas of the next events of the lane. */
  next(): readonly Uint8Array[] {
    return this.#encoder.next();
  }

  #tellObserved(observed: Observed, parts: KnowingParts): void {
    for (const [number, seq] of observed) {
      const isKnown = number === this.#own.number || (this.#lanes.get(number)?.held ?? 0) >= seq;
      if (!isKnown) this.#lookUp(number, parts);
    }
    for (const [number, known] of this.#lanes) this.#tell(known, Math.min(observed.get(number) ?? 0, known.held));
  }

  /** A lane that was not taken in while this one was open: an earlier one of this author, for one. */
  #lookUp(number: number, { view, hasher }: KnowingParts): void {
    const [record, head] = [view.lane(number), view.head(number)];
    if (record === undefined || head === undefined || !equalBytes(record.subject, this.#own.subject)) return;
    this.hold(number, { feed: feedId(hasher, record.author, record.subject), epoch: record.epoch }, countedSize(head));
  }

  #tell(known: KnownLane, size: number): void {
    if (size === known.told) return;
    if (size === 0) this.#encoder.forget(known.lane);
    else if (this.#encoder.observe(known.lane, size) === "beyond bounds") return;
    known.told = size;
  }
}
