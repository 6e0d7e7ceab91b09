import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { blockCount, blockFirstSeq } from "../feed/event/block.js";
import { DamagedStore, type FeedView, unlessLost } from "../feed/lane/feed-view.js";
import { type KnownEvent, type LostSpan, lostSpan, mayBeBack } from "../feed/lane/lost-span.js";
import { countedRange } from "../feed/range/counted-range.js";
import { mendedSpan } from "../feed/range/mended-span.js";
import type { RangeOffer, RangeTools } from "../feed/range/verified-range.js";
import type { FeedCalls } from "./feed-calls.js";

// Events that the disk has lost, as an audit has found them: they are asked of others, and come back one span after the other, from
// the end of a lane to its beginning. What is not known of is not here: after a start, nothing is until somebody looks.

export interface QuarantineParts extends RangeTools {
  readonly view: FeedView;
  readonly feed: Pick<FeedCalls, "mend" | "take">;
  /** Told of all that is lost, whenever that is another than it was. */
  readonly lost: (spans: readonly LostSpan[]) => void;
  readonly soon: (run: () => void) => void;
}

export class Quarantine {
  readonly #parts: QuarantineParts;
  readonly #spans = new Map<number, LostSpan>();

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
  }

  /** Of these lanes something is wrong; of all others nothing. */
  async look(lanes: readonly number[]): Promise<void> {
    // What was known stays so while it is looked at anew.
    const before = [...this.#spans.keys()].filter((lane) => !lanes.includes(lane));
    for (const lane of lanes) await this.#look(lane);
    for (const lane of before) this.#spans.delete(lane);
    this.#tell();
  }

  /** Something of it may be here again, as whatever is written to a lane may come in the place of what was lost; or less of it has to come back,
   * where the lane is frozen since. */
  changed(lane: number): Promise<void> | undefined {
    const { view } = this.#parts;
    const span = this.#spans.get(lane);
    if (span === undefined || unlessLost(() => mayBeBack(view, this.#parts, span)) !== true) return undefined;
    return this.#look(lane).then(() => this.#tell());
  }

  /** Says it once more, to who has forgotten. */
  again(): void {
    if (this.#spans.size > 0) this.#tell();
  }

  /** What an offer has of it: nothing, something before its end, which decides nothing yet, or its end. */
  spanOf({ checkpoint, blocks }: RangeOffer): { readonly span: LostSpan; readonly reach: "before its end" | "to its end" } | undefined {
    if (this.#spans.size === 0) return undefined;
    const { subject, author, epoch } = checkpoint.place;
    const lane = this.#parts.view.laneNumber(subject, author, epoch);
    const span = lane === undefined ? undefined : this.#spans.get(lane);
    const [first, last] = [blocks[0], blocks.at(-1)];
    if (span === undefined || first === undefined || last === undefined || blockFirstSeq(first) > span.to) return undefined;
    return { span, reach: blockFirstSeq(last) + blockCount(last) > span.to ? "to its end" : "before its end" };
  }

  /** Puts what was lost back, as much as is offered; which need not be it. */
  async mend(offer: RangeOffer): Promise<"mended" | "none" | { readonly reason: string }> {
    let done: "mended" | "none" = "none";
    for (let found = this.spanOf(offer); found?.reach === "to its end"; found = this.spanOf(offer)) {
      if (found.span.last === undefined) {
        const cut = await this.#cut(found.span, offer);
        if (cut !== "mended") return cut;
        done = cut;
        continue;
      }
      const mended = mendedSpan(this.#parts.hasher, found.span, offer.blocks);
      if (isMalformed(mended)) return mended;
      const path = this.#parts.view.subject(found.span.place.subject);
      if (path === undefined) return done;
      await this.#parts.feed.mend(path, mended);
      await this.#look(found.span.lane, mended.before);
      done = "mended";
    }
    if (done === "mended") this.#tell();
    return done;
  }

  /** What is lost goes, with all that lies behind the fork. */
  async #cut(span: LostSpan, offer: RangeOffer): Promise<"mended" | "none" | { readonly reason: string }> {
    const range = await this.#inSteps(countedRange(this.#parts.view, this.#parts, span, offer));
    if (range === undefined) return "none";
    if (isMalformed(range)) return range;
    const { kind } = await this.#parts.feed.take(range);
    if (kind === "stale") return "none";
    await this.#look(span.lane);
    return "mended";
  }

  /** In words, for people. */
  describe(): readonly string[] {
    const { view } = this.#parts;
    return [...this.#spans.values()].map(({ place, from, to }) => {
      const path = view.subject(place.subject) ?? "a subject that is lost, too";
      return `events ${from} to ${to} of ${path}, by ${toHex(place.author.subarray(0, 8))}…`;
    });
  }

  #tell(): void {
    this.#parts.lost([...this.#spans.values()]);
  }

  async #look(lane: number, before?: KnownEvent): Promise<void> {
    const span = await this.#lost(lane, before);
    if (span === undefined) this.#spans.delete(lane);
    else this.#spans.set(lane, span);
  }

  async #inSteps<T>(steps: Generator<undefined, T, undefined>): Promise<T> {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      await new Promise<void>((resolve) => this.#parts.soon(resolve));
    }
  }

  async #lost(lane: number, before: KnownEvent | undefined): Promise<LostSpan | undefined> {
    try {
      return await this.#inSteps(lostSpan(this.#parts.view, this.#parts, lane, before));
    } catch (error) {
      // Its head, or what names it, is lost: of that the audit tells, and it is not to be had from others.
      if (!(error instanceof DamagedStore)) throw error;
      return undefined;
    }
  }
}
