import { epochsPerFeedMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import { type HybridClock, isFuture } from "../clock/hybrid-clock.js";
import type { AuthorId } from "../identity/ids.js";
import type { Effect } from "../protocol/protocol.js";
import { authorKey } from "../store/keys.js";
import { blockHeaderBytes, eventOffsets } from "./block.js";
import { stampAt } from "./event.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import type { FeedVocabulary, Refusal } from "./feed-vocabulary.js";
import type { VerifiedRange } from "./verified-range.js";

// What the feed core asks and writes when it takes a verified range. That its events are right was settled beforehand; here
// it is seen whether the lane is still the one they were verified against.

/** The lane that a range goes to, by its number here. */
export interface LaneTaking {
  readonly number: number;
  readonly lane: "new" | "known";
}

export interface TakingParts {
  readonly view: FeedView;
  /** Of this store. */
  readonly author: AuthorId;
  readonly nextLane: number;
}

export function laneTaking(range: VerifiedRange, { view, author, nextLane }: TakingParts): Refusal | "stale" | LaneTaking {
  const { place, path, held } = range;
  // What others know of our own feeds is compared before we publish; to write it here would be to sign on behind it.
  if (equalBytes(place.author, author))
    return { code: "usage", reason: `events of this store's own author in ${path}`, fix: "Take in only what others wrote." };
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  if (number === undefined) {
    if (held.size > 0) return "stale";
    const epochs = [...view.lanes(place.subject, place.author)].length;
    if (epochs < epochsPerFeedMax) return { number: nextLane, lane: "new" };
    return { code: "too-large", reason: `${path} has ${epochs} epochs of one author`, fix: "No more are taken of a feed." };
  }
  const head = view.head(number);
  if (head === undefined) throw new DamagedStore(`head of lane ${number}`, "it is missing");
  const isSame = head.size === held.size && equalBytes(head.headId, held.headId);
  return isSame && head.freezeAt === held.freezeAt ? { number, lane: "known" } : "stale";
}

export function takenWrites({ number, lane }: LaneTaking, range: VerifiedRange, view: FeedView): readonly Effect<FeedVocabulary>[] {
  const { place, path } = range;
  const { author, subject, epoch } = place;
  const effects: Effect<FeedVocabulary>[] = [];
  if (lane === "new") {
    if (view.keys.peek(authorKey(author)) === undefined)
      effects.push({ kind: "write", write: { kind: "author", author, keys: range.keys } });
    effects.push({ kind: "write", write: { kind: "lane", lane: number, subject, path, author, epoch } });
  }
  effects.push({ kind: "write", write: { kind: "taken", lane: number, range } });
  if (!view.isChanged(number)) effects.push({ kind: "write", write: { kind: "changed", lane: number } });
  return effects;
}

/** What we write next stands behind all that we hold, but for what is from the future: that waits, and does not move our clock. */
export function observeStamps(clock: HybridClock, { head, blocks }: VerifiedRange, wallMs: number): void {
  if (clock.observe(head.stamp, wallMs) === "taken") return;
  const block = blocks.findLast(({ bytes }) => !isFuture(stampAt(bytes, blockHeaderBytes), wallMs));
  if (block === undefined) return;
  for (const offset of eventOffsets(block.bytes)) clock.observe(stampAt(block.bytes, offset), wallMs);
}
