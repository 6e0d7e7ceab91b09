import type { Json } from "../protocol/protocol.js";

// What an application, the command line and the control socket see of a peer. `open()` of packages/sinter answers one;
// the control client speaks the same interface to a peer in another process.

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
  readonly seq: number;
  readonly id: string;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly kind: number;
  readonly codec: Codec;
  readonly key?: Uint8Array;
  readonly payload: Uint8Array;
}

/** An ISO time is [its milliseconds, 0]. */
export type StampText = readonly [wallMs: number, counter: number];

export interface ReadOptions {
  /** First stamp wanted. */
  readonly from?: StampText;
  /** First stamp no longer wanted. */
  readonly to?: StampText;
  /** After what is there now, go on with what comes, until the signal. */
  readonly follow?: boolean;
  /** System events too (kinds 1–20); left out otherwise. */
  readonly system?: boolean;
  readonly signal?: AbortSignal;
}

export interface FeedRow {
  readonly subject: string;
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly size: number;
  readonly head: string;
  readonly stamp: readonly [wallMs: number, counter: number];
}

export interface PeerStatus {
  readonly peer: string;
  readonly author: string;
  readonly network: string;
  /** Equal roots: the same feeds to the same heads. */
  readonly root: string;
  readonly subjects: readonly { readonly path: string; readonly events: number }[];
  readonly links: readonly { readonly peer: string }[];
  readonly disk: "roomy" | "full";
}

export interface AuditProblem {
  /** The kind of thing that is wrong, one word or two: "chain", "seal", "block", "index", "proof" … */
  readonly what: string;
  /** Where: the table and key, or subject, author, epoch, seq. */
  readonly where: string;
  readonly detail: string;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly events: number;
  readonly feeds: number;
  readonly problems: readonly AuditProblem[];
}

export interface AuditOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly events: number; readonly total: number }) => void;
}

export interface BackupOptions {
  /** `include`, if left out: a store cannot be opened without its keys. */
  readonly keys?: "include" | "leave out";
  readonly signal?: AbortSignal;
  readonly progress?: (done: { readonly bytes: number; readonly total: number }) => void;
}

export interface BackupReport {
  readonly dir: string;
  readonly network: string;
  readonly author: string;
  readonly keys: "included" | "left out";
  /** Of the data file. */
  readonly bytes: number;
  /** Eight hexadecimal digits. */
  readonly crc32: string;
  /** The moment whose state it holds, as an ISO time. */
  readonly at: string;
}

/** Which event a proof is wanted of. */
export interface ProofOf {
  /** In hexadecimal; its beginning will do where no other author of the subject begins so. */
  readonly author: string;
  readonly seq: number;
  /** May be left out where the author has written in one epoch only. */
  readonly epoch?: number;
  /** Of the epoch, in hexadecimal, or its beginning: for epochs of one index, which a copied store leads to. */
  readonly nonce?: string;
  /** `hash`: the proof does not show what the event says, only that it is there. `shown` if left out. */
  readonly payload?: "shown" | "hash";
}

export interface PeerApi {
  /** Resolves once the events are durable here. One call is one run in one commit. */
  append(subject: string, events: readonly NewEvent[], options?: { readonly signal?: AbortSignal }): Promise<Receipt>;
  /** The subject's events in total order. Following, in order of arrival behind those already there. */
  events(subject: string, options?: ReadOptions): AsyncIterable<EventRecord>;
  feeds(subject?: string): Promise<readonly FeedRow[]>;
  status(): Promise<PeerStatus>;
  /** What shows to anybody, without a store, that the author signed for this event: see `verifyProof`. */
  prove(subject: string, what: ProofOf): Promise<Uint8Array>;
  audit(options?: AuditOptions): Promise<AuditReport>;
  /** Copies the store, as of one moment, to a directory that is not there yet or empty. Appends go on meanwhile. */
  backup(dir: string, options?: BackupOptions): Promise<BackupReport>;
  describe(): Promise<Json>;
  close(): Promise<void>;
}
