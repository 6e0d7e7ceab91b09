import { toHex } from "../bytes/hex.js";
import { localBytesMax, rangeAttemptsMax } from "../bytes/limits.js";
import { type Decoded, isMalformed } from "../bytes/malformed.js";
import type { LanePlace } from "../feed/checkpoint.js";
import type { FeedView } from "../feed/feed-view.js";
import type { FeedNotice } from "../feed/feed-vocabulary.js";
import { type HeldLane, heldLane } from "../feed/held-lane.js";
import { vouchForHeld } from "../feed/sound-lane.js";
import {
  offeredEnd,
  type RangeOffer,
  type RangeOutcome,
  type RangeTools,
  type VerifiedRange,
  verifyingRange,
} from "../feed/verified-range.js";
import { SinterError } from "./sinter-error.js";

export interface IntakeParts {
  readonly view: FeedView;
  readonly tools: RangeTools;
  /** Resolves with what the feed core says of it. */
  readonly write: (range: VerifiedRange) => Promise<Extract<FeedNotice, { readonly kind: "taken" | "stale" }>>;
  /** Once all that the store shows now is on disk, or is lost. */
  readonly barrier: () => Promise<"passed" | "lost">;
  /** Lets the rest of the process run. */
  readonly soon: () => Promise<void>;
  /** Throws once the peer has ended: its store must not be read any more. */
  readonly goesOn: () => void;
}

/** What became of an offer. Malformed says what of it does not hold. */
export type TakeOutcome = Decoded<{ readonly kind: "taken"; readonly size: number } | Exclude<RangeOutcome, { readonly kind: "verified" }>>;

type Write = ReturnType<IntakeParts["write"]>;

/** One lane, while ranges of it come in. */
interface Coming {
  /** Settles when the next may be verified: in the order in which they came. */
  turn: Promise<void>;
  waiting: number;
  /** Being written. */
  writes: Set<Write>;
  /** What will be held once that is done; nothing where the store has to be asked. */
  ahead: HeldLane | undefined;
}

/** Verifies what is offered and has it written. While one range of a lane is on its way to the disk the next is verified, on
 * what will be there by then. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #lanes = new Map<string, Coming>();
  #bytes = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  async take(offer: RangeOffer): Promise<TakeOutcome> {
    const bytes = offer.blocks.reduce((sum, block) => sum + block.length, 0);
    if (this.#bytes > 0 && this.#bytes + bytes > localBytesMax)
      throw new SinterError("busy", "more is being taken in than this peer may hold", "Await some of it before you offer more.");
    this.#bytes += bytes;
    try {
      for (let attempt = 0; attempt < rangeAttemptsMax; attempt++) {
        const outcome = await this.#attempt(offer);
        if (outcome !== "stale") return outcome;
      }
      throw new SinterError("busy", "the feed keeps changing", "Offer it again later.");
    } finally {
      this.#bytes -= bytes;
    }
  }

  async #attempt(offer: RangeOffer): Promise<TakeOutcome | "stale"> {
    const key = nameOf(offer.checkpoint.place);
    const coming = this.#lanes.get(key) ?? { turn: Promise.resolve(), waiting: 0, writes: new Set<Write>(), ahead: undefined };
    this.#lanes.set(key, coming);
    coming.waiting++;
    const begun = coming.turn.then(() => this.#begin(coming, offer));
    coming.turn = begun.then(
      () => undefined,
      () => undefined,
    );
    try {
      const outcome = await begun;
      if ("written" in outcome) return await this.#end(coming, outcome.written);
      // That it is here is not told before it is sure to stay.
      const isHere = !isMalformed(outcome.kept) && outcome.kept.kind === "held";
      return isHere && (await this.#parts.barrier()) === "lost" ? "stale" : outcome.kept;
    } finally {
      coming.waiting--;
      if (coming.waiting === 0) this.#lanes.delete(key);
    }
  }

  /** Verifies, and hands on what holds without waiting for it. */
  async #begin(coming: Coming, offer: RangeOffer): Promise<{ readonly written: Write } | { readonly kept: TakeOutcome }> {
    const held = await this.#held(coming, offer);
    const verified = await this.#verified(held, offer);
    if (isMalformed(verified) || verified.kind === "differs") this.#vouch(held, offer.checkpoint.place);
    if (isMalformed(verified) || verified.kind !== "verified") return { kept: verified };
    const written = this.#parts.write(verified.range);
    coming.writes.add(written);
    coming.ahead = verified.range.after();
    // Who waits for it hears of a failure; nobody else need.
    written.catch(() => undefined);
    return { written };
  }

  async #end(coming: Coming, written: Write): Promise<TakeOutcome | "stale"> {
    try {
      const notice = await written;
      if (notice.kind === "taken") return { kind: "taken", size: notice.size };
      coming.ahead = undefined;
      return "stale";
    } catch (error) {
      coming.ahead = undefined;
      throw error;
    } finally {
      coming.writes.delete(written);
      if (coming.writes.size === 0) coming.ahead = undefined;
    }
  }

  async #held(coming: Coming, offer: RangeOffer): Promise<HeldLane> {
    const { view, tools, goesOn } = this.#parts;
    const end = offeredEnd(offer);
    if (coming.ahead !== undefined && end >= coming.ahead.size) return coming.ahead;
    await Promise.allSettled(coming.writes);
    goesOn();
    return heldLane(view, tools.hasher, offer.checkpoint.place, end);
  }

  /** A stranger is not to be told of, or blamed for, what our own disk has lost. */
  #vouch(held: HeldLane, place: LanePlace): void {
    const { view, tools, goesOn } = this.#parts;
    goesOn();
    vouchForHeld(view, tools, held, place);
  }

  async #verified(held: HeldLane, offer: RangeOffer): Promise<Decoded<RangeOutcome>> {
    const steps = verifyingRange(this.#parts.tools, held, offer);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await this.#parts.soon();
    }
  }
}

function nameOf({ author, subject, epoch }: LanePlace): string {
  return `${toHex(subject)}/${toHex(author)}/${epoch.index}/${toHex(epoch.nonce)}`;
}
