import type { Decoded } from "../bytes/malformed.js";
import type { KeySpace } from "./key-space.js";

// The one shape of every protocol: inputs in, effects out.
// A core never waits, never reads a clock, never touches a socket or a disk.

/** This peer's steady clock: never set, not comparable across peers. */
export type Instant = number & { readonly unit: "ms" };
/** The Ed25519 key a peer proves on its links, in hexadecimal. */
export type PeerId = string & { readonly names: "peer" };
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The words of one protocol, gathered so that every type below takes a single parameter. */
export interface Vocabulary {
  /** Peers say to each other. */
  Message: unknown;
  /** Our application, or another core, asks for. */
  Command: unknown;
  /** We tell our application, or another core. */
  Notice: unknown;
  /** Names of timers. */
  Timer: string;
  /** One change to durable state. */
  Write: unknown;
  /** Synchronous read of durable state. */
  View: unknown;
  /** Work too heavy or slow for a turn. */
  Job: unknown;
  /** What a job comes to. */
  Result: unknown;
}

/** What a link promises of the frames on it. */
export interface LinkTraits {
  /** `lossy`: frames may be lost, and overtake each other. */
  readonly delivery: "lossless" | "lossy";
  /** `vouched`: a frame that was changed on the way never arrives. */
  readonly integrity: "vouched" | "unchecked";
}

export type Outcome<R> = { readonly kind: "done"; readonly result: R } | { readonly kind: "failed"; readonly reason: string };

export type Input<V extends Vocabulary> =
  /** First after every boot and every recovery: rebuild from the view. */
  | { readonly kind: "started" }
  | { readonly kind: "connected"; readonly peer: PeerId; readonly traits: LinkTraits }
  | { readonly kind: "disconnected"; readonly peer: PeerId }
  | { readonly kind: "received"; readonly from: PeerId; readonly message: V["Message"] }
  | { readonly kind: "commanded"; readonly command: V["Command"] }
  | { readonly kind: "expired"; readonly timer: V["Timer"] }
  /** What this core wrote in that turn is durable. */
  | { readonly kind: "flushed"; readonly turn: number }
  | { readonly kind: "computed"; readonly job: V["Job"]; readonly outcome: Outcome<V["Result"]> }
  /** Last in a turn, to each core with `closesTurns` that was stepped in it: do once what the turn needs once (a seal). */
  | { readonly kind: "closing" };

/** When an effect leaves: once the turn's writes are durable, or (`step`) as soon as the turn is stepped. Only a step
 * that wrote nothing may say `step`, and only of what means the same either way. */
type Leaving = { readonly after?: "step" };

/** What the other side, and who asks how the link stands, is told by name. `version`: the two have none of this core's in common. */
export type DisconnectCause = "version";

export type Effect<V extends Vocabulary> =
  | { readonly kind: "write"; readonly write: V["Write"] }
  | ({ readonly kind: "send"; readonly to: PeerId; readonly message: V["Message"] } & Leaving)
  | ({ readonly kind: "notify"; readonly notice: V["Notice"] } & Leaving)
  /** Replaces the timer of that name. */
  | ({ readonly kind: "schedule"; readonly timer: V["Timer"]; readonly delayMs: number } & Leaving)
  | ({ readonly kind: "cancel"; readonly timer: V["Timer"] } & Leaving)
  | ({ readonly kind: "disconnect"; readonly peer: PeerId; readonly reason: string; readonly cause?: DisconnectCause } & Leaving)
  | ({ readonly kind: "compute"; readonly job: V["Job"] } & Leaving);

export interface Random {
  /** A whole number from 0, below `bound` (at most 2^32). */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
}

/** All that a step may know besides its own state and its input. */
export interface Surroundings<V extends Vocabulary> {
  readonly now: Instant;
  /** Milliseconds since 1970, as this machine believes. */
  readonly wallMs: number;
  readonly random: Random;
  /** The store as of this step: what was committed, and what earlier steps of this turn and of unflushed turns wrote. */
  readonly view: V["View"];
  readonly turn: number;
  /** `full`: take nothing in that grows the store. */
  readonly disk: "roomy" | "full";
}

/** Same state, input and surroundings give the same effects in the same order. */
export interface Core<V extends Vocabulary> {
  step(input: Input<V>, surroundings: Surroundings<V>): readonly Effect<V>[];
  /** For the inspector, and for checkers. */
  describe(): Json;
}

/** `control` goes before `local` goes before `bulk`; within a class, links take turns. */
export type MessageClass = "control" | "bulk";

export interface Protocol<V extends Vocabulary> {
  readonly name: string;
  /** First byte of its frames on a link. */
  readonly tag: number;
  /** A fresh core. Called at start and at each recovery: all it remembers it must rebuild from the view on `started`. */
  create(): Core<V>;
  readonly codec: {
    encode(message: V["Message"]): Uint8Array;
    /** The same behind one byte more: for messages so long that a copy counts. */
    encodeBehind?(first: number, message: V["Message"]): Uint8Array;
    decode(bytes: Uint8Array): Decoded<V["Message"]>;
  };
  classOf(message: V["Message"]): MessageClass;
  /** What stepping it takes, about a microsecond a unit: a ping 1, a signature 25. Bounds a turn. */
  costOf(input: Input<V>): number;
  /** Typed access to its share of the store. `apply` turns a write into puts and removes. */
  open(keys: KeySpace): { readonly view: V["View"]; apply(write: V["Write"]): void };
  /** Whether its cores are given `closing`. */
  readonly closesTurns: boolean;
}
