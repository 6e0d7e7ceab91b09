import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { blockCount, blockFirstSeq } from "../feed/event/block.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import { type KnownEvent, type LostSpan, lostSpan } from "../feed/lane/lost-span.js";
import { mendedSpan } from "../feed/range/mended-span.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import type { SealTools } from "../feed/seal/checkpoint.js";
import type { FeedCalls } from "./feed-calls.js";

// Events that the disk has lost, as an audit has found them: they are asked of others, and come back one span after the other, from
// the end of a lane to its beginning. What is not known of is not here: after a start, nothing is until somebody looks.

export interface QuarantineParts extends SealTools {
  readonly view: FeedView;
  readonly feed: Pick<FeedCalls, "mend">;
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

  async #lost(lane: number, before: KnownEvent | undefined): Promise<LostSpan | undefined> {
    const steps = lostSpan(this.#parts.view, this.#parts, lane, before);
    try {
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) return step.value;
        await new Promise<void>((resolve) => this.#parts.soon(resolve));
      }
    } catch (error) {
      // Its head, or what names it, is lost: of that the audit tells, and it is not to be had from others.
      if (!(error instanceof DamagedStore)) throw error;
      return undefined;
    }
  }
}
