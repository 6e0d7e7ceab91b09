import { defaultSettings, type SimSettings, settingsFrom } from "@sinter/simulator";
import { expect, test } from "vitest";
import { shrunk } from "./shrink.js";

const stormy: SimSettings = {
  ...defaultSettings,
  peers: 40,
  failurePeriodMs: 5_000,
  weather: { loss: 0.1, duplication: 0.1, reordering: 0.1, delayMs: 10, jitterMs: 20 },
};

test("what a failure needs is kept, all else goes", async () => {
  const tried: SimSettings[] = [];
  const { settings, tries } = await shrunk(stormy, async (each) => {
    tried.push(each);
    return each.peers >= 7 && each.weather.duplication > 0 && each.durationMs >= 14_000;
  });
  expect(settings).toMatchObject({ peers: 7, failurePeriodMs: 0, keys: ["A"], quiesceLastMs: defaultSettings.quiesceLastMs });
  expect(settings.weather).toEqual({ loss: 0, duplication: 0.1, reordering: 0, delayMs: 0, jitterMs: 0 });
  expect(settings.durationMs).toBeLessThan(21_000);
  expect(tries).toBe(tried.length);
  for (const each of tried) expect(settingsFrom(each).kind).toBe("settings");
});

test("a run that fails whatever is done becomes the smallest there is, and one that cannot be made smaller stays", async () => {
  const { settings } = await shrunk(stormy, async () => true);
  expect([settings.peers, settings.durationMs - settings.quiesceLastMs]).toEqual([2, 1_875]);
  expect((await shrunk(stormy, async () => false)).settings).toBe(stormy);
});

test("tries have an end", async () => {
  const { settings, tries } = await shrunk({ ...stormy, peers: 10_000 }, async (each) => each.peers > 9_900);
  expect(tries).toBe(60);
  expect([settings.peers < 10_000, settings.peers > 9_900]).toEqual([true, true]);
});
