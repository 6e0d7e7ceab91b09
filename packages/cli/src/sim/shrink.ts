import type { SimSettings } from "@sinter/simulator";

// A failing run made smaller: fewer peers, less time, calmer weather, as long as it still fails.

export interface Shrunk {
  readonly settings: SimSettings;
  readonly tries: number;
}

const TRIES = 60;
const LEAST_PEERS = 2;
const LEAST_WRITING_MS = 1_000;

/** `fails` is given what is tried; a run that cannot be is none that fails. */
export async function shrunk(settings: SimSettings, fails: (tried: SimSettings) => Promise<boolean>): Promise<Shrunk> {
  let [smallest, tries] = [settings, 0];
  for (let found = true; found; ) {
    found = false;
    for (const tried of smallerThan(smallest)) {
      if (tries >= TRIES) return { settings: smallest, tries };
      tries++;
      if (!(await fails(tried))) continue;
      smallest = tried;
      found = true;
      break;
    }
  }
  return { settings: smallest, tries };
}

/** One step each, those that leave out the most first. */
function smallerThan(settings: SimSettings): SimSettings[] {
  return [...lessWeather(settings), ...fewerPeers(settings), ...lessTime(settings), ...fewerKeys(settings)];
}

function lessWeather(settings: SimSettings): SimSettings[] {
  const { weather } = settings;
  const calmer = (Object.keys(weather) as (keyof typeof weather)[])
    .filter((name) => weather[name] > 0)
    .map((name) => ({ ...settings, weather: { ...weather, [name]: 0 } }));
  return settings.failurePeriodMs > 0 ? [{ ...settings, failurePeriodMs: 0 }, ...calmer] : calmer;
}

function fewerPeers(settings: SimSettings): SimSettings[] {
  const { peers } = settings;
  const counts = [...new Set([Math.floor(peers / 2), peers - 1])].filter((count) => count >= LEAST_PEERS && count < peers);
  return counts.map((count) => ({ ...settings, peers: count }));
}

/** The quiet at the end stays: a run without it would fail of itself. */
function lessTime(settings: SimSettings): SimSettings[] {
  const { durationMs, quiesceLastMs, stopWritesAtMs } = settings;
  const untilQuietMs = durationMs - quiesceLastMs;
  const shorter: SimSettings[] = [];
  // What comes behind the last write.
  if (stopWritesAtMs > 0 && stopWritesAtMs < untilQuietMs) shorter.push({ ...settings, durationMs: stopWritesAtMs + quiesceLastMs });
  const writingMs = stopWritesAtMs > 0 ? Math.min(stopWritesAtMs, untilQuietMs) : untilQuietMs;
  const halfMs = Math.floor(writingMs / 2);
  if (halfMs >= LEAST_WRITING_MS) {
    const stop = stopWritesAtMs > 0 ? halfMs : 0;
    shorter.push({ ...settings, stopWritesAtMs: stop, durationMs: durationMs - (writingMs - halfMs) });
  }
  return shorter;
}

function fewerKeys(settings: SimSettings): SimSettings[] {
  return settings.keys.length > 1 ? [{ ...settings, keys: settings.keys.slice(0, 1) }] : [];
}
