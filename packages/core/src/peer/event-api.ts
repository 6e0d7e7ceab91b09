import type { Assurance } from "../feed/lane/lane-reach.js";

// Events, as an application sees them.

export type Codec = "raw" | "cbor" | "json" | "protobuf";

export interface NewEvent {
  /** Not copied: its bytes stay as they are until the append is answered. */
  readonly payload: Uint8Array;
  /** 128–255; 128 if left out. */
  readonly kind?: number;
  readonly codec?: Codec;
  readonly key?: Uint8Array;
}

/** Where events came to lie, once they are durable. */
export interface Receipt {
  readonly author: string;
  readonly epoch: number;
  readonly count: number;
  /** Seq of event `index`, from 0. They rise, mostly by one: now and then an event of the system's goes between. */
  seq(index: number): number;
  /** Id of event `index`, from 0, in hexadecimal. */
  id(index: number): string;
}

export interface EventRecord {
  readonly author: string;
  readonly epoch: number;
  /** Of the epoch: stores of one author that come of one another may write epochs of one index. */
  readonly nonce: string;
  readonly seq: number;
  readonly id: string;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly kind: number;
  readonly codec: Codec;
  readonly key?: Uint8Array;
  /** Not there where `absent` says why. */
  readonly payload: Uint8Array | undefined;
  /** `redacted`: its author took back what it said. `wanted`: it has not come yet. */
  readonly absent?: "redacted" | "wanted";
  /** Where it was first appended, if it was again: it stands there in the order, and receipts name it by that. */
  readonly origin?: EventOrigin;
}

/** An event that counted no more where it was, because a store was put back or a feed forked, is appended again in a new epoch. */
export interface EventOrigin {
  readonly epoch: number;
  readonly nonce: string;
  readonly seq: number;
  readonly id: string;
  readonly stamp: readonly [wallMs: number, counter: number];
}

/** An ISO time is [its milliseconds, 0]. */
export type StampText = readonly [wallMs: number, counter: number];

export type { Assurance };

export interface ReadOptions {
  /** First stamp wanted: of where events stand in the order, so one that was appended again goes by where it first stood. */
  readonly from?: StampText;
  /** First stamp no longer wanted. */
  readonly to?: StampText;
  /** After what is there now, go on with what comes, until the signal. */
  readonly follow?: boolean;
  /** `hybrid`: of every feed only as far as both keys of a hybrid author sealed it. `classical` if left out. */
  readonly assurance?: Assurance;
  /** System events too (kinds 1–20); left out otherwise. */
  readonly system?: boolean;
  readonly signal?: AbortSignal;
  /** Told of events that this reading may have handed on, and that count no more. */
  readonly withdrawn?: (what: Withdrawal) => void;
}

/** Events of one author that count no more, because a fork is proven: their seqs, the first and the last. */
export interface Withdrawal {
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly from: number;
  readonly to: number;
}

/** One epoch of an author's feed in a subject. */
export interface LaneOf {
  /** In hexadecimal; its beginning will do where no other author of the subject begins so. */
  readonly author: string;
  /** May be left out where the author has written in one epoch only. */
  readonly epoch?: number;
  /** Of the epoch, in hexadecimal, or its beginning: for epochs of one index, which a copied store leads to. */
  readonly nonce?: string;
}

export interface EventOf extends LaneOf {
  readonly seq: number;
}
