import type { SimChunk, SimRecord } from "./record.js";
import { topologyText } from "./topology.js";

// A run in a few lines, each shaped as the prior art shapes it: its script finds them by their beginnings. A figure of which there are
// no samples is `n/a`. Times are told to the microsecond, because rounds of peers that are near take no more than some of them.

const SECOND_MS = 1_000;
const MEBIBYTE_BYTES = 1_048_576;
const NONE = "n/a";
const SHARE_DIGITS = 9;

export function summaryText(record: SimRecord): string {
  return [
    ...headLines(record),
    latencyLine(record),
    convergenceLine(record),
    ...countLines(record),
    shapeLine(record),
    ...calledOffLines(record),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function headLines({ settings }: SimRecord): readonly string[] {
  const { weather } = settings;
  const [delay, jitter] = [shortDuration(weather.delayMs), shortDuration(weather.jitterMs)];
  return [
    `Nodes: ${settings.peers}`,
    `Duration: ${durationText(settings.durationMs)}`,
    `Sync interval: ${durationText(settings.syncIntervalMs)}`,
    `Write interval: ${durationText(settings.writeIntervalMs)}`,
    `HB: ${durationText(settings.heartbeatMs)}`,
    `Suspect: ${durationText(settings.suspectMs)}`,
    `Delta max: ${settings.chunkBytes}`,
    `Chaos: loss=${share(weather.loss)} dup=${share(weather.duplication)} reorder=${share(weather.reordering)} delay=${delay} jitter=${jitter}`,
    `Delta window: ${settings.windowChunks}  Retrans timeout: ${durationText(settings.retransMs)}`,
  ];
}

/** Of the rounds in the table: where some were left out, their number is told. */
function latencyLine({ rounds, leftOut }: SimRecord): string {
  const taken = rounds.map(({ latencyMs }) => latencyMs / SECOND_MS);
  const more = leftOut.rounds > 0 ? ` left_out=${leftOut.rounds}` : "";
  return `SyncLatency(s): mean=${figure(mean(taken))} stdev=${figure(deviation(taken))} samples=${taken.length}${more}`;
}

function convergenceLine(record: SimRecord): string {
  return `Convergence(s): ${figure(convergenceSeconds(record))}`;
}

/** From when writes stopped. */
export function convergenceSeconds({ convergedMs, writesStoppedMs }: SimRecord): number | undefined {
  return convergedMs === undefined ? undefined : (convergedMs - writesStoppedMs) / SECOND_MS;
}

function countLines(record: SimRecord): readonly string[] {
  const { traffic, acks, chunks, leftOut } = record;
  const sum = (of: (each: SimRecord["traffic"][number]) => number): number => traffic.reduce((all, each) => all + of(each), 0);
  const pieces = traffic.find(({ kind }) => kind === "chunk");
  const sent = pieces?.sentCount ?? 0;
  const again = sent - chunks.length - leftOut.chunks;
  const [tx, rx] = [sum(({ sentBytes }) => sentBytes), sum(({ receivedBytes }) => receivedBytes)];
  return [
    `Chunks(sent/recv/retrans): ${sent}/${pieces?.receivedCount ?? 0}/${again}  ACKs(sent/recv): ${acks.sent}/${acks.received}  Bytes(tx/rx): ${tx}/${rx}`,
    rttLine(chunks),
    endsLine(record),
    windowLine(record),
    throughputLine(record),
  ];
}

/** What the prior art knows nothing of, behind all that it knows. */
function shapeLine({ settings }: SimRecord): string {
  return `Topology: ${topologyText(settings.topology)}  Seed: ${settings.seed}  Reconciler: ${settings.reconciler ?? "cheapest"}`;
}

/** Only where there is something to tell: who knows of no such line reads the others as they are. */
function calledOffLines({ calledOff, endedMs, settings }: SimRecord): readonly string[] {
  return calledOff === "no" ? [] : [`Called off: after ${durationText(Math.round(endedMs))} of ${durationText(settings.durationMs)}`];
}

function rttLine(chunks: readonly SimChunk[]): string {
  const taken = chunks.flatMap(({ sentMs, ackMs }) => (ackMs === undefined ? [] : [(ackMs - sentMs) / SECOND_MS]));
  if (taken.length === 0) return `ChunkRTT(s): ${NONE}`;
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => figure(quantile(taken, part)));
  return `ChunkRTT(s): mean=${figure(mean(taken))} p50=${p50} p95=${p95} p99=${p99} samples=${taken.length}`;
}

function endsLine({ rounds }: SimRecord): string {
  const ends = new Map<string, number>();
  for (const { reason } of rounds) ends.set(reason, (ends.get(reason) ?? 0) + 1);
  const told = [...ends].sort(([one], [other]) => (one < other ? -1 : 1)).map(([reason, count]) => ` ${reason}=${count}`);
  return `SessionEnds:${told.length === 0 ? " (none)" : told.join("")}`;
}

/** Whenever a piece went out: how many of its stream were under way with it. */
function windowLine({ inflight }: SimRecord): string {
  const averages = inflight.flatMap(({ sum, samples }) => (samples === 0 ? [] : [sum / samples]));
  if (averages.length === 0) return `Window(inflight): ${NONE}`;
  const most = Math.max(...inflight.map(({ max }) => max));
  const [least, middle, largest] = [0, 0.5, 1].map((part) => (quantile(averages, part) as number).toFixed(2));
  const average = (mean(averages) as number).toFixed(2);
  return `Window(inflight): avg=${average} max=${most} node_avg[min..p50..max]=${least}..${middle}..${largest} (nodes=${averages.length})`;
}

/** Of whole seconds of the run, all peers together. */
function throughputLine({ throughput, endedMs, rounds, leftOut }: SimRecord): string {
  const whole = Math.floor(endedMs / SECOND_MS);
  const sessions = rounds.length + leftOut.rounds;
  if (whole === 0) return `Throughput(MiB/s): tx=${NONE} rx=${NONE} sessions=${sessions}`;
  const [tx, rx] = (["sentBytes", "receivedBytes"] as const).map((way) =>
    Array.from({ length: whole }, (_, second) => (throughput[second]?.[way] ?? 0) / MEBIBYTE_BYTES),
  ) as [number[], number[]];
  const told = (way: string, rates: readonly number[]): string =>
    `${way}_mean=${figure(mean(rates))} ${way}_p95=${figure(quantile(rates, 0.95))}`;
  return `Throughput(MiB/s): ${told("tx", tx)}  ${told("rx", rx)}  sessions=${sessions}`;
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: one alone has none. */
export function deviation(values: readonly number[]): number | undefined {
  const middle = mean(values);
  if (middle === undefined || values.length < 2) return undefined;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** Between the two values where it lies, as far as it lies between them: 0.5 is the middle. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = Float64Array.from(values).sort();
  const at = part * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at - Math.floor(at));
}

/** As Go prints one: `750ms`, `2.25s`, `1m0s`. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1) return `${Math.round(ms * 1_000)}µs`;
  if (ms < SECOND_MS) return `${ms}ms`;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const seconds = `${Math.round(ms % 60_000) / SECOND_MS}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** The same, where who reads it knows of no point in it. */
function shortDuration(ms: number): string {
  const text = durationText(ms);
  return text.includes(".") ? `${Math.round(ms)}ms` : text;
}

/** As a flag takes it: without an exponent, however small. */
export function shareText(value: number): string {
  return value.toFixed(SHARE_DIGITS).replace(/\.?0+$/, "");
}

/** At least two digits, and as many as it takes. */
function share(value: number): string {
  const short = value.toFixed(2);
  return Number(short) === value ? short : shareText(value);
}

function figure(value: number | undefined): string {
  return value === undefined ? NONE : value.toFixed(6);
}
