import { forksOfUnknownLanesMax } from "../../bytes/limits.js";
import type { Effect } from "../../protocol/protocol.js";
import { authorKey } from "../../store/keys.js";
import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { compareForks, countedEnd, countedSize } from "../lane/freeze.js";
import type { VerifiedFork } from "../seal/fork-proof.js";
import type { FeedVocabulary, Freeze, Refusal } from "./feed-vocabulary.js";

// What the feed core writes when it is shown a fork: the proof, the keys it is checked with, and where the lane is held, that
// it is frozen. All of it is one commit, so that no head is frozen without a proof.

export interface Freezing {
  readonly freeze: Freeze;
  /** Where it is held: its number, and how many of its events held count. */
  readonly held: { readonly lane: number; readonly counted: number } | undefined;
  /** By how many there are more forks of lanes of which nothing is held. */
  readonly unknown: 0 | 1;
  readonly effects: readonly Effect<FeedVocabulary>[];
}

/** `known`: what is kept decides already. */
export function freezing(fork: VerifiedFork, view: FeedView, unknownForks: () => number): Refusal | "known" | Freezing {
  const { lane, forkedAt: freezeAt, keys } = fork;
  const { place } = fork.proof;
  const kept = view.fork(lane);
  if (kept !== undefined && compareForks(kept, fork.proof) <= 0) return "known";
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  const unknown = number === undefined && kept === undefined ? 1 : 0;
  if (unknown === 1 && unknownForks() >= forksOfUnknownLanesMax)
    return { code: "too-large", reason: "too many forks of feeds that are not here", fix: "Offer it again once its feed is here." };
  const head = number === undefined ? undefined : view.head(number);
  const effects: Effect<FeedVocabulary>[] = [];
  if (view.keys.peek(authorKey(place.author)) === undefined)
    effects.push({ kind: "write", write: { kind: "author", author: place.author, keys } });
  const held = number === undefined || head === undefined ? undefined : { lane: number, head: { ...head, freezeAt } };
  effects.push({ kind: "write", write: { kind: "fork", fork, held } });
  if (held !== undefined && head?.freezeAt !== freezeAt && !view.isChanged(held.lane))
    effects.push({ kind: "write", write: { kind: "changed", lane: held.lane } });
  const wasFrozenAt = head?.freezeAt ?? kept?.forkedAt ?? 0;
  const to = Math.min(head?.size ?? 0, countedEnd(wasFrozenAt));
  const withdrawn = to < freezeAt ? undefined : { from: freezeAt, to };
  return {
    freeze: { place, path: view.subject(place.subject), freezeAt, wasFrozenAt, withdrawn },
    held: held && { lane: held.lane, counted: countedSize(held.head) },
    unknown,
    effects,
  };
}

/** Forks kept of lanes of which nothing is held: all that are kept are read. */
export function countUnknownForks(view: FeedView): number {
  let count = 0;
  for (const { place } of view.forks()) if (view.laneNumber(place.subject, place.author, place.epoch) === undefined) count++;
  return count;
}

/** A store that cannot be read writes nothing on top of that. */
export function unlessDamaged<T>(read: () => T): T | Refusal {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DamagedStore)) throw error;
    return { code: "corrupt", reason: error.message, fix: "Run sinter audit to see what else is wrong." };
  }
}
