import type { Tag } from "./tags.js";

// The Crypto port. Hashing is the limit of append, ingest and replication, so the port is shaped for runs of events
// and whole levels of a tree; one call an event would double the cost. Everything here is synchronous.

export const hashBytes = 32;
export const signatureBytes = 64;
export const publicKeyBytes = 32;
/** Falcon-512 as of round 3 of NIST's competition; signatures in its padded form, which has one length and one encoding. */
export const falconPublicKeyBytes = 897;
export const falconSignatureBytes = 666;

/** Where each event of a run lies in `bytes`: three numbers an event — offset of its head, length of its head (header
 * and extension), length of its payload, which follows the head at once. */
export type Spans = Uint32Array;
export const spanWords = 3;

export interface EventRun {
  readonly lane: Uint8Array;
  readonly firstSeq: number;
  /** Id of the event before the first; zeros at the start of an epoch. */
  readonly previous: Uint8Array;
  readonly bytes: Uint8Array;
  readonly spans: Spans;
  readonly count: number;
}

export interface Hasher {
  /** The hash of `bytes` under a tag. */
  hash(tag: Tag, bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Writes the ids of a run of events, chained one to the next, to `out` from `outOffset` (32 bytes an event). */
  eventIds(run: EventRun, out: Uint8Array, outOffset: number): void;
  /** Hashes `count` pairs of 32-byte hashes: out[i] = hash(tag, pairs[2i] ‖ pairs[2i+1]). `out` may be `pairs`. */
  parents(tag: Tag, pairs: Uint8Array, count: number, out: Uint8Array): void;
}

/** Holds the private key and never gives it away; what travels is `publicKey`. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export interface Verifier {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes that are no key or no signature are just not good. The library behind it is large: a peer that meets no hybrid
 * author need not have one. */
export interface FalconVerifier {
  verifyFalcon(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Falcon takes longer than a turn may, so it is a compute job. Jobs and results are copied to other threads and shown in
 * traces: nothing secret is in them. Whoever computes holds the key, and signs with that one alone. A view takes its whole
 * buffer along to the other thread: give arrays of their own. */
export type FalconJob =
  | { readonly kind: "falcon sign"; readonly message: Uint8Array }
  | { readonly kind: "falcon verify"; readonly publicKey: Uint8Array; readonly message: Uint8Array; readonly signature: Uint8Array };

export type FalconResult =
  | { readonly kind: "signed"; readonly signature: Uint8Array }
  | { readonly kind: "verified"; readonly verdict: "good" | "bad" };
