import { syncAsksUnderWayMax, syncBucketsMax, syncBucketsPerAskMax, syncLanesPerFindMax } from "../../bytes/limits.js";
import { compareBytes } from "../../bytes/order.js";
import { Writer } from "../../bytes/writer.js";
import type { Ask, Row, Tell } from "../messages.js";
import { compareRow, type Found, OpenAsks, type Reconciler, type Sides } from "./reconciler.js";

// Rows in buckets by the first bits of their lanes' ids, and a digest of each; of those that differ, all rows.

type BucketRows = Extract<Ask, { readonly kind: "bucket rows" }>;

export class BucketsReconciler implements Reconciler {
  readonly name = "buckets";
  readonly #sides: Sides;
  readonly #asks = new OpenAsks();
  readonly #bits: number;
  /** That differ, and are yet to be asked for. */
  #buckets: number[] = [];
  /** Lanes whose rows are the same there, of the buckets asked for. */
  readonly #same = new Set<number>();
  #theirs: Row[] = [];
  #ours: number[] = [];
  state: Reconciler["state"] = "going";

  constructor(sides: Sides, bits: number) {
    this.#sides = sides;
    this.#bits = bits;
    this.#asks.add({ kind: "buckets", count: 2 ** bits });
  }

  asks(): readonly Ask[] {
    while (this.#buckets.length > 0 && this.#asks.list.length < syncAsksUnderWayMax) {
      const buckets = this.#buckets.splice(0, syncBucketsPerAskMax);
      this.#asks.add({ kind: "bucket rows", count: 2 ** this.#bits, buckets, after: new Uint8Array(0) });
    }
    return this.#asks.list;
  }

  told(ask: Ask, tell: Tell): void {
    if (!this.#asks.close(ask)) return;
    if (ask.kind === "buckets" && tell.kind === "buckets" && tell.digests.length === 8 * ask.count) this.#compare(tell.digests);
    else if (ask.kind === "bucket rows" && tell.kind === "rows") this.#rows(ask, tell.rows, tell.next);
    else this.state = "failed";
    if (this.state === "going") this.#settle();
  }

  found(): Found {
    const theirs = this.#theirs;
    this.#theirs = [];
    const ours = this.#ours.splice(0, syncLanesPerFindMax);
    this.#settle();
    return { theirs, ours };
  }

  #compare(theirs: Uint8Array): void {
    const mine = bucketDigests(this.#sides, this.#bits);
    for (let bucket = 0; 8 * bucket < mine.length; bucket++) {
      const [one, other] = [mine, theirs].map((digests) => digests.subarray(8 * bucket, 8 * bucket + 8)) as [Uint8Array, Uint8Array];
      if (compareBytes(one, other) !== 0) this.#buckets.push(bucket);
    }
  }

  #rows(ask: BucketRows, rows: readonly Row[], next: Uint8Array | undefined): void {
    for (const row of rows) {
      const { lane, is } = compareRow(this.#sides.source, row);
      if (is === "other") this.#theirs.push(row);
      else if (lane !== undefined) this.#same.add(lane);
    }
    if (next !== undefined) {
      if (rows.length > 0 && compareBytes(next, ask.after) > 0) this.#asks.add({ ...ask, after: next });
      else this.state = "failed";
      return;
    }
    for (const lane of lanesInBuckets(this.#sides, { bits: this.#bits, buckets: ask.buckets, first: 0 })) {
      if (!this.#same.delete(lane)) this.#ours.push(lane);
    }
  }

  #settle(): void {
    const isIdle = this.#asks.list.length === 0 && this.#buckets.length === 0;
    if (this.state === "going" && isIdle && this.#theirs.length === 0 && this.#ours.length === 0) this.state = "done";
  }
}

/** How many bits of a lane's id say its bucket, where there are so many buckets. */
export function bucketBits(count: number): number | undefined {
  const bits = Math.round(Math.log2(count));
  return bits >= 1 && 2 ** bits === count && count <= syncBucketsMax ? bits : undefined;
}

export function bucketDigests({ source, scope }: Sides, bits: number): Uint8Array {
  const sums = source.index.sums(source.view, scope, bits);
  const writer = new Writer(4 * sums.length);
  for (const word of sums) writer.u32(word);
  return writer.finish();
}

export interface SomeBuckets {
  readonly bits: number;
  readonly buckets: readonly number[];
  readonly first: number;
}

/** In the order of their numbers, from `first` on. */
export function* lanesInBuckets({ source, scope }: Sides, { bits, buckets, first }: SomeBuckets): Generator<number, void, undefined> {
  const wanted = new Set(buckets);
  for (const lane of source.index.lanesFrom(source.view, scope, first)) if (wanted.has(source.index.bucketOf(lane, bits))) yield lane;
}

/** Where both sides together cost least: so many digests, and all rows of the buckets that differ. */
export function bestBucketBits(rows: number, differences: number): number {
  const best = Math.log2(Math.sqrt(rows * differences * 12) + 2);
  return Math.max(1, Math.min(Math.log2(syncBucketsMax), Math.round(best)));
}
