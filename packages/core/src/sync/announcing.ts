import { announcedRowsMax, eagerLinksMax, knownRowsMax, pushBytesMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId, NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import { type Holding, laneKey, type SyncLink } from "./link-state.js";
import type { Row, SyncMessage } from "./messages.js";
import { equalRows } from "./rows.js";
import { inScope, placeOfPath } from "./scope.js";
import type { Around, SyncKnobs } from "./sync-vocabulary.js";
import type { Unheld } from "./unheld.js";

// What one link is told of what changes here. Who wrote something sends it itself to a few links, and so does who has no more than
// two to hand it on to; everybody else is told that it is here, and asks. Nobody is told what it told.

export interface AnnouncingParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly author: AuthorId;
  readonly knobs: SyncKnobs;
  readonly link: SyncLink;
  readonly unheld: Unheld;
  /** Of this link among all that are up, in an order of its own; and how many those are. */
  readonly rank: () => { readonly at: number; readonly of: number };
}

/** Two neighbours: a ring, a line. */
const FEW_LINKS = 2;

export class Announcing {
  readonly #parts: AnnouncingParts;
  readonly #due = new Set<number>();
  /** Said and not heard of yet. */
  #said: { readonly message: Extract<SyncMessage, { readonly kind: "held" }>; at: Instant } | undefined;
  #number = 0;
  /** What they were told that is held here. */
  readonly #told = new Map<string, Holding>();
  /** Pushed and not acknowledged: lanes, how far, since when. */
  readonly #pushed = new Map<number, { readonly key: string; readonly size: number; readonly at: Instant }>();

  constructor(parts: AnnouncingParts) {
    this.#parts = parts;
  }

  changed(lane: number, around: Around): void {
    const { link } = this.#parts;
    const row = around.lanes.row(lane);
    if (row === undefined || link.scope === undefined || !this.#isInScope(row, around)) return;
    this.#parts.unheld.changed(lane, row, around.now);
    if (this.#isTold(row)) return;
    if (link.compared === "yes" && this.#isEager(row) && this.#push(lane, row, around)) return;
    this.#due.add(lane);
  }

  /** Says what is due, if what was said before has been heard. */
  flush(around: Around): void {
    const { link } = this.#parts;
    if (this.#said !== undefined || this.#due.size === 0) return;
    const rows: Row[] = [];
    for (const lane of this.#due) {
      if (rows.length >= announcedRowsMax) break;
      this.#due.delete(lane);
      const row = around.lanes.row(lane);
      if (row === undefined || this.#isTold(row)) continue;
      rows.push(row);
      this.#tell(row);
    }
    if (rows.length === 0) return;
    this.#number++;
    this.#said = { message: { kind: "held", number: this.#number, rows }, at: around.now };
    around.out.send(link.peer, this.#said.message);
  }

  heard(number: number, around: Around): void {
    if (this.#said === undefined || number < this.#said.message.number) return;
    this.#said = undefined;
    this.flush(around);
  }

  beat(around: Around): void {
    const { knobs, link } = this.#parts;
    for (const [lane, { key, size, at }] of this.#pushed) {
      const isThere = (link.known(key)?.size ?? 0) >= size;
      if (!isThere && around.now - at < link.waitMs(knobs)) continue;
      this.#pushed.delete(lane);
      if (!isThere) this.#due.add(lane);
    }
    if (this.#said !== undefined && around.now - this.#said.at >= link.waitMs(knobs)) {
      this.#said.at = around.now;
      around.out.send(link.peer, this.#said.message);
    }
    this.flush(around);
  }

  describe(): { readonly due: number; readonly pushed: number } {
    return { due: this.#due.size, pushed: this.#pushed.size };
  }

  /** Whether both know that both hold it: whoever sent it is told that it came, so that it knows how many hold it. */
  #isTold(row: Row): boolean {
    const key = laneKey(row);
    const [known, told] = [this.#parts.link.known(key), this.#told.get(key)];
    return known !== undefined && told !== undefined && equalRows(known, row) && equalRows(told, row);
  }

  #tell(row: Row): void {
    const key = laneKey(row);
    this.#told.delete(key);
    this.#told.set(key, row);
    if (this.#told.size > knownRowsMax) this.#told.delete(this.#told.keys().next().value as string);
  }

  #isEager({ author }: Row): boolean {
    const { at, of } = this.#parts.rank();
    return of <= FEW_LINKS || (at < eagerLinksMax && equalBytes(author, this.#parts.author));
  }

  /** Sends what they lack of it, if that is little and goes on from what they are known to hold. */
  #push(lane: number, row: Row, { view, lanes, out, now }: Around): boolean {
    const { link } = this.#parts;
    const key = laneKey(row);
    const held = Math.max(link.known(key)?.size ?? 0, this.#pushed.get(lane)?.size ?? 0);
    if (row.freezeAt > 0 || row.size <= held || view.givenUp(lane) !== undefined) return false;
    const range = lanes.range(lane, held + 1, pushBytesMax);
    if (range === undefined || range.end < row.size || range.bytes.length > pushBytesMax) return false;
    this.#pushed.set(lane, { key, size: row.size, at: now });
    link.events.sent += row.size - held;
    out.send(link.peer, { kind: "push", range: range.bytes });
    return true;
  }

  #isInScope({ subject }: Row, { view }: Around): boolean {
    const { hasher, network, link } = this.#parts;
    if (link.scope === undefined || link.scope.kind === "all") return link.scope !== undefined;
    const path = view.subject(subject);
    return path !== undefined && inScope(hasher, link.interestKey, link.scope, placeOfPath(hasher, network, path));
  }
}
