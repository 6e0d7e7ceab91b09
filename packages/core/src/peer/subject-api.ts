import type { SubjectCause } from "./causes.js";
import type { Assurance, EventOf, EventRecord, ReadOptions, Receipt, StampText } from "./event-api.js";

// What an application sees of one subject that it reads through a merge type.

/** What was written: it counts in `value` at once. Awaited, it is on disk here. */
export interface Write extends PromiseLike<Receipt> {
  /** In `value` already. */
  readonly applied: true;
  /** Resolves once so many other peers have said that they hold it on their disks. */
  reached(peers: number, options?: ReachOptions): Promise<Receipt>;
}

export interface ReachOptions {
  readonly signal?: AbortSignal;
}

/** The commands of a type, each of which writes one event. */
export type Written<Commands> = {
  readonly [Name in keyof Commands]: Commands[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Answer extends object ? Written<Answer> : Write
    : Written<Commands[Name]>;
};

export interface SubjectOptions {
  /** `hybrid`: only what both keys of a hybrid author sealed. `classical` if left out. */
  readonly assurance?: Assurance;
}

/** Where an operation was written, and what shows it: see `peer.prove`. */
export interface OperationRecord extends Required<EventOf> {
  /** The value it wrote, as the type reads it. */
  readonly value: unknown;
  readonly stamp: StampText;
  /** Which of the event's operations. */
  readonly operation: number;
  /** Where under its key, if what lies there has fields or keys itself. */
  readonly path?: readonly string[];
}

export interface Explanation {
  readonly key: string;
  /** What counts. */
  readonly winners: readonly OperationRecord[];
  /** What was written at once with it, and does not. */
  readonly losers: readonly OperationRecord[];
}

/** What somebody wrote while somebody else, who did not know of it, wrote what counts now. */
export interface Conflict<Value = unknown> {
  readonly key: string;
  readonly lost: OperationRecord & { readonly value: Value };
  readonly won: readonly OperationRecord[];
}

/** An event that was folded. */
export interface Change<Value> {
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly seq: number;
  readonly stamp: StampText;
  readonly keys: readonly string[];
  /** With it. */
  readonly value: Value;
}

/** An event that asks for something this type has no meaning for: it is passed over, wherever it is folded. */
export interface Quarantined {
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly seq: number;
  readonly reason: string;
}

/** An event beside the operations. */
export interface Published {
  /** 128–255; 128 if left out. */
  readonly kind?: number;
  readonly data: Uint8Array;
}

/** What is told on a subject's control bus: by the system here, or by an application anywhere. */
export type SubjectNotice =
  | { readonly kind: "published"; readonly event: Required<Published>; readonly record: EventRecord }
  | { readonly kind: "created"; readonly author: string; readonly type: string }
  /** The subject is read through another type elsewhere than here. */
  | { readonly kind: "lens mismatch"; readonly named: string; readonly asked: string }
  /** By both keys of a hybrid author, further than before: see `hybridSize` of `peer.feeds`. */
  | { readonly kind: "sealed" }
  /** Its author signed two histories of a feed: from `freezeAt` on it counts no more. */
  | { readonly kind: "frozen"; readonly author: string; readonly epoch: number; readonly nonce: string; readonly freezeAt: number }
  /** What was folded counted no more, and all of it is folded anew: what `value` says now is without it. */
  | { readonly kind: "withdrawn"; readonly reason: string }
  | { readonly kind: "quarantined"; readonly event: Quarantined }
  | { readonly kind: "write failed"; readonly reason: string; readonly fix: string };

export interface ControlBus {
  publish(event: Published): Write;
  notices(options?: { readonly signal?: AbortSignal }): AsyncIterable<SubjectNotice>;
}

/** How far a view has come. */
export type SubjectProgress =
  | { readonly state: "current" }
  | { readonly state: "folding" }
  /** Some lane is not folded to its end. */
  | { readonly state: "waiting"; readonly why: "future" | "wanted"; readonly author: string; readonly seq: number }
  | { readonly state: "stuck"; readonly reason: string };

export interface SubjectTrouble {
  readonly cause: SubjectCause;
  /** With whom, if it is about a link. */
  readonly address?: string;
  readonly peer?: string;
  /** In the words of this case. */
  readonly detail?: string;
  /** What to do. */
  readonly fix: string;
}

/** How a subject stands here, to all who are linked. */
export interface SubjectStatus {
  readonly path: string;
  /** `alone`: nobody is linked, nor to be. `comparing`: it is not known yet. */
  readonly state: "in sync" | "behind" | "stuck" | "comparing" | "folding" | "alone";
  /** Feeds of which some peer has told more than is here. */
  readonly behind: number;
  /** Feeds that some linked peer has not said that it holds as they are here. */
  readonly ahead: number;
  /** Writes for which `reached` waits: held by fewer peers than were asked for. */
  readonly unreached: number;
  /** Empty, unless it is stuck. */
  readonly troubles: readonly SubjectTrouble[];
}

export interface SubjectView<Value, Commands> {
  readonly path: string;
  /** As lenses name it. */
  readonly type: string;
  readonly value: Value;
  readonly progress: SubjectProgress;
  /** Whether it is the same everywhere, and if not, why. */
  status(): Promise<SubjectStatus>;
  /** One event of several operations: all of them count, or none. */
  change(make: (commands: Commands) => void): Write;
  /** The value, and each later one: who is slow gets the latest. */
  values(options?: { readonly signal?: AbortSignal }): AsyncIterable<Value>;
  /** Each event that is folded from now on. */
  changes(options?: { readonly signal?: AbortSignal }): AsyncIterable<Change<Value>>;
  /** Told the value now, and when it is another. Answers how to end that. */
  subscribe(told: (value: Value) => void): () => void;
  explain(key?: string): Explanation;
  conflicts(): readonly Conflict[];
  /** Writes again what was lost. */
  restore(conflict: Conflict): Write;
  /** What the events up to this stamp, all of those that are here now, come to. */
  at(stamp: StampText): Promise<Value>;
  quarantined(): readonly Quarantined[];
  publish(event: Published): Write;
  readonly control: ControlBus;
  events(options?: ReadOptions): AsyncIterable<EventRecord>;
  /** The state as bytes: the same at every replica that folded the same events. */
  encoded(): Uint8Array;
  /** Resolves once all that is here is folded. */
  current(options?: { readonly signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A subject read through a type: its view, and the type's commands beside. */
export type Subject<Value, Commands> = SubjectView<Value, Commands> & Omit<Written<Commands>, keyof SubjectView<Value, Commands>>;
