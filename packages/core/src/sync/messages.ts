import type { LanePlace } from "../feed/seal/checkpoint.js";
import type { HybridKeys } from "../identity/author-keys.js";
import type { SpaceId, SubjectId } from "../identity/ids.js";

// What two peers say to each other about what they hold. Every message may be lost, come twice or late: an `ask` is answered from
// what is held at that moment and nothing is kept of it, so whoever asked may ask again; streams and sessions have numbers.

/** What a replica holds of a lane, durably, and as far as it counts. */
export interface Row extends LanePlace {
  readonly size: number;
  /** Zeros at size 0. */
  readonly headId: Uint8Array;
  /** 0: not frozen. */
  readonly freezeAt: number;
  /** How far both of its author's keys have sealed it. */
  readonly hybridSize: number;
}

/** Eight bytes that stand for a row: of its lane's id, and of all that the row says. */
export interface Item {
  readonly lane: number;
  readonly row: number;
}

/** Items folded into one: of a sketch, see sketch.ts. All but `count` are 32 bits without a sign. */
export interface SketchSymbol extends Item {
  readonly check: number;
  readonly count: number;
}

/** What one side wants to know of the other's rows in the scope, to find out which differ. */
export type Ask =
  /** All rows, in pages: those behind the place where the page before ended. */
  | { readonly kind: "rows"; readonly after: Uint8Array }
  /** One digest for each of so many buckets. */
  | { readonly kind: "buckets"; readonly count: number }
  /** The rows in some of them. */
  | { readonly kind: "bucket rows"; readonly count: number; readonly buckets: readonly number[]; readonly after: Uint8Array }
  | { readonly kind: "symbols"; readonly from: number; readonly count: number }
  /** The rows these stand for. */
  | { readonly kind: "items"; readonly items: readonly Item[] }
  /** What is below these places in the trie: keys cut off after so many digits. */
  | { readonly kind: "branches"; readonly places: readonly TriePlace[] }
  /** The rows with these keys in the trie. */
  | { readonly kind: "leaves"; readonly keys: readonly Uint8Array[] };

export interface TriePlace {
  readonly digits: number;
  /** As many bytes as the digits need; half a byte behind them is zero. */
  readonly prefix: Uint8Array;
}

/** A child of a branch, or the one leaf or branch that is all there is below a place. */
export interface TrieChildHash {
  readonly digits: number;
  /** Of its key: as many bytes as its digits need. */
  readonly key: Uint8Array;
  /** The first 16 bytes of its hash. */
  readonly hash: Uint8Array;
}

export type Tell =
  | { readonly kind: "rows"; readonly rows: readonly Row[]; readonly next: Uint8Array | undefined }
  /** 64 bits each, one behind the other. */
  | { readonly kind: "buckets"; readonly digests: Uint8Array }
  /** Of a sketch of so many rows: from that follows about what each symbol's `count` is. */
  | { readonly kind: "symbols"; readonly from: number; readonly rows: number; readonly symbols: readonly SketchSymbol[] }
  /** In the order of the places asked for. */
  | { readonly kind: "branches"; readonly below: readonly (readonly TrieChildHash[])[] }
  /** It cannot be told: sketches of other salts, a trie that is being made. */
  | { readonly kind: "cannot" };

export const reconcilers = ["frontier", "descent", "buckets", "sketch"] as const;
export type ReconcilerName = (typeof reconcilers)[number];

/** What a replica holds in a scope, in a few bytes. */
export interface Digest {
  /** Of the trie: 16 bytes. */
  readonly root: Uint8Array;
  /** Of all items, so that second signatures count too: 8 bytes. */
  readonly sum: Uint8Array;
  readonly rows: number;
}

/** Spaces and subjects, hidden from whoever does not want them too; `all` hides nothing. */
export type Interest = { readonly kind: "all" } | { readonly kind: "some"; readonly hidden: readonly Uint8Array[] };

export interface Hello {
  readonly kind: "hello";
  /** Versions of this protocol that are spoken. */
  readonly from: number;
  readonly to: number;
  /** Rises with each hello on a link, whoever begins anew on it. Odd: all is in it, also what is hidden under the other's nonce. */
  readonly number: number;
  /** With the other's: the key under which interests are hidden. 16 bytes, as the salt. */
  readonly nonce: Uint8Array;
  readonly interest: Interest;
  /** Of sketches: equal on both sides, or none are exchanged. */
  readonly salt: Uint8Array;
  /** `no`: its operator has paused it; it answers, and asks for nothing. */
  readonly syncs: "yes" | "no";
  readonly wallMs: number;
}

