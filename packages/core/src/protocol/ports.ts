import type { Batch, ReadableKeys } from "./key-space.js";
import type { DisconnectCause, Instant, LinkTraits, MessageClass, Outcome, PeerId, Random } from "./protocol.js";

// What the driver needs of the world: real in packages/sinter, virtual in packages/simulator. Each port has an
// acceptance suite beside this file (*.suite.ts) that both must pass.

export interface Clock {
  now(): Instant;
  wallMs(): number;
  /** Runs once, `delayMs` from now or later, never before the call returns. The answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** Runs `run` soon, never before the call returns: how the driver yields between turns. */
export interface Scheduler {
  soon(run: () => void): void;
}

export interface LinkEvents {
  opened(peer: PeerId, traits: LinkTraits): void;
  closed(peer: PeerId): void;
  /** One whole frame. Of bulk, never more than the credit given (see Transport.credit). */
  arrived(from: PeerId, frame: Uint8Array, messageClass: MessageClass): void;
}

export interface Transport {
  listen(events: LinkEvents): void;
  /** Frames of a class arrive in order, or the link closes; but for a lossy one. Sending to a peer that is not linked does nothing. */
  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void;
  /** Lets the peer send `bytes` more of bulk. A new link starts with `linkBulkBytesMax`. */
  credit(from: PeerId, bytes: number): void;
  close(peer: PeerId, reason: string, cause?: DisconnectCause): void;
}

/** Why a commit failed. After one, nothing of it or of any commit begun after it is in the store, or the store is
 * closed: the driver recreates its cores from what the store then shows. */
export interface StoreFailure {
  readonly reason: string;
  /** `unknown`: the write may still be found after a restart. */
  readonly outcome: "not written" | "unknown";
}

export interface Store {
  /** What was committed: every flushed commit, and a prefix of those under way. */
  readonly keys: ReadableKeys;
  /** Commits take effect whole and in the order given. `done` is called once, in order, never before the call returns;
   * without a failure it means: on disk, whatever happens to this machine now. */
  commit(batch: Batch, done: (failure?: StoreFailure) => void): void;
  /** Bytes that may still be written before the disk is full, less the reserve kept for leaving it in order. */
  roomBytes(): number;
}

export interface Compute {
  /** Runs the job away from the turn; `done` is called once, never before the call returns, in any order. */
  run(protocol: string, job: unknown, done: (outcome: Outcome<unknown>) => void): void;
}

export interface TraceLine {
  readonly at: Instant;
  readonly turn: number;
  readonly protocol: string;
  /** References, not copies: whoever writes them out does so at once or not at all. */
  readonly input: unknown;
  readonly effects: readonly unknown[];
}

export interface Ports {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly store: Store;
  readonly compute: Compute;
  /** Absent by default: a turn then pays nothing for it. */
  readonly trace?: (line: TraceLine) => void;
}
