import { toHex } from "../bytes/hex.js";
import { localBytesMax, rangeAttemptsMax, rangeRedactionsMax } from "../bytes/limits.js";
import { type Decoded, isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { type HeldLane, heldLane } from "../feed/lane/held-lane.js";
import { vouchForHeld } from "../feed/lane/sound-lane.js";
import { forkShown } from "../feed/range/fork-parting.js";
import { type Differs, offeredEnd, type RangeOffer, type RangeOutcome, verifyingRange } from "../feed/range/verified-range.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import { encodeForkProof } from "../feed/seal/fork-proof.js";
import { bearsOnPayloads } from "../feed/write/take-range.js";
import type { AuthorId } from "../identity/ids.js";
import type { Freezes } from "./forks.js";
import { OwnIntake, type OwnIntakeParts, type Taken } from "./own-intake.js";
import { SinterError } from "./sinter-error.js";

export interface IntakeParts extends OwnIntakeParts {
  /** Of this store. */
  readonly author: AuthorId;
  readonly freeze: Freezes;
}

/** What became of an offer. Malformed says what of it does not hold. */
export type TakeOutcome = Decoded<
  | Taken
  /** It showed that the author signed two histories, and from which event on: the proof is kept, and the feed is frozen. */
  | { readonly kind: "forked"; readonly forkedAt: number; readonly proof: Uint8Array }
  | Exclude<RangeOutcome, { readonly kind: "verified" }>
>;

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
  readonly #own: OwnIntake;
  readonly #lanes = new Map<string, Coming>();
  #bytes = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#own = new OwnIntake(parts);
  }

  async take(offer: RangeOffer): Promise<TakeOutcome> {
    const bytes = offer.blocks.reduce((sum, block) => sum + block.length, 0);
    if (this.#bytes > 0 && this.#bytes + bytes > localBytesMax)
      throw new SinterError("busy", "more is being taken in than this peer may hold", "Await some of it before you offer more.");
    this.#bytes += bytes;
    try {
      if (equalBytes(offer.checkpoint.place.author, this.#parts.author)) return await this.#own.take(offer);
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
      if (outcome.kept === "stale") return "stale";
      // That it is here is not told before it is sure to stay.
      const isHere = !isMalformed(outcome.kept) && outcome.kept.kind === "held";
      return isHere && (await this.#parts.barrier()) === "lost" ? "stale" : outcome.kept;
    } finally {
      coming.waiting--;
      if (coming.waiting === 0) this.#lanes.delete(key);
    }
  }

  /** Verifies, and hands on what holds without waiting for it. */
  async #begin(coming: Coming, offer: RangeOffer): Promise<{ readonly written: Write } | { readonly kept: TakeOutcome | "stale" }> {
    const held = await this.#held(coming, offer);
    const verified = await this.#verified(held, offer);
    if (isMalformed(verified) || verified.kind === "differs") this.#vouch(held, offer.checkpoint.place);
    if (!isMalformed(verified) && verified.kind === "differs") return { kept: await this.#differs(coming, held, verified) };
    if (isMalformed(verified) || verified.kind !== "verified") return { kept: verified };
    const { range } = verified;
    this.#parts.goesOn();
    // What payloads it drops may be its own: what will be held is known once they are.
    const ahead = bearsOnPayloads(range, this.#parts.view) ? undefined : range.after();
    const written = this.#parts.write(range);
    coming.writes.add(written);
    coming.ahead = ahead;
    // Who waits for it hears of a failure; nobody else need.
    written.catch(() => undefined);
    if (range.redactions.length < rangeRedactionsMax || range.head.size === offeredEnd(offer)) return { written };
    // It was taken in part: the rest goes on from there.
    const outcome = await this.#end(coming, written);
    return outcome === "stale" ? { kept: "stale" } : await this.#begin(coming, offer);
  }

  /** Where the range itself shows from which event on it differs, the author is proven to have signed both. */
  async #differs(coming: Coming, held: HeldLane, differs: Differs): Promise<TakeOutcome | "stale"> {
    const { view, tools, goesOn, freeze } = this.#parts;
    const { author, subject, epoch } = differs.checkpoint.checkpoint.place;
    // The proof is made of what the store has, and not of what is on its way there.
    await Promise.allSettled(coming.writes);
    goesOn();
    const lane = view.laneNumber(subject, author, epoch);
    if (lane === undefined || (view.head(lane)?.size ?? 0) < held.size) return "stale";
    const shown = forkShown(view, tools, lane, differs);
    if (isMalformed(shown)) return shown;
    if (shown === "elsewhere") return differs;
    await freeze(shown);
    return { kind: "forked", forkedAt: shown.forkedAt, proof: encodeForkProof(shown.proof) };
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
