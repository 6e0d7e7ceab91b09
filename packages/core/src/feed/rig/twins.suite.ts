import { Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { subjectId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { mmrFrom } from "../../proof/mmr-source.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import type { LaneEntry } from "../lane/feed-view.js";
import { countedSize } from "../lane/freeze.js";
import { LaneReader } from "../lane/lane-reader.js";
import { eventsInOrder, type StoredEvent } from "../lane/subject-reader.js";
import { checkpointOf, offeredRange } from "../range/offered-range.js";
import { comparingOwn, type OwnOutcome, sealedRoot } from "../range/own-range.js";
import type { RangeOffer } from "../range/verified-range.js";
import { type LanePlace, VerifiedCheckpoint } from "../seal/checkpoint.js";
import { VerifiedFork } from "../seal/fork-proof.js";
import { answerTo, ForkSearch } from "../seal/fork-search.js";
import { afterSearch, comparePublish, type PublishDecision } from "../write/compare-publish.js";
import type { FeedCommand, FeedNotice, FeedWrite } from "../write/feed-vocabulary.js";
import { hasher, network, parts, pathOf, type Rig, type RigTurn } from "./feed-rig.suite.js";
import { meet } from "./forked-stores.suite.js";
import { cutLane, rangeTools } from "./offered-lane.suite.js";

// Stores of one author that come of one another, replicas, and links between them that say what a link is to say, in the order
// that it is to be decided: a sync core in a few lines, with nothing left out but the waiting.

const subject = subjectId(hasher, network, pathOf("s"));

/** Stores of one author at a time in a random test. */
export const twinsMax = 4;

export function copyOf(rig: Rig): MemoryKeys {
  const keys = new MemoryKeys();
  keys.restore(rig.keys.snapshot());
  return keys;
}

/** A turn, and all that the core then asks for by itself. */
export function run(rig: Rig, ...commands: readonly FeedCommand[]): readonly FeedNotice[] {
  const notices = [...committed(rig, rig.feed(...commands))];
  for (let turns = 0; rig.returnAt !== undefined; turns++) {
    if (turns > 1_000) throw new Error("it never ends");
    notices.push(...committed(rig, rig.goOn()));
  }
  return notices;
}

/** Stores that lose their next turn. */
export const losing = new Set<Rig>();

function committed(rig: Rig, turn: RigTurn<FeedNotice, FeedWrite>): readonly FeedNotice[] {
  if (losing.delete(rig)) {
    rig.start();
    return [];
  }
  turn.commit();
  return turn.notices;
}

let timeMs = 1_800_000_000_000;

/** It is a moment later than anything before. */
export function later(rig: Rig): void {
  timeMs += 1_000;
  rig.wallMs = timeMs;
}

/** A moment later than anything before. Answers whether it was acknowledged. */
export function append(rig: Rig, ...texts: readonly string[]): boolean {
  later(rig);
  return committed(rig, rig.feed(rig.command("s", ...texts.map((text) => parts(text))))).length > 0;
}

/** The events that count, in order. */
export function events(rig: Rig): StoredEvent[] {
  const spans = [...rig.view.lanes(subject)].map((entry) => {
    const head = rig.view.head(entry.number);
    return { entry, next: 1, end: 1 + (head === undefined ? 0 : countedSize(head)) };
  });
  return [...eventsInOrder(rig.view, hasher, subject, spans)].filter(({ kind }) => kind >= 128);
}

export function texts(rig: Rig): string[] {
  return events(rig).map(textOf);
}

/** What an event says, or why that is not here. */
function textOf({ payload }: StoredEvent): string {
  return typeof payload === "string" ? `(${payload})` : new TextDecoder().decode(payload);
}

/** All that lies in a store, whether or not it counts. */
export function lying(rig: Rig): Set<string> {
  const spans = [...rig.view.lanes(subject)].map((entry) => ({ entry, next: 1, end: 1 + (rig.view.head(entry.number)?.size ?? 0) }));
  const found = [...eventsInOrder(rig.view, hasher, subject, spans)].filter(({ kind }) => kind >= 128);
  return new Set(found.map(textOf));
}

/** Epoch index, frozen or not, number of events: of each lane of the first author. */
export function lanes(rig: Rig): string[] {
  return [...rig.view.lanes(subject)].map(({ number, epoch }) => {
    const head = rig.view.head(number);
    return `${epoch.index}: ${head?.size}${head?.freezeAt ? ` frozen at ${head.freezeAt}` : ""}`;
  });
}

// --- a link ---

/** What `from` has to say to `to`, said. */
export function pass(from: Rig, to: Rig): void {
  for (const rig of [from, to]) rig.wallMs = Math.max(rig.wallMs, timeMs);
  for (const proof of [...from.view.forks()]) {
    const fork = VerifiedFork.verify(rangeTools, proof, from.view.keysOf(proof.place.author));
    if (fork instanceof Malformed) throw new Error(fork.reason);
    run(to, { kind: "freeze", token: 0, fork });
  }
  for (const entry of [...from.view.lanes(subject)]) passLane(from, to, entry);
}

/** Some events of one of the lanes that `from` has, whichever these numbers come to: what a replica is offered in the midst of all
 * else. Where they begin too far on, or are another history before they do, it asks for others. */
export function passPiece(from: Rig, to: Rig, piece: { readonly lane: number; readonly first: number; readonly count: number }): void {
  for (const rig of [from, to]) rig.wallMs = Math.max(rig.wallMs, timeMs);
  const held = [...from.view.lanes(subject)].filter(({ number }) => from.view.head(number) !== undefined);
  const entry = held[piece.lane % held.length];
  const head = entry && from.view.head(entry.number);
  if (entry === undefined || head === undefined) return;
  const isOwn = equalBytes(entry.author, to.author);
  const end = isOwn ? head.size : countedSize(head);
  const first = 1 + (piece.first % head.size);
  if (first > end) return;
  const offer = cutLane(from, entry.number, { from: first, to: Math.min(end, first + piece.count), perBlock: 3 });
  if (!isOwn) return void meet(to, offer);
  if (heldOf(to, offer) + 1 >= first) takeOwn(to, offer);
}

function heldOf({ view }: Rig, { checkpoint: { place } }: RangeOffer): number {
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  return number === undefined ? 0 : (view.head(number)?.size ?? 0);
}

export function exchange(...rigs: readonly Rig[]): void {
  for (let round = 0; ; round++) {
    const before = rigs.map((rig) => lanes(rig).join()).join(";");
    for (const from of rigs) for (const to of rigs) if (from !== to) pass(from, to);
    if (before === rigs.map((rig) => lanes(rig).join()).join(";")) return;
    if (round > 40) throw new Error("it never ends");
  }
}

function passLane(from: Rig, to: Rig, entry: LaneEntry): void {
  if (from.view.head(entry.number) === undefined) return;
  const place = { author: entry.author, subject, epoch: entry.epoch };
  const decision = equalBytes(entry.author, from.author) ? decide(from, to, place) : { kind: "publish", from: 1 };
  if (decision.kind === "adopt" || decision.kind === "parted") {
    run(from, { kind: "giveUp", token: 0, place, from: decision.from });
    bring(to, from, place);
  } else if (equalBytes(place.author, to.author)) bring(from, to, place);
  else if (decision.kind === "publish" || decision.kind === "frozen") give(from, to, place);
}

/** What is decided before anything of a lane of our own is published. */
export function decide(mine: Rig, theirs: Rig, place: LanePlace): PublishDecision {
  const number = mine.view.laneNumber(place.subject, place.author, place.epoch) as number;
  const head = mine.view.head(number);
  if (head === undefined) return { kind: "same" };
  const reader = new LaneReader(mine.view, hasher, number);
  const source = reader.nodes(reader.laneId());
  const rootAt = (size: number) => sealedRoot(hasher, head, source, size);
  const isGivenUp = head.freezeAt === 0 && mine.view.givenUp(number) !== undefined;
  const lane = { size: head.size, rootAt, freezeAt: head.freezeAt, standing: isGivenUp ? "given up" : "good" } as const;
  const there = theirs.view.laneNumber(place.subject, place.author, place.epoch);
  const held = there === undefined ? undefined : theirs.view.head(there);
  if (there === undefined || held === undefined) return comparePublish(hasher, lane, { kind: "nothing" });
  const checkpoint = VerifiedCheckpoint.verify(rangeTools, checkpointOf(hasher, place, held), theirs.view.keysOf(place.author));
  if (checkpoint instanceof Malformed) throw new Error(checkpoint.reason);
  const decision = comparePublish(hasher, lane, { kind: "sealed", size: held.size, checkpoint });
  if (decision.kind !== "search" || held.freezeAt > 0) return decision;
  const other = new LaneReader(theirs.view, hasher, there);
  return afterSearch(lane, held, searched({ source, size: head.size }, { source: other.nodes(other.laneId()), size: held.size }));
}

type Searched = Parameters<typeof answerTo>[1];

function searched(mine: Searched, theirs: Searched): Parameters<typeof afterSearch>[2] {
  const peaks = mmrFrom(hasher, theirs.source, theirs.size);
  if (peaks === undefined) throw new Error("no peaks");
  const search = ForkSearch.begin(hasher, mine, { ...peaks, root: mmrRoot(hasher, peaks) });
  if (search instanceof Malformed) throw new Error(search.reason);
  for (;;) {
    const step = search.next();
    if (step.kind !== "ask") return step;
    const answer = search.answer(answerTo(hasher, theirs, step.question) ?? []);
    if (answer instanceof Malformed) throw new Error(answer.reason);
  }
}

function give(from: Rig, to: Rig, place: LanePlace): void {
  const number = from.view.laneNumber(place.subject, place.author, place.epoch) as number;
  const offer = offeredRange(from.view, hasher, { lane: number, from: 1, bytes: 1e9 });
  if (offer !== undefined) meet(to, offer);
}

/** What `from` holds of a lane goes to a store of its author, withdrawn or not. */
function bring(from: Rig, to: Rig, place: LanePlace): void {
  const number = from.view.laneNumber(place.subject, place.author, place.epoch);
  const offer =
    number === undefined ? undefined : offeredRange(from.view, hasher, { lane: number, from: 1, bytes: 1e9, withdrawn: "offered" });
  if (offer !== undefined) takeOwn(to, offer);
}

/** Gives up what differs, and takes what comes in its place. */
export function takeOwn(rig: Rig, offer: RangeOffer): string {
  const { place } = offer.checkpoint;
  for (let attempt = 0; attempt < 4; attempt++) {
    const outcome = compared(rig, offer);
    if (outcome.kind !== "comes") return outcome.kind;
    if (outcome.from <= heldOf(rig, offer) || equalBytes(place.epoch.nonce, rig.instance))
      run(rig, { kind: "giveUp", token: 7, place, from: outcome.from });
    const again = compared(rig, offer);
    if (again.kind !== "comes") return again.kind;
    const [notice] = run(rig, { kind: "take", token: 8, range: again.range });
    if (notice?.kind !== "stale") return notice?.kind ?? "nothing";
  }
  return "stale";
}

export function compared(rig: Rig, offer: RangeOffer): OwnOutcome {
  const steps = comparingOwn(rig.view, rangeTools, offer);
  for (;;) {
    const step = steps.next();
    if (!step.done) continue;
    if (step.value instanceof Malformed) throw new Error(step.value.reason);
    return step.value;
  }
}
