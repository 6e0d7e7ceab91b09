import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convergenceSeconds, defaultSettings, type SimRecord, type SimSettings, settingsFrom } from "@sinter/simulator";
import { afterAll, expect, test } from "vitest";
import { runOnSockets } from "./socket-run.js";

// Peers that ship, on real sockets of this machine, in real time.

const brief = { durationMs: 12_000, stopWritesAtMs: 6_000, quiesceLastMs: 5_000, writeIntervalMs: 1_000 };

function settings(said: Partial<SimSettings>): SimSettings {
  const answer = settingsFrom({ ...brief, ...said });
  if (answer.kind === "wrong") throw new Error(`${answer.what}: ${answer.reason}`);
  return answer.settings;
}

/** Of its own: others run peers on this machine, too. */
const stores = mkdtempSync(join(tmpdir(), "socket-run-"));
process.env["TMPDIR"] = stores;
afterAll(() => rmSync(stores, { recursive: true, force: true }));
const left = () => readdirSync(stores);

function expectSound({ violations, convergedMs, samples, links, settings: { peers } }: SimRecord): void {
  expect([violations, convergedMs === undefined]).toEqual([[], false]);
  const last = samples.at(-1);
  expect([new Set(last?.roots).size, new Set(last?.events).size]).toEqual([1, 1]);
  // A ring: each link is told of by both its ends, and is one.
  expect(links.filter(({ state }) => state === "up").length).toBeGreaterThanOrEqual(peers);
  expect(links.every(({ one, other }) => one >= 0 && other > one)).toBe(true);
}

/** A few frames that keep a link warm. */
const ON_ITS_WAY_BYTES = 1_000;

test("five peers, with the knobs that hold by themselves, are one soon after the last write", async () => {
  const before = left();
  const record = await runOnSockets({ settings: settings({}), basePort: 0 });
  expectSound(record);
  const { writes, samples, traffic, faults, traceHash } = record;
  // Not by the next round of sync, which is seven seconds off. How soon exactly, a test says that has the machine to itself.
  expect(convergenceSeconds(record)).toBeLessThan(3);
  expect([record.writesStoppedMs >= brief.stopWritesAtMs, record.writesStoppedMs < record.endedMs - 1_000]).toEqual([true, true]);
  // Each first write of a peer is one of its own; a sample counts what the application wrote and nothing else.
  expect([samples.at(-1)?.events[0], samples.length, faults, traceHash]).toEqual([writes, 13, {}, ""]);
  const [sent, received] = [
    traffic.reduce((sum, each) => sum + each.sentBytes, 0),
    traffic.reduce((sum, each) => sum + each.receivedBytes, 0),
  ];
  // What was on its way when all was over had not come.
  expect(received).toBeGreaterThan(0);
  expect(sent - received).toBeGreaterThanOrEqual(0);
  expect(sent - received).toBeLessThan(ON_ITS_WAY_BYTES);
  expect(left()).toEqual(before);
});

test("ten peers in a storm, whose links fail too, come to hold the same", async () => {
  const weather = { loss: 0.1, duplication: 0.05, reordering: 0.1, delayMs: 0, jitterMs: 20 };
  const stormy = settings({
    peers: 10,
    weather,
    failurePeriodMs: 1_500,
    recoveryDelayMs: 800,
    retransMs: 300,
    syncIntervalMs: 1_000,
    durationMs: 20_000,
    quiesceLastMs: 13_000,
    seed: 3,
  });
  const seen: number[] = [];
  const record = await runOnSockets({ settings: stormy, basePort: 0, progress: ({ atMs }) => seen.push(atMs) });
  expectSound(record);
  for (const kind of ["loss", "duplication", "reordering", "link-failure"])
    expect([kind, (record.faults[kind] ?? 0) > 0]).toEqual([kind, true]);
  expect(record.links.filter(({ state }) => state === "down").length).toBeGreaterThan(0);
  // What fails comes up again in time.
  const ups = record.links.filter(({ state }) => state === "up").length;
  expect(ups - record.links.filter(({ state }) => state === "down").length).toBe(10);
  expect(seen.length).toBeGreaterThan(10);
});

test("a run that is called off ends, and leaves nothing behind", async () => {
  const before = left();
  const signal = { aborted: false };
  const record = await runOnSockets({
    settings: settings({ peers: 2, topology: { kind: "line" }, durationMs: defaultSettings.durationMs }),
    basePort: 0,
    signal,
    progress: ({ atMs }) => {
      if (atMs > 1_500) signal.aborted = true;
    },
  });
  expect([record.endedMs < 20_000, record.convergedMs, record.violations, record.calledOff]).toEqual([true, undefined, [], "yes"]);
  expect(left()).toEqual(before);
});

test("peers that never hear of each other are told of", async () => {
  const deaf = settings({
    peers: 2,
    weather: { loss: 0.999, duplication: 0, reordering: 0, delayMs: 0, jitterMs: 0 },
    durationMs: 4_000,
    stopWritesAtMs: 2_000,
    quiesceLastMs: 1_000,
    writeIntervalMs: 200,
  });
  const { violations, convergedMs } = await runOnSockets({ settings: deaf, basePort: 0 });
  expect([convergedMs, violations]).toEqual([
    undefined,
    ["at the end there are 2 roots: it may be that a longer --quiesce-last is needed"],
  ]);
});
