import { SeededRandom } from "../seeded-random.js";
import type { SimRecord, SimRound, SimSample } from "../sim/record.js";
import { defaultSettings } from "../sim/settings.js";

// A record as a run of so many peers might leave it, for tests of what is drawn of one.

export function sampleRecord(peers: number, more: Partial<SimRecord> = {}): SimRecord {
  const random = new SeededRandom(peers, "sample");
  const endedMs = 60_000;
  const samples: SimSample[] = [];
  for (let atMs = 0; atMs <= endedMs; atMs += 1_000) {
    const [most, roots, events] = [Math.min(30, atMs / 1_000), [] as (string | undefined)[], [] as (number | undefined)[]];
    for (let peer = 0; peer < peers; peer++) {
      const isDown = peer === 1 && atMs >= 10_000 && atMs < 15_000;
      const held = Math.max(0, most - (atMs < 31_000 ? random.below(3) : 0));
      events.push(isDown ? undefined : held);
      roots.push(isDown ? undefined : (held * 2_654_435).toString(16).padStart(8, "0"));
    }
    samples.push({ atMs, roots, events });
  }
  const rounds = Array.from({ length: peers * 12 }, (_, at): SimRound => {
    const latencyMs = 1 + random.below(40) ** 2;
    return { peer: at % peers, beganMs: at * 10, latencyMs, reason: at % 3 === 0 ? "caught_up" : "root_equal" };
  });
  const links = Array.from({ length: peers }, (_, one) => ({ atMs: 0, one, other: (one + 1) % peers, state: "up" as const }));
  return {
    settings: { ...defaultSettings, peers },
    way: "virtual",
    samples,
    rounds,
    chunks: [{ peer: 0, seq: 0, sentMs: 10, ackMs: 14, retransmits: 2, entries: 3, bytes: 900, last: "yes" }],
    traffic: [
      { code: 0x42, kind: "open", sentBytes: 4_000, sentCount: 50, receivedBytes: 3_900, receivedCount: 49 },
      { code: 0x4a, kind: "chunk", sentBytes: 90_000, sentCount: 90, receivedBytes: 90_000, receivedCount: 90 },
    ],
    links: [...links, { atMs: 10_000, one: 0, other: 1, state: "down" }, { atMs: 15_000, one: 1, other: 0, state: "up" }],
    acks: { sent: 90, received: 90 },
    inflight: [],
    throughput: [],
    writes: 120,
    writesStoppedMs: 30_000,
    convergedMs: 31_200,
    endedMs,
    calledOff: "no",
    violations: [],
    traceHash: "ab".repeat(32),
    faults: { lost: 12 },
    leftOut: { rounds: 0, chunks: 0, links: 0, samples: 0 },
    ...more,
  };
}

/** Whether each opened element is closed, in order, and no attribute or text is broken: what an XML reader would ask. */
export function unbalanced(markup: string): string | undefined {
  const open: string[] = [];
  for (const [, close = "", name = "", rest = ""] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"<>]*")*)>/gi)) {
    if (rest.endsWith("/") || ["meta", "link", "br"].includes(name)) continue;
    if (close === "") open.push(name);
    else if (open.pop() !== name) return `</${name}>`;
  }
  return open.pop();
}
