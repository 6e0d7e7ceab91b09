import { rangeAttemptsMax } from "../bytes/limits.js";
import { type Decoded, isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import { lostSpan } from "../feed/lane/lost-span.js";
import { comparingOwn } from "../feed/range/own-range.js";
import { offeredEnd, type RangeOffer, type RangeTools, type VerifiedRange } from "../feed/range/verified-range.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import type { FeedNotice, Returned } from "../feed/write/feed-vocabulary.js";
import { SinterError } from "./sinter-error.js";

export interface OwnIntakeParts {
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
  /** Resolves once what is given up is appended again. */
  readonly giveUp: (place: LanePlace, from: number) => Promise<Returned>;
}

export interface Taken {
  readonly kind: "taken";
  readonly size: number;
  readonly displaced?: Displaced;
}

/** What was here of a feed of this store's own in the place of what was taken. */
export interface Displaced {
  /** The first seq that is another event now. */
  readonly from: number;
  /** Events of the application's that count again in a new epoch. */
  readonly reappended: number;
}

/** Malformed says what of an offer does not hold. */
export type OwnTaken = Decoded<Taken | { readonly kind: "held" }>;

/** One after the other: what comes next is held against what was taken before. */
export class OwnIntake {
  readonly #parts: OwnIntakeParts;
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: OwnIntakeParts) {
    this.#parts = parts;
  }

  take(offer: RangeOffer): Promise<OwnTaken> {
    const taken = this.#before.then(() => takeOwn(this.#parts, offer));
    this.#before = taken.catch(() => undefined);
    return taken;
  }
}

/** Takes what others hold of a feed of this store's own author. Where it is another than what is here, what is here is appended
 * again in a new epoch, and theirs comes in its place: so nothing that was never published becomes a fork. */
async function takeOwn(parts: OwnIntakeParts, offer: RangeOffer): Promise<OwnTaken> {
  const { view, write, barrier, goesOn } = parts;
  const { place } = offer.checkpoint;
  let displaced: Displaced | undefined;
  for (let attempt = 0; attempt < rangeAttemptsMax; ) {
    goesOn();
    const outcome = await compared(parts, offer);
    if (isMalformed(outcome)) {
      await vouchForOwn(parts, place);
      return outcome;
    }
    if (outcome.kind === "elsewhere")
      throw new SinterError(
        "usage",
        "a range of this store's own feed that parts from it before it begins",
        "Offer it from where they part.",
      );
    if (outcome.kind === "held") {
      if ((await barrier()) === "passed") return outcome;
      attempt++;
      continue;
    }
    goesOn();
    const number = view.laneNumber(place.subject, place.author, place.epoch);
    const size = number === undefined ? 0 : (view.head(number)?.size ?? 0);
    if (outcome.from <= size) await vouchForOwn(parts, place);
    if (outcome.from <= size || isWritten(parts, place)) {
      const { events } = await parts.giveUp(place, outcome.from);
      if (outcome.from <= size) displaced = { from: outcome.from, reappended: events };
    }
    const notice = await write(outcome.range);
    // It may come in parts: the rest goes on from there.
    if (notice.kind === "stale") attempt++;
    else if (notice.size >= offeredEnd(offer)) return { kind: "taken", size: notice.size, ...(displaced && { displaced }) };
  }
  throw new SinterError("busy", "the feed keeps changing", "Offer it again later.");
}

/** Throws where the disk has lost some of the lane: that is nobody's fault who offers it, and what stands there now is not ours to append again. */
async function vouchForOwn({ view, tools, soon, goesOn }: OwnIntakeParts, place: LanePlace): Promise<void> {
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  if (number === undefined) return;
  const steps = lostSpan(view, tools, number);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    await soon();
    goesOn();
  }
  const lost = step.value;
  if (lost !== undefined) throw new DamagedStore(`lane ${number}`, `events ${lost.from} to ${lost.to} are not those that it had`);
}

function isWritten({ view }: OwnIntakeParts, { epoch }: LanePlace): boolean {
  return equalBytes(epoch.nonce, view.store()?.instance ?? new Uint8Array(0));
}

async function compared({ view, tools, soon, goesOn }: OwnIntakeParts, offer: RangeOffer) {
  const steps = comparingOwn(view, tools, offer);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await soon();
    goesOn();
  }
}
