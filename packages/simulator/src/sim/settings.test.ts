import { expect, test } from "vitest";
import { simPeersMax } from "../limits.js";
import type { SimSettings } from "./record.js";
import { defaultSettings, faultIn, knobsOf, settingsFrom, simProfileNames, writesStopMs } from "./settings.js";

const seed = Number(process.env["SINTER_SEED"] ?? 1);
console.log(`seed ${seed}`);

test("what is taken by itself can be run, and so can every profile", () => {
  expect(faultIn(defaultSettings)).toBeUndefined();
  for (const profile of simProfileNames) expect(settingsFrom({}, profile).kind, profile).toBe("settings");
});

test("what is said counts more than a profile, and a profile more than what is taken by itself", () => {
  const answer = settingsFrom({ peers: 9, retransMs: 777 }, "radio");
  expect(answer).toMatchObject({
    kind: "settings",
    settings: { peers: 9, retransMs: 777, syncIntervalMs: 60_000, weather: { loss: 0.1 }, keys: defaultSettings.keys },
  });
});

const wrong: readonly (readonly [said: Partial<SimSettings>, what: string, reason: string])[] = [
  [{ peers: 0 }, "peers", "0 is not from 1 to 10000"],
  [{ peers: simPeersMax + 1 }, "peers", "10001 is not from 1 to 10000"],
  [{ peers: 2.5 }, "peers", "2.5 is no whole number"],
  [{ durationMs: Number.NaN }, "durationMs", "NaN is no whole number of milliseconds"],
  [{ durationMs: 86_400_001 }, "durationMs", "24h0m0.001s is not from 1ms to 24h0m0s"],
  [{ writeIntervalMs: -1 }, "writeIntervalMs", "-1ms is not from 0s to 24h0m0s"],
  [{ syncIntervalMs: 0 }, "syncIntervalMs", "0s is not from 1ms to 24h0m0s"],
  [{ heartbeatMs: 15_001 }, "heartbeatMs", "15.001s is not from 1ms to 15s"],
  [{ suspectMs: 30_001 }, "suspectMs", "30.001s is not from 1ms to 30s"],
  [{ suspectMs: 750 }, "suspectMs", "750ms is no more than a heartbeat of 750ms: everybody would be suspected"],
  [{ chunkBytes: 63 }, "chunkBytes", "63 is not from 64 to 524288"],
  [{ windowChunks: 0 }, "windowChunks", "0 is not from 1 to 1024"],
  [{ retransMs: 99 }, "retransMs", "99ms is not from 100ms to 24h0m0s"],
  [{ failurePeriodMs: -1 }, "failurePeriodMs", "-1ms is not from 0s to 24h0m0s"],
  [{ recoveryDelayMs: -1 }, "recoveryDelayMs", "-1ms is not from 0s to 24h0m0s"],
  [{ stopWritesAtMs: -1 }, "stopWritesAtMs", "-1ms is not from 0s to 24h0m0s"],
  [{ quiesceLastMs: 60_001 }, "quiesceLastMs", "1m0.001s is not from 0s to 1m0s"],
  [{ seed: -1 }, "seed", "-1 is not from 0 to 9007199254740991"],
  [{ weather: { ...defaultSettings.weather, loss: 1.1 } }, "loss", "1.1 is no share from 0 to 1"],
  [{ weather: { ...defaultSettings.weather, loss: 1 } }, "loss", "where all is lost nothing can be said"],
  [{ weather: { ...defaultSettings.weather, duplication: Number.NaN } }, "duplication", "NaN is no share from 0 to 1"],
  [{ weather: { ...defaultSettings.weather, reordering: -0.1 } }, "reordering", "-0.1 is no share from 0 to 1"],
  [{ weather: { ...defaultSettings.weather, delayMs: 60_001 } }, "delayMs", "1m0.001s is not from 0s to 1m0s"],
  [{ weather: { ...defaultSettings.weather, jitterMs: 0.5 } }, "jitterMs", "0.5 is no whole number of milliseconds"],
  [{ keys: [] }, "keys", "0 of them, where 1 to 1024 are allowed"],
  [{ keys: ["A", ""] }, "keys", "a key of 0 characters, where 1 to 256 are allowed"],
  [{ keys: ["A", "B", "A"] }, "keys", "one of them comes twice"],
  [{ keys: ["a key"] }, "keys", "a key with a blank in it"],
  [{ topology: { kind: "random", links: 0 } }, "topology", "0 links for each peer: it is a whole number from 1"],
  [{ peers: 1_000, topology: { kind: "mesh" } }, "topology", "499500 links, where 100000 are allowed"],
  [{ reconciler: "guess" as never }, "reconciler", "guess is none of frontier, descent, buckets, sketch"],
];

test.each(wrong)("%j is refused, with a reason", (said, what, reason) => {
  expect(settingsFrom(said)).toEqual({ kind: "wrong", what, reason });
});

test("writes stop when that was said, never into the quiet, and never at half of the time by themselves", () => {
  const at = (said: Partial<SimSettings>): number => writesStopMs({ ...defaultSettings, ...said });
  expect(at({})).toBe(30_000);
  expect(at({ stopWritesAtMs: 0 })).toBe(50_000);
  expect(at({ stopWritesAtMs: 45_000 })).toBe(45_000);
  expect(at({ stopWritesAtMs: 55_000 })).toBe(50_000);
  expect(at({ stopWritesAtMs: 0, quiesceLastMs: 0 })).toBe(60_000);
});

test("the core of sync goes by them", () => {
  const { syncIntervalMs: intervalMs, ...rest } = { ...defaultSettings, windowChunks: 3, reconciler: "sketch" as const };
  const { chunkBytes, windowChunks, retransMs, heartbeatMs, suspectMs, reconciler } = rest;
  const knobs = { chunkBytes, windowChunks, retransMs, heartbeatMs, suspectMs, intervalMs, reconciler };
  expect(knobsOf({ ...rest, syncIntervalMs: intervalMs })).toEqual(knobs);
});

test("a quiet and an end of writes that nobody said are cut to a shorter run, and those that were said are not", () => {
  const times = (said: Partial<SimSettings>): unknown => {
    const answer = settingsFrom(said);
    return answer.kind === "wrong" ? answer.what : [answer.settings.quiesceLastMs, answer.settings.stopWritesAtMs];
  };
  expect(times({})).toEqual([10_000, 30_000]);
  expect(times({ durationMs: 20_000 })).toEqual([10_000, 10_000]);
  expect(times({ durationMs: 5_000 })).toEqual([833, 4_167]);
  expect(times({ durationMs: 5_000, stopWritesAtMs: 30_000 })).toEqual([833, 30_000]);
  expect(times({ durationMs: 5_000, quiesceLastMs: 10_000 })).toBe("quiesceLastMs");
});
