import { syncLanesPerFindMax } from "../../bytes/limits.js";
import { compareBytes } from "../../bytes/order.js";
import type { Ask, Row, Tell } from "../messages.js";
import { compareRow, type Found, OpenAsks, type Reconciler, type Sides } from "./reconciler.js";

// All rows, page by page, in the order of the numbers that lanes have there: those never change, and new lanes come last, so that
// no row is passed over whatever happens between two pages.

export class FrontierReconciler implements Reconciler {
  readonly name = "frontier";
  readonly #sides: Sides;
  readonly #asks = new OpenAsks();
  /** By number of lane: 1, where they have the same row. */
  readonly #same: Uint8Array;
  #theirs: Row[] = [];
  /** The first lane here that is yet to be looked at, once all of theirs are told. */
  #next: number | undefined;
  state: Reconciler["state"] = "going";

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#same = new Uint8Array(sides.source.index.lanesEnd);
    this.#asks.add({ kind: "rows", after: new Uint8Array(0) });
  }

  asks(): readonly Ask[] {
    return this.#asks.list;
  }

  told(ask: Ask, tell: Tell): void {
    if (ask.kind !== "rows" || !this.#asks.close(ask)) return;
    const { next } = tell.kind === "rows" ? tell : { next: undefined };
    const goesOn = next === undefined || (compareBytes(next, ask.after) > 0 && tell.kind === "rows" && tell.rows.length > 0);
    if (tell.kind !== "rows" || !goesOn) {
      this.state = "failed";
      return;
    }
    for (const row of tell.rows) {
      const { lane, is } = compareRow(this.#sides.source, row);
      if (is === "other") this.#theirs.push(row);
      else if (lane !== undefined) this.#same[lane] = 1;
    }
    if (next === undefined) this.#next = 0;
    else this.#asks.add({ kind: "rows", after: next });
  }

  found(): Found {
    const theirs = this.#theirs;
    this.#theirs = [];
    return { theirs, ours: this.#next === undefined ? [] : this.#others(this.#next) };
  }

  #others(first: number): number[] {
    const { source, scope } = this.#sides;
    const lanes: number[] = [];
    for (const lane of source.index.lanesFrom(source.view, scope, first)) {
      if (lanes.length === syncLanesPerFindMax) {
        this.#next = lane;
        return lanes;
      }
      if (this.#same[lane] !== 1) lanes.push(lane);
    }
    this.#next = undefined;
    this.state = "done";
    return lanes;
  }
}
