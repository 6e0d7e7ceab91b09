import type { FeedView } from "../../feed/lane/feed-view.js";
import { laneOf } from "../../feed/seal/checkpoint.js";
import type { Hasher } from "../../identity/crypto.js";
import type { Ask, ReconcilerName, Row, Scope, Tell } from "../messages.js";
import type { RowIndex } from "../row-index.js";
import { equalRows, rowOf } from "../rows.js";

// Finds out which rows differ between this replica and another, by asking. All that the other side does is answer, each question by
// itself, so that questions and answers may be lost, come twice or in any order. Rows may change meanwhile, on both sides: a change
// is told to the other by itself, so that a reconciler need not see it; what it tells was true when it was asked.

/** What a replica holds, as it stands at each moment. */
export interface RowSource {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly index: RowIndex;
}

export interface Found {
  /** Rows of theirs that are otherwise here, or not here. */
  readonly theirs: readonly Row[];
  /** Numbers of lanes here that are otherwise there, or not there. */
  readonly ours: readonly number[];
}

export interface Reconciler {
  readonly name: ReconcilerName;
  /** `going` until all that was found has been handed on; `failed`: another one is to be used. */
  readonly state: "going" | "done" | "failed";
  /** What is to be asked, or asked again where no answer has come. The same objects, until they have their answer. */
  asks(): readonly Ask[];
  /** An answer to what `asks` gave. One that nobody waits for any more is passed over. */
  told(ask: Ask, tell: Tell): void;
  /** What was found since, or so much of it; each lane and row once or oftener. Where nothing is asked there is some, or the end. */
  found(): Found;
}

export interface Sides {
  readonly source: RowSource;
  readonly scope: Scope;
}

/** Questions without an answer. */
export class OpenAsks {
  #open: Ask[] = [];

  get list(): readonly Ask[] {
    return this.#open;
  }

  add(ask: Ask): void {
    this.#open.push(ask);
  }

  /** Whether it was open; it is no more. */
  close(ask: Ask): boolean {
    const before = this.#open.length;
    this.#open = this.#open.filter((open) => open !== ask);
    return this.#open.length < before;
  }
}

const ANSWERS = {
  rows: "rows",
  buckets: "buckets",
  "bucket rows": "rows",
  symbols: "symbols",
  items: "rows",
  branches: "branches",
  leaves: "rows",
} as const;

/** Whether it is the kind of answer that was asked for, or says that there is none. */
export function answers(ask: Ask, tell: Tell): boolean {
  return tell.kind === "cannot" || tell.kind === ANSWERS[ask.kind];
}

/** Their rows against what is held here at this moment. */
export function compareRow(
  { view, hasher, index }: RowSource,
  row: Row,
): { readonly lane: number | undefined; readonly is: "same" | "other" } {
  const lane = index.laneOfId(view, laneOf(hasher, row));
  const mine = lane === undefined ? undefined : rowOf(view, hasher, lane);
  return { lane, is: mine !== undefined && equalRows(mine, row) ? "same" : "other" };
}
