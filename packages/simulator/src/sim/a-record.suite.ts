import type { SimChunk, SimRecord, SimRound } from "./record.js";
import { defaultSettings } from "./settings.js";

/** A record of nothing, but for what is said. */
export function aRecord(said: Partial<SimRecord> = {}): SimRecord {
  return {
    settings: { ...defaultSettings, peers: 2 },
    way: "virtual",
    samples: [],
    rounds: [],
    chunks: [],
    traffic: [],
    links: [],
    acks: { sent: 0, received: 0 },
    inflight: [],
    throughput: [],
    writes: 0,
    writesStoppedMs: 30_000,
    convergedMs: undefined,
    endedMs: 0,
    calledOff: "no",
    violations: [],
    traceHash: "",
    faults: {},
    leftOut: { rounds: 0, chunks: 0, links: 0, samples: 0 },
    ...said,
  };
}

export function aRound(latencyMs: number, reason: SimRound["reason"] = "root_equal", peer = 0): SimRound {
  return { peer, beganMs: 1_000, latencyMs, reason };
}

export function aChunk(said: Partial<SimChunk> = {}): SimChunk {
  return { peer: 1, seq: 0, sentMs: 1_000, ackMs: 1_250, retransmits: 0, entries: 3, bytes: 400, last: "no", ...said };
}
