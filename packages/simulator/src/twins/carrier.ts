import {
  afterSearch,
  answerTo,
  checkpointOf,
  comparePublish,
  comparingOwn,
  countedSize,
  equalBytes,
  ForkSearch,
  forkFromParting,
  forkShown,
  type Hasher,
  heldBranch,
  heldLane,
  isMalformed,
  type LaneEntry,
  type LanePlace,
  LaneReader,
  mmrFrom,
  mmrRoot,
  offeredEnd,
  offeredRange,
  type PublishDecision,
  type RangeOffer,
  type RangeTools,
  type SubjectId,
  sealedRoot,
  VerifiedCheckpoint,
  VerifiedFork,
  verifyRange,
} from "@sinter/core";
import { carryStepsMax } from "../limits.js";
import type { SeededRandom } from "../seeded-random.js";
import type { TwinHost } from "./twin-host.js";

// What one store holds, carried to another: ranges cut anywhere and offered in any order, forks as they are met, and what is
// decided before anything of a lane of ours is published. A sync core in a few lines: nothing is left out but wire and window.

export interface CarrierParts {
  readonly tools: RangeTools;
  readonly random: SeededRandom;
  readonly broken: (what: string) => void;
}

export class Carrier {
  readonly #parts: CarrierParts;
  readonly #hasher: Hasher;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.#hasher = parts.tools.hasher;
  }

  /** All that `from` has to say to `to`; of `some`, each lane only by chance. */
  carry(from: TwinHost, to: TwinHost, howMuch: "all" | "some"): void {
    const { random } = this.#parts;
    const isSaid = () => howMuch === "all" || random.chance(0.7) === "yes";
    if (isSaid()) this.#accuse(from, to);
    const lanes = [...from.view.subjects()].flatMap(({ id }) => [...from.view.lanes(id)].map((entry) => ({ id, entry })));
    for (const { id, entry } of random.shuffled(lanes)) if (isSaid() && this.#isNews(from, to, id, entry)) this.#lane(from, to, id, entry);
  }

  /** Whether the two hold it otherwise: who syncs compares rows first. */
  #isNews(from: TwinHost, to: TwinHost, subject: SubjectId, { author, epoch, number }: LaneEntry): boolean {
    const there = to.view.laneNumber(subject, author, epoch);
    const [mine, theirs] = [from.view.head(number), there === undefined ? undefined : to.view.head(there)];
    if (mine === undefined || theirs === undefined) return mine !== undefined;
    return mine.size !== theirs.size || mine.freezeAt !== theirs.freezeAt || !equalBytes(mine.headId, theirs.headId);
  }

  #accuse(from: TwinHost, to: TwinHost): void {
    for (const proof of [...from.view.forks()]) {
      const fork = VerifiedFork.verify(this.#parts.tools, proof, from.view.keysOf(proof.place.author));
      if (isMalformed(fork)) this.#parts.broken(`a fork that is kept does not hold: ${fork.reason}`);
      else to.ask({ kind: "freeze", fork });
    }
  }

  #lane(from: TwinHost, to: TwinHost, subject: SubjectId, { author, epoch, number }: LaneEntry): void {
    if (from.view.head(number) === undefined) return;
    const place = { author, subject, epoch };
    const isOurs = equalBytes(author, from.identity.author);
    const decision: PublishDecision = isOurs ? this.#decide(from, to, place) : { kind: "publish", from: 1 };
    if (decision.kind === "adopt" || decision.kind === "parted") {
      from.ask({ kind: "giveUp", place, from: decision.from });
      this.#bring(to, from, place);
    } else if (equalBytes(author, to.identity.author)) this.#bring(from, to, place);
    else if (decision.kind === "publish" || decision.kind === "frozen") this.#give(from, to, place);
  }

  // --- what of ours may be published ---

  #decide(mine: TwinHost, theirs: TwinHost, place: LanePlace): PublishDecision {
    const { tools } = this.#parts;
    const here = this.#range(mine, place);
    const there = this.#range(theirs, place);
    if (here === undefined) return { kind: "same" };
    const rootAt = (size: number) => sealedRoot(this.#hasher, here.head, here.source, size);
    const isGivenUp = here.head.freezeAt === 0 && mine.view.givenUp(here.number) !== undefined;
    const standing = isGivenUp ? ("given up" as const) : ("good" as const);
    const lane = { size: here.size, rootAt, freezeAt: here.head.freezeAt, standing };
    if (there === undefined) return comparePublish(this.#hasher, lane, { kind: "nothing" });
    const checkpoint = VerifiedCheckpoint.verify(tools, checkpointOf(this.#hasher, place, there.head), theirs.view.keysOf(place.author));
    if (isMalformed(checkpoint)) throw new Error(checkpoint.reason);
    const decision = comparePublish(this.#hasher, lane, { kind: "sealed", size: there.size, checkpoint });
    if (decision.kind !== "search" || there.head.freezeAt > 0) return decision;
    const found = this.#search(here, there);
    return afterSearch(lane, there, found);
  }

  #range(host: TwinHost, { subject, author, epoch }: LanePlace) {
    const number = host.view.laneNumber(subject, author, epoch);
    const head = number === undefined ? undefined : host.view.head(number);
    if (number === undefined || head === undefined) return undefined;
    const reader = new LaneReader(host.view, this.#hasher, number);
    return { number, head, size: head.size, source: reader.nodes(reader.laneId()) };
  }

  #search(here: Parameters<typeof answerTo>[1], there: Parameters<typeof answerTo>[1]) {
    const peaks = mmrFrom(this.#hasher, there.source, there.size);
    if (peaks === undefined) throw new Error("no peaks");
    const search = ForkSearch.begin(this.#hasher, here, { ...peaks, root: mmrRoot(this.#hasher, peaks) });
    if (isMalformed(search)) throw new Error(search.reason);
    for (;;) {
      const step = search.next();
      if (step.kind !== "ask") return step;
      const taken = search.answer(answerTo(this.#hasher, there, step.question) ?? []);
      if (isMalformed(taken)) throw new Error(taken.reason);
    }
  }

  // --- of another's lane ---

  #give(from: TwinHost, to: TwinHost, place: LanePlace): void {
    const { random, broken } = this.#parts;
    for (let step = 0, next = 1; step < carryStepsMax; step++) {
      const [here, there] = [this.#range(from, place), this.#range(to, place)];
      const counted = here === undefined ? 0 : countedSize(here.head);
      if (here === undefined || next > counted) return;
      const held = there?.size ?? 0;
      // Mostly what is wanted, at times what is there already, or begins too far on.
      const begin = random.chance(0.8) === "yes" ? Math.min(next, held + 1) : 1 + random.below(counted);
      const offer = offeredRange(from.view, this.#hasher, { lane: here.number, from: begin, bytes: random.pick([1, 300, 1e6]) });
      if (offer === undefined) continue;
      const outcome = this.#offered(from, to, offer);
      if (outcome === "ended") return;
      if (outcome !== "gap") next = Math.max(next, offeredEnd(offer) + 1);
    }
    broken(`a lane does not come over in ${carryStepsMax} steps`);
  }

  /** `gap`: it begins too far on. `ended`: there is no more to give. */
  #offered(from: TwinHost, to: TwinHost, offer: RangeOffer): "taken" | "gap" | "ended" {
    const { tools, broken } = this.#parts;
    const { place } = offer.checkpoint;
    const held = heldLane(to.view, this.#hasher, place, offeredEnd(offer));
    const outcome = verifyRange(tools, held, offer);
    if (isMalformed(outcome)) {
      if (/^a range from seq/.test(outcome.reason)) return "gap";
      broken(`an honest offer is refused: ${outcome.reason}`);
      return "ended";
    }
    if (outcome.kind === "held") return "taken";
    if (outcome.kind === "frozen") return "ended";
    if (outcome.kind === "differs") return this.#differs(from, to, offer, outcome);
    const answer = to.ask({ kind: "take", range: outcome.range });
    return answer?.kind === "taken" ? "taken" : answer === undefined ? "ended" : "gap";
  }

  #differs(from: TwinHost, to: TwinHost, { checkpoint }: RangeOffer, outcome: Parameters<typeof forkShown>[3]): "ended" {
    const { tools, broken } = this.#parts;
    const [here, there] = [this.#range(from, checkpoint.place), this.#range(to, checkpoint.place)];
    if (here === undefined || there === undefined) throw new Error("it differs from nothing");
    const shown = forkShown(to.view, tools, there.number, outcome);
    const fork = shown === "elsewhere" ? this.#searched(from, to, checkpoint.place) : shown;
    if (isMalformed(fork)) broken(`two histories, and no fork: ${fork.reason}`);
    else if (fork !== undefined) to.ask({ kind: "freeze", fork });
    return "ended";
  }

  /** Where the range does not show where they part, it is asked for. */
  #searched(from: TwinHost, to: TwinHost, place: LanePlace) {
    const [here, there] = [this.#range(to, place), this.#range(from, place)];
    if (here === undefined || there === undefined) throw new Error("it differs from nothing");
    const found = this.#search(here, there);
    if (found.kind !== "parting") return undefined;
    const { at } = found.parting.mine;
    const [mine, theirs] = [heldBranch(to.view, this.#hasher, here.number, at), heldBranch(from.view, this.#hasher, there.number, at)];
    return VerifiedFork.verify(this.#parts.tools, forkFromParting(place, mine, theirs), from.view.keysOf(place.author));
  }

  // --- of a lane of the taker's own ---

  /** What `from` holds of it comes to a store of its author, in the place of what that has given up. */
  #bring(from: TwinHost, to: TwinHost, place: LanePlace): void {
    const here = this.#range(from, place);
    const offer = here && offeredRange(from.view, this.#hasher, { lane: here.number, from: 1, bytes: 1e9, withdrawn: "offered" });
    if (offer === undefined) return;
    for (let attempt = 0; attempt < 4; attempt++) {
      const outcome = this.#own(to, offer);
      if (outcome.kind !== "comes") return;
      const there = this.#range(to, place);
      const isWritten = equalBytes(place.epoch.nonce, to.view.store()?.instance ?? new Uint8Array(0));
      if (outcome.from <= (there?.size ?? 0) || isWritten) to.ask({ kind: "giveUp", place, from: outcome.from });
      const again = this.#own(to, offer);
      if (again.kind !== "comes") return;
      if (to.ask({ kind: "take", range: again.range })?.kind !== "stale") return;
    }
  }

  #own(to: TwinHost, offer: RangeOffer) {
    const steps = comparingOwn(to.view, this.#parts.tools, offer);
    for (;;) {
      const step = steps.next();
      if (!step.done) continue;
      if (isMalformed(step.value)) throw new Error(step.value.reason);
      return step.value;
    }
  }
}
