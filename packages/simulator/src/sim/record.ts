import type { ReconcilerName } from "@sinter/core";

// What a run of peers for people to look at was made of, and what was seen of it: the same for virtual time and for real sockets.
// Tables, the summary and the report are made of this and of nothing else.

export type SimTopology =
  | { readonly kind: "ring" | "line" | "star" | "mesh" }
  /** A tree, and links by chance until each peer has about so many. */
  | { readonly kind: "random"; readonly links: number };

export interface SimWeather {
  /** Shares of frames, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly delayMs: number;
  readonly jitterMs: number;
}

export interface SimSettings {
  readonly peers: number;
  readonly topology: SimTopology;
  readonly durationMs: number;
  /** Between two writes of one peer, on average. */
  readonly writeIntervalMs: number;
  readonly syncIntervalMs: number;
  readonly heartbeatMs: number;
  readonly suspectMs: number;
  readonly chunkBytes: number;
  readonly windowChunks: number;
  readonly retransMs: number;
  /** `undefined`: whichever is estimated to cost the least. */
  readonly reconciler: ReconcilerName | undefined;
  readonly weather: SimWeather;
  /** Between two failures of a link, on average; 0: none fails. */
  readonly failurePeriodMs: number;
  readonly recoveryDelayMs: number;
  /** 0: never before the quiet at the end. */
  readonly stopWritesAtMs: number;
  readonly quiesceLastMs: number;
  /** Written to by all. */
  readonly keys: readonly string[];
  readonly seed: number;
}

/** Why a round of sync came to its end, by the names that the prior art's script knows. */
export type RoundEnd = "root_equal" | "no_diff" | "caught_up" | "peer_end" | "other_scope";

export interface SimRound {
  readonly peer: number;
  readonly beganMs: number;
  readonly latencyMs: number;
  readonly reason: RoundEnd;
}

export interface SimChunk {
  readonly peer: number;
  readonly seq: number;
  readonly sentMs: number;
  /** `undefined`: nobody said that it came. */
  readonly ackMs: number | undefined;
  readonly retransmits: number;
  /** Events that end in it. */
  readonly entries: number;
  readonly bytes: number;
  readonly last: "yes" | "no";
}

export interface SimSample {
  readonly atMs: number;
  /** Of each peer: the first four bytes of the root of all rows it holds; `undefined` while it is down. */
  readonly roots: readonly (string | undefined)[];
  /** Events of the application that each holds. */
  readonly events: readonly (number | undefined)[];
}

export interface SimTraffic {
  /** Which message it is, as it is on the wire: the byte behind the protocol's own. 0: none of sync. */
  readonly code: number;
  readonly kind: string;
  readonly sentBytes: number;
  readonly sentCount: number;
  readonly receivedBytes: number;
  readonly receivedCount: number;
}

export interface SimLinkChange {
  readonly atMs: number;
  readonly one: number;
  readonly other: number;
  readonly state: "up" | "down";
}

export interface SimRecord {
  readonly settings: SimSettings;
  readonly way: "virtual" | "sockets";
  readonly samples: readonly SimSample[];
  readonly rounds: readonly SimRound[];
  readonly chunks: readonly SimChunk[];
  readonly traffic: readonly SimTraffic[];
  readonly links: readonly SimLinkChange[];
  /** How many acknowledgements were sent and received: that pieces have come, or that all has come that was wanted. */
  readonly acks: { readonly sent: number; readonly received: number };
  /** How full the windows were whenever a chunk went out, by peer: sums, and the most. */
  readonly inflight: readonly { readonly sum: number; readonly samples: number; readonly max: number }[];
  /** Bytes that went out and came in, for each second, all peers together. */
  readonly throughput: readonly { readonly atMs: number; readonly sentBytes: number; readonly receivedBytes: number }[];
  readonly writes: number;
  readonly writesStoppedMs: number;
  /** When all roots were equal for good after writes had stopped, by a look at them at each change; `undefined`: they never were. */
  readonly convergedMs: number | undefined;
  readonly endedMs: number;
  /** Whether it was ended before its time: what it would have come to is not known. */
  readonly calledOff: "yes" | "no";
  /** What no run may show; empty in a good one. */
  readonly violations: readonly string[];
  /** Of the trace; empty on real sockets, where no two runs are the same. */
  readonly traceHash: string;
  readonly faults: Readonly<Record<string, number>>;
  /** Rows that were left out of the tables above, because they have bounds; the counts below them are whole. */
  readonly leftOut: { readonly rounds: number; readonly chunks: number; readonly links: number; readonly samples: number };
}
