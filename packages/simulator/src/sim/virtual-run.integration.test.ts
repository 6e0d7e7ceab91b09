import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { settled } from "../hosts/settled.suite.js";
import type { SimRecord, SimSettings } from "./record.js";
import { defaultSettings } from "./settings.js";
import { reckoned } from "./trace-oracle.suite.js";
import { runSim, type SimProgress } from "./virtual-run.js";

/** The same seeds each time: how long it takes until all have met is a matter of luck, and of others it could be longer than these runs are. */
const first = 1;
const chaos = { loss: 0.1, duplication: 0.05, reordering: 0.1, delayMs: 5, jitterMs: 10 };
const stormy: Partial<SimSettings> = {
  weather: chaos,
  failurePeriodMs: 8_000,
  durationMs: 30_000,
  stopWritesAtMs: 12_000,
  quiesceLastMs: 15_000,
};

async function run(said: Partial<SimSettings>): Promise<{ readonly record: SimRecord; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const record = await runSim({ settings: { ...defaultSettings, ...said }, hasher, settled, sink: (line) => lines.push(line) });
  return { record, lines };
}

/** Of all kinds that are to be seen: each has another thing in it that the others have not. */
const runs: readonly (readonly [name: string, said: Partial<SimSettings>])[] = [
  ["defaults", { seed: first }],
  ["chaos", { ...stormy, seed: first }],
  ["chaos, small pieces and wide windows", { ...stormy, seed: first + 1, chunkBytes: 128, windowChunks: 4, retransMs: 300 }],
  [
    "chaos, eight peers on a tree",
    { ...stormy, seed: first + 2, peers: 8, topology: { kind: "random", links: 3 }, writeIntervalMs: 1_000 },
  ],
  ["failures without loss", { seed: first + 3, failurePeriodMs: 3_000, chunkBytes: 64, durationMs: 30_000, writeIntervalMs: 600 }],
  ["all rows each time", { ...stormy, seed: first + 4, reconciler: "frontier", topology: { kind: "mesh" } }],
];

test.each(runs)(
  "seed of %s: every figure follows from the trace, and nothing goes wrong",
  async (name, said) => {
    const { record, lines } = await run(said);
    const { way, ...figures } = record;
    expect(way).toBe("virtual");
    expect(figures, `${name}, seed ${record.settings.seed}`).toEqual(reckoned(lines));
    expect(record.violations).toEqual([]);
    expect(record.convergedMs).toBeGreaterThanOrEqual(record.writesStoppedMs);
    expect(record.writes).toBeGreaterThan(5);
    expect(new Set(record.samples.at(-1)?.events)).toEqual(new Set([record.writes]));
  },
  60_000,
);

test("one seed is one run, whether anybody reads its trace or not", async () => {
  const said = { ...stormy, seed: first };
  const [one, again] = [await run(said), await run(said)];
  const unread = await runSim({ settings: { ...defaultSettings, ...said }, hasher, settled });
  const other = await run({ ...said, seed: first + 1 });
  expect(one.record.traceHash).toMatch(/^[0-9a-f]{16}$/);
  expect(again.lines).toEqual(one.lines);
  expect(again.record).toEqual(one.record);
  expect(unread).toEqual(one.record);
  expect(other.record.traceHash).not.toBe(one.record.traceHash);
}, 60_000);

test("peers that cannot meet are told of, and what only one of them has is not lost", async () => {
  // All links of the peer that writes first fail at once, and stay so.
  const said = {
    peers: 2,
    writeIntervalMs: 0,
    failurePeriodMs: 1,
    recoveryDelayMs: 60_000,
    durationMs: 5_000,
    quiesceLastMs: 0,
    seed: first,
  };
  const { record, lines } = await run(said);
  const { way, ...figures } = record;
  expect(figures).toEqual(reckoned(lines));
  expect(record.convergedMs).toBeUndefined();
  expect(record.violations).toEqual(["at the end there are 2 roots: it may be that a longer --quiesce-last is needed"]);
  expect(record.calledOff).toBe("no");
});

test("writes go on until the quiet where nothing else is said, and nothing fails in it", async () => {
  const { record } = await run({ stopWritesAtMs: 0, durationMs: 30_000, failurePeriodMs: 2_000, recoveryDelayMs: 9_000, seed: first });
  expect(record.writesStoppedMs).toBe(20_000);
  expect(record.violations).toEqual([]);
  const late = record.links.filter(({ atMs, state }) => state === "down" && atMs > 20_000 + 100);
  expect(late).toEqual([]);
  // As long as was said, also where it failed once more meanwhile.
  for (const { atMs, one, other, state } of record.links) {
    const upMs = record.links.find((each) => each.one === one && each.other === other && each.atMs > atMs)?.atMs;
    if (state === "down") expect(upMs).toBeGreaterThan(Math.min(atMs + 9_000 - 1, 20_000));
  }
  expect(record.links.filter(({ state }) => state === "down").length).toBeGreaterThan(0);
});

test("it tells how far it is, and ends where it is called off, or as soon as all hold the same", async () => {
  const told: SimProgress[] = [];
  const signal = { aborted: false };
  const progress = (each: SimProgress): void => {
    told.push(each);
    signal.aborted = each.atMs >= 3_000;
  };
  const calledOff = await runSim({ settings: { ...defaultSettings, seed: first }, hasher, settled, progress, signal });
  expect(told.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000]);
  expect(told.at(-1)).toMatchObject({ durationMs: 60_000, violations: 0, writes: calledOff.writes });
  expect(calledOff.endedMs).toBeLessThan(4_000);
  expect([calledOff.violations, calledOff.calledOff]).toEqual([[], "yes"]);
  const met = await runSim({ settings: { ...defaultSettings, seed: first, peers: 12 }, hasher, settled, ends: "met" });
  expect(met.convergedMs).toBe(met.endedMs);
  expect(met.violations).toEqual([]);
});

test("settings that cannot be run are refused", async () => {
  await expect(run({ peers: 0 })).rejects.toThrow("peers: 0 is not from 1 to 10000");
});
