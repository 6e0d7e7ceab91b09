import { expect, test } from "vitest";
import { aChunk, aRecord, aRound } from "./a-record.suite.js";
import { defaultSettings } from "./settings.js";
import { deviation, durationText, mean, quantile, shareText, summaryText } from "./summary.js";

const full = aRecord({
  settings: { ...defaultSettings, weather: { loss: 0.1, duplication: 0.05, reordering: 0.125, delayMs: 5, jitterMs: 1_500 } },
  rounds: [aRound(100), aRound(200, "caught_up"), aRound(600)],
  chunks: [aChunk({ ackMs: 1_100 }), aChunk({ ackMs: 1_300 }), aChunk({ ackMs: undefined })],
  traffic: [
    { code: 11, kind: "chunk", sentBytes: 2_000, sentCount: 5, receivedBytes: 1_500, receivedCount: 4 },
    { code: 23, kind: "ping", sentBytes: 48, sentCount: 2, receivedBytes: 24, receivedCount: 1 },
  ],
  acks: { sent: 4, received: 3 },
  inflight: [
    { sum: 6, samples: 4, max: 3 },
    { sum: 0, samples: 0, max: 0 },
    { sum: 2, samples: 2, max: 1 },
  ],
  throughput: [{ atMs: 0, sentBytes: 1_048_576, receivedBytes: 524_288 }],
  convergedMs: 30_250,
  endedMs: 4_000,
});

test("a run in a few lines, each shaped as the prior art shapes it, and none of them twice", () => {
  expect(summaryText(full).split("\n")).toEqual([
    "Nodes: 5",
    "Duration: 1m0s",
    "Sync interval: 7s",
    "Write interval: 3s",
    "HB: 750ms",
    "Suspect: 2.25s",
    "Delta max: 65536",
    "Chaos: loss=0.10 dup=0.05 reorder=0.125 delay=5ms jitter=1500ms",
    "Delta window: 1  Retrans timeout: 2s",
    "SyncLatency(s): mean=0.300000 stdev=0.264575 samples=3",
    "Convergence(s): 0.250000",
    "Chunks(sent/recv/retrans): 5/4/2  ACKs(sent/recv): 4/3  Bytes(tx/rx): 2048/1524",
    "ChunkRTT(s): mean=0.200000 p50=0.200000 p95=0.290000 p99=0.298000 samples=2",
    "SessionEnds: caught_up=1 root_equal=2",
    "Window(inflight): avg=1.25 max=3 node_avg[min..p50..max]=1.00..1.25..1.50 (nodes=2)",
    "Throughput(MiB/s): tx_mean=0.250000 tx_p95=0.850000  rx_mean=0.125000 rx_p95=0.425000  sessions=3",
    "Topology: ring  Seed: 1  Reconciler: cheapest",
    "",
  ]);
});

test("the prior art's script finds what it looks for", () => {
  const text = summaryText(full);
  const found = [
    /Nodes:\s+(\d+)/,
    /Sync interval:\s*([^\n]+)/,
    /Write interval:\s*([^\n]+)/,
    /HB:\s*([^\n]+)/,
    /Suspect:\s*([^\n]+)/,
    /Delta max:\s*(\d+)/,
    /Chaos:\s+loss=([0-9.]+)\s+dup=([0-9.]+)\s+reorder=([0-9.]+)\s+delay=([a-z0-9]+)\s+jitter=([a-z0-9]+)/i,
    /SyncLatency\(s\):\s+mean=([0-9.]+)\s+stdev=([0-9.]+)\s+samples=(\d+)/i,
    /Convergence\(s\):\s+([0-9.]+|n\/a)/i,
  ].map((pattern) => pattern.exec(text)?.slice(1));
  expect(found).toEqual([
    ["5"],
    ["7s"],
    ["3s"],
    ["750ms"],
    ["2.25s"],
    ["65536"],
    ["0.10", "0.05", "0.125", "5ms", "1500ms"],
    ["0.300000", "0.264575", "3"],
    ["0.250000"],
  ]);
});

test("a figure of which there are no samples is not told as 0", () => {
  const lines = summaryText(aRecord()).split("\n");
  expect(lines.slice(9, 16)).toEqual([
    "SyncLatency(s): mean=n/a stdev=n/a samples=0",
    "Convergence(s): n/a",
    "Chunks(sent/recv/retrans): 0/0/0  ACKs(sent/recv): 0/0  Bytes(tx/rx): 0/0",
    "ChunkRTT(s): n/a",
    "SessionEnds: (none)",
    "Window(inflight): n/a",
    "Throughput(MiB/s): tx=n/a rx=n/a sessions=0",
  ]);
});

test("what was left out of the tables is in the counts", () => {
  const { chunks, traffic } = full;
  const leftOut = { rounds: 7, chunks: 1, links: 0, samples: 0 };
  const text = summaryText(aRecord({ chunks, traffic, rounds: [aRound(1), aRound(2)], leftOut, endedMs: 1_000 }));
  expect(text).toContain("Chunks(sent/recv/retrans): 5/4/1");
  expect(text).toContain("samples=2 left_out=7");
  expect(text).toContain("sessions=9");
});

test("quantiles are exact, and lie between two values as far as they lie between them", () => {
  expect(quantile([], 0.5)).toBeUndefined();
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([10, 9, 1], 0)).toBe(1);
  expect(quantile([10, 9, 1], 1)).toBe(10);
  expect(
    quantile(
      Array.from({ length: 101 }, (_, at) => 100 - at),
      0.95,
    ),
  ).toBe(95);
  expect(mean([])).toBeUndefined();
  expect(deviation([5])).toBeUndefined();
  expect(deviation([1, 3])).toBeCloseTo(Math.SQRT2, 12);
});

test("durations are told as Go tells them", () => {
  const told: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [0.25, "250µs"],
    [1, "1ms"],
    [750, "750ms"],
    [1_000, "1s"],
    [2_250, "2.25s"],
    [60_000, "1m0s"],
    [90_500, "1m30.5s"],
    [3_600_000, "1h0m0s"],
    [86_399_999, "23h59m59.999s"],
  ];
  for (const [ms, text] of told) expect(durationText(ms)).toBe(text);
});

test("what was drawn and asked for is told as a flag takes it", () => {
  const settings = { ...defaultSettings, topology: { kind: "random", links: 4 }, seed: 77, reconciler: "sketch" } as const;
  expect(summaryText(aRecord({ settings }))).toMatch(/\nTopology: random:4 {2}Seed: 77 {2}Reconciler: sketch\n$/);
});

test("a run that was called off says so behind all else", () => {
  const text = summaryText({ ...full, calledOff: "yes" });
  expect(text).toBe(`${summaryText(full)}Called off: after 4s of 1m0s\n`);
});

test("shares are told without an exponent", () => {
  expect([0, 1, 0.5, 0.125, 1e-7].map(shareText)).toEqual(["0", "1", "0.5", "0.125", "0.0000001"]);
  const { settings } = full;
  const text = summaryText({ ...full, settings: { ...settings, weather: { ...settings.weather, loss: 1e-7 } } });
  expect(text).toContain("loss=0.0000001 dup=0.05");
});
