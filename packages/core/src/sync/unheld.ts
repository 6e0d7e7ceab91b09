import { equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import { laneKey, type SyncLink } from "./link-state.js";
import type { Row } from "./messages.js";
import { equalRows, rowOf } from "./rows.js";

/** Lanes that have changed here, and of which the other has not said that it holds them so: until then the two do not hold the same. */
export class Unheld {
  readonly #link: SyncLink;
  readonly #hasher: Hasher;
  /** Since when. */
  readonly #lanes = new Map<number, Instant>();

  constructor(link: SyncLink, hasher: Hasher) {
    this.#link = link;
    this.#hasher = hasher;
  }

  changed(lane: number, row: Row, now: Instant): void {
    const known = this.#link.known(laneKey(row));
    if (known !== undefined && equalRows(known, row)) this.#lanes.delete(lane);
    else this.#lanes.set(lane, now);
  }

  /** They say that they hold it so. */
  told(lane: number, row: Row, view: FeedView): void {
    if (!this.#lanes.has(lane)) return;
    const mine = rowOf(view, this.#hasher, lane);
    if (mine !== undefined && equalRows(mine, row)) this.#lanes.delete(lane);
  }

  /** Roots were equal: whatever has not changed since `since` they hold. */
  agreed(since: number): void {
    for (const [lane, at] of this.#lanes) if (at < since) this.#lanes.delete(lane);
  }

  get count(): number {
    return this.#lanes.size;
  }

  *of(subject: SubjectId, view: FeedView): Iterable<number> {
    for (const lane of this.#lanes.keys()) {
      const place = view.lane(lane);
      if (place !== undefined && equalBytes(place.subject, subject)) yield lane;
    }
  }
}
