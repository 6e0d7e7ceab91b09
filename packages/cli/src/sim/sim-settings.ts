import {
  defaultSettings,
  durationText,
  type SimSettings,
  settingsFrom,
  shareText,
  simProfiles,
  topologyOf,
  topologyText,
} from "@sinter/simulator";
import { usage } from "../terminal/failure.js";
import type { SettingFlags } from "./sim-flags.js";

// From flags to settings, and back.

const plain = defaultSettings;

/** Of names in settings, the flags that say them. */
const flagOf: Readonly<Record<string, string>> = {
  peers: "--nodes",
  topology: "--topology",
  durationMs: "--duration",
  writeIntervalMs: "--write-interval",
  syncIntervalMs: "--sync-interval",
  heartbeatMs: "--heartbeat",
  suspectMs: "--suspect-timeout",
  chunkBytes: "--delta-chunk-bytes",
  windowChunks: "--delta-window-chunks",
  retransMs: "--retrans-timeout",
  reconciler: "--reconciler",
  loss: "--loss",
  duplication: "--dup",
  reordering: "--reorder",
  delayMs: "--delay",
  jitterMs: "--jitter",
  failurePeriodMs: "--failure-period",
  recoveryDelayMs: "--recovery-delay",
  stopWritesAtMs: "--stop-writes-at",
  quiesceLastMs: "--quiesce-last",
  keys: "--keys",
  seed: "--seed",
};

export function settingsOf(flags: SettingFlags, seed: number): SimSettings {
  if (flags.descent !== undefined && flags.reconciler !== undefined)
    throw usage("--descent and --reconciler both say how differences are found", "Give one of them.");
  const { profile } = flags;
  const weather = given({
    loss: flags.loss,
    duplication: flags.dup,
    reordering: flags.reorder,
    delayMs: flags.delay,
    jitterMs: flags.jitter,
  });
  const before = (profile === undefined ? undefined : simProfiles[profile].weather) ?? plain.weather;
  const said = given({
    peers: flags.nodes,
    topology: flags.topology === undefined ? undefined : topologyNamed(flags.topology),
    durationMs: flags.duration,
    writeIntervalMs: flags.writeInterval,
    syncIntervalMs: flags.syncInterval,
    heartbeatMs: flags.heartbeat,
    suspectMs: flags.suspectTimeout,
    chunkBytes: flags.deltaChunkBytes,
    windowChunks: flags.deltaWindowChunks,
    retransMs: flags.retransTimeout,
    reconciler: flags.descent === undefined ? flags.reconciler : flags.descent === "true" ? ("descent" as const) : ("buckets" as const),
    failurePeriodMs: flags.failurePeriod,
    recoveryDelayMs: flags.recoveryDelay,
    stopWritesAtMs: flags.stopWritesAt,
    quiesceLastMs: flags.quiesceLast,
    keys: flags.keys,
  });
  const answer = settingsFrom({ ...said, weather: { ...before, ...weather }, seed }, profile);
  if (answer.kind === "settings") return answer.settings;
  throw usage(
    `${flagOf[answer.what] ?? answer.what} cannot be: ${answer.reason}`,
    "Give another value; sinter sim --help says what each is.",
  );
}

function topologyNamed(text: string): SimSettings["topology"] {
  const topology = topologyOf(text);
  if (topology === undefined) throw usage(`--topology ${text} is none`, "Give ring, line, star, mesh or random:K, such as random:4.");
  return topology;
}

/** Without what was not said. */
function given<T extends object>(said: T): { readonly [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: NonNullable<T[Name]>;
  };
}

/** The flags that say what is not so by itself: the shortest line that runs the same again. */
export function flagsOf(settings: SimSettings): readonly string[] {
  const times = [
    "durationMs",
    "writeIntervalMs",
    "syncIntervalMs",
    "heartbeatMs",
    "suspectMs",
    "retransMs",
    "failurePeriodMs",
    "recoveryDelayMs",
    "stopWritesAtMs",
    "quiesceLastMs",
  ] as const;
  const numbers = ["peers", "chunkBytes", "windowChunks"] as const;
  const pairs: [string, string][] = [["seed", String(settings.seed)]];
  for (const name of numbers) if (settings[name] !== plain[name]) pairs.push([name, String(settings[name])]);
  // What is not said is cut to a run that is short.
  const cut: readonly string[] = settings.durationMs < plain.durationMs ? ["stopWritesAtMs", "quiesceLastMs"] : [];
  for (const name of times) if (settings[name] !== plain[name] || cut.includes(name)) pairs.push([name, durationText(settings[name])]);
  if (topologyText(settings.topology) !== topologyText(plain.topology)) pairs.push(["topology", topologyText(settings.topology)]);
  if (settings.reconciler !== undefined) pairs.push(["reconciler", settings.reconciler]);
  for (const name of ["loss", "duplication", "reordering"] as const)
    if (settings.weather[name] > 0) pairs.push([name, shareText(settings.weather[name])]);
  for (const name of ["delayMs", "jitterMs"] as const)
    if (settings.weather[name] > 0) pairs.push([name, durationText(settings.weather[name])]);
  if (settings.keys.join() !== plain.keys.join()) pairs.push(["keys", settings.keys.join()]);
  return pairs.flatMap(([name, value]) => [flagOf[name] as string, value]);
}
