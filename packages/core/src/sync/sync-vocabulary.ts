import type { FeedView } from "../feed/lane/feed-view.js";
import type { LostSpan } from "../feed/lane/lost-span.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import type { HybridKeys } from "../identity/author-keys.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId, NetworkId, SpaceId, SubjectId } from "../identity/ids.js";
import type { DisconnectCause, Effect, Instant, PeerId, Random, Vocabulary } from "../protocol/protocol.js";
import type { ReconcilerName, SyncMessage } from "./messages.js";
import type { SeenLanes } from "./seen-lanes.js";

// The words of the sync core.

export interface SyncKnobs {
  /** Of a piece of a stream. */
  readonly chunkBytes: number;
  /** Pieces of one stream that may be under way. */
  readonly windowChunks: number;
  /** What is not answered is said again after this long. */
  readonly retransMs: number;
  readonly heartbeatMs: number;
  /** A peer that is silent this long is suspected to be gone: nothing is begun with it until it is heard of. */
  readonly suspectMs: number;
  /** Between two sessions with a peer with whom nothing seems to differ. */
  readonly intervalMs: number;
  /** One to use whatever it costs. */
  readonly reconciler: ReconcilerName | undefined;
}

export const defaultKnobs: SyncKnobs = {
  chunkBytes: 64 * 1024,
  windowChunks: 16,
  retransMs: 2_000,
  heartbeatMs: 750,
  suspectMs: 2_250,
  intervalMs: 7_000,
  reconciler: undefined,
};

/** A space, or one subject of it, that this peer wants. */
export interface Wish {
  readonly space: SpaceId;
  readonly subject: SubjectId | undefined;
}

/** A subject by itself. */
export type SubjectWish = Wish & { readonly subject: SubjectId };

/** One subject, by what the links have told of it. */
export interface SubjectStanding {
  /** Feeds of which some peer has told more than is here. */
  readonly behind: number;
  /** Feeds that some peer has not said that it holds as they are here. */
  readonly ahead: number;
  /** Peers with whom it is shared, and whose roots were not equal to ours when they were last compared, or never were. */
  readonly unsettled: number;
  /** Peers with whom it is not shared, although other things may be. */
  readonly apart: readonly PeerId[];
}

export interface SyncOptions {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  /** This peer, as its links know it. */
  readonly self: PeerId;
  /** Of this store. */
  readonly author: AuthorId;
  /** Of sketches, and of no use to who does not know the network's secret. 16 bytes. */
  readonly salt: Uint8Array;
  /** `all` if left out. */
  readonly wishes?: readonly Wish[] | undefined;
  readonly knobs: SyncKnobs;
}

/** What became of a range that was offered. */
export type Taking =
  | { readonly kind: "taken" }
  /** What is here parts from it before it begins. */
  | { readonly kind: "elsewhere" }
  /** It does not hold: whoever sent it is not to be dealt with. */
  | { readonly kind: "wrong"; readonly reason: string }
  /** Not the sender's fault. */
  | { readonly kind: "failed"; readonly code: string; readonly reason: string };

export type SyncCommand =
  /** What is held of these lanes has changed, on disk. */
  | { readonly kind: "changed"; readonly lanes: readonly number[] }
  /** The trie has taken in all that was held when this was asked for. */
  | { readonly kind: "settled"; readonly token: number }
  | { readonly kind: "took"; readonly token: number; readonly taking: Taking }
  /** All that the disk has lost, as far as that is known: a span of a lane. */
  | { readonly kind: "lost"; readonly spans: readonly LostSpan[] }
  /** One exchange with a peer, now. Answered `exchanged`. */
  | { readonly kind: "exchange"; readonly token: number; readonly peer: PeerId }
  /** How the links stand to one subject. Answered `looked`. */
  | { readonly kind: "look"; readonly token: number; readonly at: SubjectWish }
  /** Until `resume` nothing is begun and nothing asked for; what others ask is answered. */
  | { readonly kind: "pause" }
  | { readonly kind: "resume" };

export interface ExchangeReport {
  readonly converged: "yes" | "no";
  /** Why not. */
  readonly reason: string | undefined;
  readonly rounds: number;
  readonly ms: number;
  /** Events, each way. */
  readonly sent: number;
  readonly received: number;
}

export type SyncNotice =
  | { readonly kind: "settle"; readonly token: number }
  /** To be verified and taken in; answered with `took`. */
  | { readonly kind: "offered"; readonly token: number; readonly from: PeerId; readonly offer: RangeOffer }
  | { readonly kind: "fork"; readonly from: PeerId; readonly keys: HybridKeys | undefined; readonly proof: Uint8Array }
  | { readonly kind: "seal"; readonly from: PeerId; readonly checkpoint: Uint8Array }
  | { readonly kind: "payload"; readonly from: PeerId; readonly place: LanePlace; readonly seq: number; readonly bytes: Uint8Array }
  /** A peer holds so much of a lane of ours, on disk. */
  | { readonly kind: "reached"; readonly peer: PeerId; readonly lane: number; readonly size: number }
  | { readonly kind: "exchanged"; readonly token: number; readonly report: ExchangeReport }
  | { readonly kind: "looked"; readonly token: number; readonly standing: SubjectStanding }
  /** This core begins anew. */
  | { readonly kind: "begun" };

export interface SyncVocabulary extends Vocabulary {
  Message: SyncMessage;
  Command: SyncCommand;
  Notice: SyncNotice;
  Timer: "beat" | "index";
  Write: never;
  View: FeedView;
  Job: never;
  Result: never;
}

/** What a step of the core sees, and where it leaves what it says. */
export interface Around {
  readonly view: FeedView;
  readonly lanes: SeenLanes;
  readonly now: Instant;
  readonly wallMs: number;
  readonly random: Random;
  readonly disk: "roomy" | "full";
  readonly out: Out;
}

/** Effects of one step, in order. */
export class Out {
  readonly effects: Effect<SyncVocabulary>[] = [];

  send(to: PeerId, message: SyncMessage): void {
    this.effects.push({ kind: "send", to, message });
  }

  notify(notice: SyncNotice): void {
    this.effects.push({ kind: "notify", notice });
  }

  schedule(timer: SyncVocabulary["Timer"], delayMs: number): void {
    this.effects.push({ kind: "schedule", timer, delayMs });
  }

  disconnect(peer: PeerId, reason: string, cause?: DisconnectCause): void {
    this.effects.push({ kind: "disconnect", peer, reason, ...(cause !== undefined && { cause }) });
  }
}
