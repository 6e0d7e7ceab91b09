import { defaultKnobs, reconcilers, type SyncKnobs, silentLinkMsMax, syncPieceBytesMax } from "@sinter/core";
import {
  simChunkBytesMin,
  simDurationMsMax,
  simIntervalMsMax,
  simKeyCharsMax,
  simKeysMax,
  simLinksMax,
  simPeersMax,
  simRetransMsMin,
  simSeedMax,
  simWeatherMsMax,
  simWindowChunksMax,
} from "../limits.js";
import type { SimSettings } from "./record.js";
import { durationText } from "./summary.js";

// What a run is made of: what is taken where nothing is said, ready-made weathers, and whether what was said can be run at all.

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** The quiet takes so much of the run by itself. */
const QUIET_PART = 6;

/** As the prior art has them, so that its figures and ours can be laid side by side. */
export const defaultSettings: SimSettings = {
  peers: 5,
  topology: { kind: "ring" },
  durationMs: 60 * SECOND_MS,
  writeIntervalMs: 3 * SECOND_MS,
  syncIntervalMs: 7 * SECOND_MS,
  heartbeatMs: 750,
  suspectMs: 2_250,
  chunkBytes: 64 * 1024,
  windowChunks: 1,
  retransMs: 2 * SECOND_MS,
  reconciler: undefined,
  weather: { loss: 0, duplication: 0, reordering: 0, delayMs: 0, jitterMs: 0 },
  failurePeriodMs: 0,
  recoveryDelayMs: 5 * SECOND_MS,
  stopWritesAtMs: 30 * SECOND_MS,
  quiesceLastMs: 10 * SECOND_MS,
  keys: ["A", "B", "C", "D", "E", "F", "G", "H"],
  seed: 1,
};

export const simProfileNames = ["lan", "wan", "radio"] as const;
export type SimProfileName = (typeof simProfileNames)[number];

/** Weather, and the times that go with it: what is said by itself counts more than what comes of a profile. */
export const simProfiles: Readonly<Record<SimProfileName, Partial<SimSettings>>> = {
  lan: { weather: { loss: 0, duplication: 0, reordering: 0, delayMs: 0, jitterMs: 1 } },
  wan: { weather: { loss: 0.01, duplication: 0.001, reordering: 0.01, delayMs: 40, jitterMs: 20 }, windowChunks: 16 },
  radio: {
    weather: { loss: 0.1, duplication: 0.01, reordering: 0.05, delayMs: 500, jitterMs: 500 },
    durationMs: 10 * MINUTE_MS,
    writeIntervalMs: 30 * SECOND_MS,
    syncIntervalMs: 60 * SECOND_MS,
    heartbeatMs: 5 * SECOND_MS,
    suspectMs: 15 * SECOND_MS,
    chunkBytes: 1_024,
    windowChunks: 4,
    retransMs: 4 * SECOND_MS,
    stopWritesAtMs: 5 * MINUTE_MS,
    quiesceLastMs: 3 * MINUTE_MS,
  },
};

export type SettingsAnswer =
  | { readonly kind: "settings"; readonly settings: SimSettings }
  /** `what` is a name of `SimSettings`, or of its weather. */
  | { readonly kind: "wrong"; readonly what: string; readonly reason: string };

/** What was said over what the profile says over what is taken by itself, if that can be run. */
export function settingsFrom(said: Partial<SimSettings>, profile?: SimProfileName): SettingsAnswer {
  const whole: SimSettings = { ...defaultSettings, ...(profile === undefined ? {} : simProfiles[profile]), ...said };
  const settings = { ...whole, ...fittingTimes(whole, said) };
  const wrong = faultIn(settings);
  return wrong === undefined ? { kind: "settings", settings } : { kind: "wrong", ...wrong };
}

/** Times that nobody said, cut to a run that is shorter than they are. */
function fittingTimes({ durationMs, quiesceLastMs, stopWritesAtMs }: SimSettings, said: Partial<SimSettings>): Partial<SimSettings> {
  const isLong = said.quiesceLastMs === undefined && quiesceLastMs >= durationMs;
  const quietMs = isLong ? Math.floor(durationMs / QUIET_PART) : quiesceLastMs;
  const untilQuietMs = Math.max(0, durationMs - quietMs);
  return {
    quiesceLastMs: quietMs,
    stopWritesAtMs: said.stopWritesAtMs === undefined ? Math.min(stopWritesAtMs, untilQuietMs) : stopWritesAtMs,
  };
}

interface Fault {
  readonly what: string;
  readonly reason: string;
}

/** What is wrong with them, and why. */
export function faultIn(settings: SimSettings): Fault | undefined {
  for (const [what, least, most] of bounds(settings)) {
    const reason = outside(what, settings[what], [least, most]);
    if (reason !== undefined) return { what, reason };
  }
  return shareFault(settings) ?? pairFault(settings) ?? keysFault(settings) ?? linksFault(settings);
}