export type SyncMessage =
  | Hello
  /** A session begins: what the asker holds. `ask` goes along where it can be answered at once. */
  | {
      readonly kind: "open";
      readonly session: number;
      /** What `scopeName` gives: 8 bytes. */
      readonly scope: Uint8Array;
      readonly digest: Digest;
      readonly ask: Ask | undefined;
    }
  /** `same`: nothing differs. */
  | {
      readonly kind: "opened";
      readonly session: number;
      readonly digest: Digest | "same" | "other scope";
      readonly tell: Tell | undefined;
    }
  | { readonly kind: "ask"; readonly session: number; readonly round: number; readonly ask: Ask }
  | { readonly kind: "tell"; readonly session: number; readonly round: number; readonly tell: Tell }
  /** All that differs has been told: once what it wants of it is here, the other says `settled`. Parts are numbered from 0. */
  | { readonly kind: "difference"; readonly session: number; readonly part: number; readonly parts: number; readonly rows: readonly Row[] }
  | { readonly kind: "settled"; readonly session: number; readonly missing: number }
  /** Rows that have changed: on disk here, whoever wrote them. Also says that what was sent has arrived. */
  | { readonly kind: "held"; readonly number: number; readonly rows: readonly Row[] }
  /** Up to that number. */
  | { readonly kind: "heard"; readonly number: number }
  | {
      readonly kind: "want";
      readonly stream: number;
      readonly place: LanePlace;
      /** The first event wanted, and the id of the one before it that is here: zeros before the first. */
      readonly from: number;
      readonly previous: Uint8Array;
    }
  /** A piece of a stream. A stream is ranges one behind the other, each with its length before it. */
  | {
      readonly kind: "chunk";
      readonly stream: number;
      readonly seq: number;
      readonly position: "within" | "last";
      /** 16 bytes of the hash over the rest, where the link does not vouch for what it carries. */
      readonly hash: Uint8Array | undefined;
      readonly bytes: Uint8Array;
    }
  /** All before `seq` have come and are worked off; so many more may be under way. */
  | { readonly kind: "ack"; readonly stream: number; readonly seq: number; readonly window: number }
  | { readonly kind: "nack"; readonly stream: number; readonly seq: number; readonly reason: NackReason }
  /** There is nothing (more) on that stream. */
  | { readonly kind: "gone"; readonly stream: number; readonly reason: GoneReason }
  /** No more of it is wanted. */
  | { readonly kind: "enough"; readonly stream: number }
  /** One range that nobody asked for. */
  | { readonly kind: "push"; readonly range: Uint8Array }
  | { readonly kind: "want fork"; readonly place: LanePlace }
  /** `keys`: of an author of suite 2. One of suite 1 has its key for its id. */
  | { readonly kind: "fork"; readonly keys: HybridKeys | undefined; readonly proof: Uint8Array }
  | { readonly kind: "want seal"; readonly place: LanePlace }
  | { readonly kind: "seal"; readonly checkpoint: Uint8Array }
  | { readonly kind: "want payloads"; readonly place: LanePlace; readonly seqs: readonly number[] }
  | { readonly kind: "payload"; readonly place: LanePlace; readonly seq: number; readonly bytes: Uint8Array }
  | { readonly kind: "ping"; readonly number: number }
  | { readonly kind: "pong"; readonly number: number };

export const nackReasons = ["out of window", "damaged"] as const;
export type NackReason = (typeof nackReasons)[number];

export const goneReasons = ["unknown", "nothing newer", "evicted", "another history", "not in scope", "busy"] as const;
export type GoneReason = (typeof goneReasons)[number];

/** What both sides of a link want and may see. */
export type Scope = { readonly kind: "all" } | { readonly kind: "some"; readonly parts: readonly ScopePart[] };

/** A space, or one subject of a space. `undefined`: one that this replica has never heard of. */
export interface ScopePart {
  readonly hidden: Uint8Array;
  readonly space: SpaceId | undefined;
  readonly subject: SubjectId | undefined;
}
