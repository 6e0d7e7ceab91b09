import { epochsPerFeedMax } from "../../bytes/limits.js";
import { equalBytes } from "../../bytes/order.js";
import { type HybridClock, isFuture } from "../../clock/hybrid-clock.js";
import type { Hasher } from "../../identity/crypto.js";
import type { AuthorId } from "../../identity/ids.js";
import type { Effect } from "../../protocol/protocol.js";
import { authorKey, blockKey } from "../../store/keys.js";
import { absentIn, blockFirstSeq, eventOffset, eventOffsets } from "../event/block.js";
import { stampAt } from "../event/event.js";
import { hasOrigins } from "../event/origin.js";
import { redactedSeqs } from "../lane/absence.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import type { HeldLane } from "../lane/held-lane.js";
import type { VerifiedRange } from "../range/verified-range.js";
import { cutting } from "./cut-lane.js";
import type { FeedVocabulary, Refusal } from "./feed-vocabulary.js";
import { bringing, type Replacement, replacing, writtenHere } from "./take-own.js";

// What the feed core asks and writes when it takes a verified range. That its events are right was settled beforehand; here
// it is seen whether the lane is still the one they were verified against.

/** The lane that a range goes to, by its number here. */
export interface LaneTaking {
  readonly number: number;
  readonly lane: "new" | "known";
  /** Of a lane of our own author that is to be as others have it, and of one that is to end where it is frozen. */
  readonly replacement?: Replacement | undefined;
}

export interface TakingParts {
  readonly view: FeedView;
  /** Of this store. */
  readonly author: AuthorId;
  readonly instance: Uint8Array;
  readonly nextLane: number;
  readonly hasher: Hasher;
}

export function laneTaking(
  range: VerifiedRange,
  { view, author, instance, nextLane, hasher }: TakingParts,
): Refusal | "stale" | LaneTaking {
  const { place, path, held } = range;
  // What others know of a lane that we write is compared before we publish; to take it would be to sign on behind it.
  const isOwn = equalBytes(place.author, author);
  const refusal = isOwn ? writtenHere(range, instance) : undefined;
  if (refusal !== undefined) return refusal;
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  if (number === undefined) {
    const freezeAt = view.freezeAt(range.lane);
    if (held.size > 0 || (held.freezeAt !== freezeAt && !isOwn)) return "stale";
    const replacement = held.freezeAt === freezeAt ? undefined : bringing(range, freezeAt);
    const epochs = [...view.lanes(place.subject, place.author)].length;
    if (epochs < epochsPerFeedMax) return { number: nextLane, lane: "new", replacement };
    return { code: "too-large", reason: `${path} has ${epochs} epochs of one author`, fix: "No more are taken of a feed." };
  }
  const head = view.head(number);
  if (head === undefined) throw new DamagedStore(`head of lane ${number}`, "it is missing");
  const isSame = head.size === held.size && equalBytes(head.headId, held.headId);
  if (isOwn && (head.size !== held.size || head.freezeAt !== held.freezeAt)) {
    const replacement = replacing(range, view, hasher, { number, head });
    return replacement === "stale" ? "stale" : { number, lane: "known", replacement };
  }
  if (isSame && head.freezeAt === held.freezeAt && hasTail(view, number, held)) return { number, lane: "known" };
  const cut = isOwn || isSame ? "stale" : cutting(range, view, hasher, { number, head });
  return cut === "stale" ? "stale" : { number, lane: "known", replacement: cut };
}

/** Whether what is here of the last block's payloads is what it was: the range may lay that block out anew. */
function hasTail(view: FeedView, lane: number, { tail }: HeldLane): boolean {
  if (tail === undefined) return true;
  const stored = view.keys.peek(blockKey(lane, blockFirstSeq(tail)));
  return stored !== undefined && absentIn(stored).join() === absentIn(tail).join();
}

/** Whether a range lacks payloads, or some may have to go with it: those that its events redact, or of events that were redacted
 * before they came, be it where they first stood. */
export function bearsOnPayloads({ place, lane, held, head, blocks, redactions }: VerifiedRange, view: FeedView): boolean {
  if (redactions.length > 0 || blocks.some(({ bytes }) => absentIn(bytes).length > 0)) return true;
  if (place.epoch.index > 0 && blocks.some(({ bytes }) => hasOrigins(bytes))) return true;
  return redactedSeqs(view, lane, held.size + 1, head.size).next().done === false;
}

export function takenWrites(
  { number, lane, replacement }: LaneTaking,
  range: VerifiedRange,
  view: FeedView,
): readonly Effect<FeedVocabulary>[] {
  const { place, path } = range;
  const { author, subject, epoch } = place;
  const effects: Effect<FeedVocabulary>[] = [];
  // With an author's first lane; and again where they were lost: a hybrid author's cannot be told from its id.
  if (view.keys.peek(authorKey(author)) === undefined) effects.push({ kind: "write", write: { kind: "author", author, keys: range.keys } });
  if (lane === "new") effects.push({ kind: "write", write: { kind: "lane", lane: number, subject, path, author, epoch } });
  if (replacement === undefined) effects.push({ kind: "write", write: { kind: "taken", lane: number, range } });
  else effects.push({ kind: "write", write: { kind: "replaced", lane: number, range, ...replacement } });
  if (!view.isChanged(number)) effects.push({ kind: "write", write: { kind: "changed", lane: number } });
  return effects;
}

/** What we write next stands behind all that we hold, but for what is from the future: that waits, and does not move our clock. */
export function observeStamps(clock: HybridClock, { head, blocks }: VerifiedRange, wallMs: number): void {
  if (clock.observe(head.stamp, wallMs) === "taken") return;
  const block = blocks.findLast(({ bytes }) => !isFuture(stampAt(bytes, eventOffset(bytes, 0)), wallMs));
  if (block === undefined) return;
  for (const offset of eventOffsets(block.bytes)) clock.observe(stampAt(block.bytes, offset), wallMs);
}