type Numbers = { readonly [Name in keyof SimSettings]: SimSettings[Name] extends number ? Name : never }[keyof SimSettings];

function bounds({ durationMs }: SimSettings): readonly (readonly [Numbers, number, number])[] {
  return [
    ["peers", 1, simPeersMax],
    ["durationMs", 1, simDurationMsMax],
    ["writeIntervalMs", 0, simIntervalMsMax],
    ["syncIntervalMs", 1, simIntervalMsMax],
    // A link on which nothing is heard for so long is closed.
    ["heartbeatMs", 1, silentLinkMsMax / 2],
    ["suspectMs", 1, silentLinkMsMax],
    ["chunkBytes", simChunkBytesMin, syncPieceBytesMax],
    ["windowChunks", 1, simWindowChunksMax],
    ["retransMs", simRetransMsMin, simIntervalMsMax],
    ["failurePeriodMs", 0, simIntervalMsMax],
    ["recoveryDelayMs", 0, simIntervalMsMax],
    ["stopWritesAtMs", 0, simDurationMsMax],
    ["quiesceLastMs", 0, durationMs],
    ["seed", 0, simSeedMax],
  ];
}

function outside(what: string, value: number, [least, most]: readonly [number, number]): string | undefined {
  const isTime = what.endsWith("Ms");
  if (!Number.isInteger(value)) return `${value} is no whole number${isTime ? " of milliseconds" : ""}`;
  const text = isTime ? flagText : String;
  return value < least || value > most ? `${text(value)} is not from ${text(least)} to ${text(most)}` : undefined;
}

/** As a flag takes it. */
function flagText(ms: number): string {
  return ms < 0 ? `-${durationText(-ms)}` : durationText(ms);
}

function shareFault({ weather }: SimSettings): Fault | undefined {
  for (const what of ["loss", "duplication", "reordering"] as const) {
    const share = weather[what];
    if (!(share >= 0 && share <= 1)) return { what, reason: `${share} is no share from 0 to 1` };
  }
  for (const what of ["delayMs", "jitterMs"] as const) {
    const reason = outside(what, weather[what], [0, simWeatherMsMax]);
    if (reason !== undefined) return { what, reason };
  }
  return weather.loss === 1 ? { what: "loss", reason: "where all is lost nothing can be said" } : undefined;
}

/** Of two that have to fit each other. */
function pairFault({ heartbeatMs, suspectMs, reconciler }: SimSettings): Fault | undefined {
  if (suspectMs <= heartbeatMs)
    return {
      what: "suspectMs",
      reason: `${flagText(suspectMs)} is no more than a heartbeat of ${flagText(heartbeatMs)}: everybody would be suspected`,
    };
  if (reconciler !== undefined && !reconcilers.includes(reconciler))
    return { what: "reconciler", reason: `${reconciler} is none of ${reconcilers.join(", ")}` };
  return undefined;
}

function keysFault({ keys }: SimSettings): Fault | undefined {
  const what = "keys";
  if (keys.length === 0 || keys.length > simKeysMax)
    return { what, reason: `${keys.length} of them, where 1 to ${simKeysMax} are allowed` };
  for (const key of keys)
    if (key === "" || key.length > simKeyCharsMax)
      return { what, reason: `a key of ${key.length} characters, where 1 to ${simKeyCharsMax} are allowed` };
  // In a trace a blank ends a word.
  if (keys.some((key) => /\s/.test(key))) return { what, reason: "a key with a blank in it" };
  return new Set(keys).size < keys.length ? { what, reason: "one of them comes twice" } : undefined;
}

function linksFault({ topology, peers }: SimSettings): Fault | undefined {
  const what = "topology";
  const many = topology.kind === "mesh" ? (peers * (peers - 1)) / 2 : topology.kind === "random" ? (peers * topology.links) / 2 : peers;
  if (topology.kind === "random" && !(Number.isInteger(topology.links) && topology.links >= 1))
    return { what, reason: `${topology.links} links for each peer: it is a whole number from 1` };
  return many > simLinksMax ? { what, reason: `${Math.ceil(many)} links, where ${simLinksMax} are allowed` } : undefined;
}

/** When nobody writes any more: when it was said, and never into the quiet at the end. */
export function writesStopMs({ stopWritesAtMs, durationMs, quiesceLastMs }: SimSettings): number {
  const quiet = durationMs - quiesceLastMs;
  return stopWritesAtMs > 0 ? Math.min(stopWritesAtMs, quiet) : quiet;
}

/** What of them the core of sync goes by. */
export function knobsOf({
  chunkBytes,
  windowChunks,
  retransMs,
  heartbeatMs,
  suspectMs,
  syncIntervalMs,
  reconciler,
}: SimSettings): SyncKnobs {
  return { ...defaultKnobs, chunkBytes, windowChunks, retransMs, heartbeatMs, suspectMs, intervalMs: syncIntervalMs, reconciler };
}
