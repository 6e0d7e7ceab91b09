import { defaultSettings, type SimSettings, simProfileNames, simProfiles } from "@sinter/simulator";
import { Command } from "commander";
import { expect, test } from "vitest";
import { defaultTexts, profileNames, type SettingFlags, withSettingFlags } from "./sim-flags.js";
import { flagsOf, settingsOf } from "./sim-settings.js";

const parsed = (...argv: readonly string[]): SettingFlags =>
  withSettingFlags(
    new Command()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .option("--seed <n>"),
    Number,
  )
    .parse(argv, { from: "user" })
    .opts<SettingFlags>();

test("the defaults that the help tells are those that hold", () => {
  const all = Object.entries(defaultTexts).flatMap(([name, text]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    text,
  ]);
  expect(settingsOf(parsed(...all), 1)).toEqual(defaultSettings);
  expect(settingsOf(parsed(), 1)).toEqual(defaultSettings);
  expect(profileNames).toEqual(simProfileNames);
});

test("flags count more than a profile, one by one", () => {
  const settings = settingsOf(parsed("--profile", "radio", "--loss", "0", "--nodes", "9"), 3);
  expect(settings.weather).toEqual({ ...simProfiles.radio.weather, loss: 0 });
  expect(settings).toMatchObject({ peers: 9, seed: 3, chunkBytes: simProfiles.radio.chunkBytes, durationMs: simProfiles.radio.durationMs });
});

test("descent is a reconciler, and so is its lack", () => {
  expect(
    [["--descent", "true"], ["--descent", "false"], ["--reconciler", "sketch"], []].map(
      (argv) => settingsOf(parsed(...argv), 1).reconciler,
    ),
  ).toEqual(["descent", "buckets", "sketch", undefined]);
});

test("the flags of settings make the same settings", () => {
  const strange: SimSettings = {
    ...defaultSettings,
    seed: 42,
    peers: 12,
    topology: { kind: "random", links: 4 },
    durationMs: 90_500,
    writeIntervalMs: 1_250,
    syncIntervalMs: 3_600_000,
    heartbeatMs: 200,
    suspectMs: 999,
    chunkBytes: 1_000,
    windowChunks: 3,
    retransMs: 150,
    reconciler: "sketch",
    weather: { loss: 0.125, duplication: 0.05, reordering: 0.1, delayMs: 3, jitterMs: 20 },
    failurePeriodMs: 4_000,
    recoveryDelayMs: 700,
    stopWritesAtMs: 0,
    quiesceLastMs: 8_000,
    keys: ["x", "y"],
  };
  expect(settingsOf(parsed(...flagsOf(strange)), 42)).toEqual(strange);
  expect(flagsOf(defaultSettings)).toEqual(["--seed", "1"]);
  // Times that are cut when they are not said.
  const brief: SimSettings = { ...defaultSettings, durationMs: 10_000, weather: { ...defaultSettings.weather, loss: 1e-7 } };
  expect(settingsOf(parsed(...flagsOf(brief)), 1)).toEqual(brief);
});
