import { causalFrontierRowsMax, causalFullEveryEvents, causalRowsMax } from "../../bytes/limits.js";
import { type CausalDecoder, type CausalDeltaRow, type CausalLane, causalLaneKey, encodeCausalDelta } from "./causal-delta.js";

interface Entry {
  readonly lane: CausalLane;
  /** Place in the dictionary; -1 while it is not in it. */
  index: number;
  /** Size last given in a delta. */
  given: number;
  size: number;
}

const NONE: readonly Uint8Array[] = [];

/** Makes the deltas of one lane of ours. Told what changed in the rest of the subject; its work is by what changed, not by
 * how many lanes there are. Owner: the writer of the lane; where its commit fails, it is made anew from the store. */
export class CausalEncoder {
  readonly #ownKey: string;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Set<Entry>();
  #dictionaryLength = 0;
  /** Events since the last full delta, it among them. */
  #sinceFull = 0;
  /** The next event must have a full delta: the lane's first, or what was given no longer holds. */
  #stale = true;

  /** Of an epoch with events in it, `resumed` has been through them; without it the next delta is full, which is always right. */
  constructor(own: CausalLane, resumed?: CausalDecoder) {
    this.#ownKey = causalLaneKey(own);
    if (resumed === undefined || !resumed.known) return;
    for (const [index, { feed, epoch, size }] of resumed.rows().entries()) {
      const lane = { feed, epoch };
      this.#entries.set(causalLaneKey(lane), { lane, index, given: size, size });
    }
    this.#dictionaryLength = this.#entries.size;
    this.#sinceFull = resumed.sinceFull;
    this.#stale = false;
  }

  /** The size of another lane of the subject, as this author knows it now. Its own is passed over: the chain says it. */
  observe(lane: CausalLane, size: number): "taken" | "beyond bounds" {
    const key = causalLaneKey(lane);
    if (key === this.#ownKey || size < 1) return "taken";
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= causalFrontierRowsMax) return "beyond bounds";
      entry = { lane, index: -1, given: 0, size };
      this.#entries.set(key, entry);
    }
    entry.size = size;
    if (size < entry.given) this.#stale = true;
    if (size === entry.given) this.#changed.delete(entry);
    else this.#changed.add(entry);
    return "taken";
  }

  /** The author no longer counts that lane (withdrawn, frozen): the next delta is full and leaves it out. */
  forget(lane: CausalLane): void {
    const key = causalLaneKey(lane);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#changed.delete(entry);
    if (entry.index >= 0) this.#stale = true;
  }

  /** The deltas of the next events of the lane, one an event and in this order: the last belongs to the event to be
   * written, those before it to frontier events (kind 1) ahead of it. None: the event has no delta. Where the event must
   * be its lane's first (epoch opened), it takes the first delta and the frontier events follow. */
  next(): readonly Uint8Array[] {
    const events = Math.max(1, Math.ceil(this.#changed.size / causalRowsMax));
    // All deltas of this call must lie within reach of the last full one, or the whole is said afresh.
    if (this.#stale || this.#sinceFull + events > causalFullEveryEvents) return this.#full();
    this.#sinceFull += events;
    if (this.#changed.size === 0) return NONE;
    return this.#encode("changes", this.#takeChanged());
  }

  #full(): readonly Uint8Array[] {
    this.#stale = false;
    this.#dictionaryLength = 0;
    for (const entry of this.#entries.values()) {
      entry.index = -1;
      entry.given = 0;
      this.#changed.add(entry);
    }
    this.#sinceFull = Math.max(1, Math.ceil(this.#changed.size / causalRowsMax));
    return this.#encode("full", this.#takeChanged());
  }

  /** Known entries by rising index, then new ones, which take the indexes that follow. */
  #takeChanged(): CausalDeltaRow[] {
    const known = [...this.#changed].filter((entry) => entry.index >= 0).sort((left, right) => left.index - right.index);
    const rows: CausalDeltaRow[] = known.map((entry) => ({ index: entry.index, amount: entry.size - entry.given }));
    for (const entry of this.#changed) {
      if (entry.index < 0) {
        entry.index = this.#dictionaryLength++;
        rows.push({ index: entry.index, amount: entry.size, lane: entry.lane });
      }
      entry.given = entry.size;
    }
    this.#changed.clear();
    return rows;
  }

  #encode(coverage: "full" | "changes", rows: readonly CausalDeltaRow[]): Uint8Array[] {
    const deltas: Uint8Array[] = [];
    for (let from = 0; from === 0 || from < rows.length; from += causalRowsMax) {
      const piece = rows.slice(from, from + causalRowsMax);
      deltas.push(encodeCausalDelta({ coverage: from === 0 ? coverage : "changes", rows: piece }));
    }
    return deltas;
  }
}
