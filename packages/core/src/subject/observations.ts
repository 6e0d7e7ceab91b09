import { CausalDecoder, type CausalLane, type CausalListener } from "../feed/event/causal-delta.js";
import type { Dot, LaneIndex, Seen } from "../merge/dot.js";
import type { Reach } from "../merge/merge-type.js";

const NONE: readonly Reach[] = [];

/** What the author of a lane had folded of other lanes, event by event: what its operations were written in knowledge of. */
export class Observations implements CausalListener {
  readonly #decoder: CausalDecoder;
  readonly #indexOf: (lane: CausalLane) => LaneIndex;
  readonly #seen: Seen;
  /** By the dictionary's index. */
  #lanes: LaneIndex[] = [];
  readonly #sizes = new Map<LaneIndex, number>();
  /** Lanes of which more was folded there than here, when it was last looked. */
  readonly #beyond = new Set<LaneIndex>();

  constructor(own: CausalLane, indexOf: (lane: CausalLane) => LaneIndex, seen: Seen) {
    this.#decoder = new CausalDecoder(own, this);
    this.#indexOf = indexOf;
    this.#seen = seen;
  }

  /** The next event of the lane. Where its delta cannot be right, nothing is known to its author but what it wrote itself. */
  next(delta: Uint8Array | undefined): void {
    this.#decoder.apply(delta);
  }

  sizeOf(lane: LaneIndex): number {
    return this.#sizes.get(lane) ?? 0;
  }

  covers(dot: Dot): boolean {
    return this.sizeOf(dot.lane) >= dot.seq;
  }

  ahead(): readonly Reach[] {
    if (this.#beyond.size === 0) return NONE;
    const ahead: Reach[] = [];
    for (const lane of this.#beyond) {
      const seq = this.sizeOf(lane);
      if (this.#seen.of(lane) < seq) ahead.push({ lane, seq });
      else this.#beyond.delete(lane);
    }
    return ahead;
  }

  row(index: number, lane: CausalLane, size: number): void {
    const known = this.#lanes[index] ?? this.#indexOf(lane);
    this.#lanes[index] = known;
    this.#sizes.set(known, size);
    if (this.#seen.of(known) < size) this.#beyond.add(known);
  }

  forgotten(): void {
    this.#lanes = [];
    this.#sizes.clear();
    this.#beyond.clear();
  }
}
