import type { SimRecord } from "../sim/record.js";
import { convergenceSeconds, quantile, shareText } from "../sim/summary.js";
import { topologyText } from "../sim/topology.js";
import { timeText } from "./drawing.js";
import { lagNote, lagPlot } from "./lag-plot.js";
import { latencyPlot } from "./latency-plot.js";
import { linkNote, linkPlot } from "./link-plot.js";
import { columns, type Figure, figures, heading, page, paragraph, plots, table } from "./page.js";
import { rootNote, rootPlot } from "./root-plot.js";
import { trafficPlot } from "./traffic-plot.js";

// One run as a page: what came of it, plots of how, and what it was made of.

export function simReport(record: SimRecord): string {
  const { settings, way, rounds, traffic, violations } = record;
  const end = violations.length > 0 ? "violations" : record.convergedMs === undefined ? "not converged" : "converged";
  const isWhole = record.calledOff === "no";
  const verdict = isWhole ? end : `called off, ${end} until then`;
  const time = isWhole ? timeText(record.endedMs) : `called off after ${timeText(record.endedMs)} of ${timeText(settings.durationMs)}`;
  return page({
    title: `Sinter simulation: ${settings.peers} peers, seed ${settings.seed}: ${verdict}`,
    lead: `${way === "virtual" ? "Virtual time and network" : "Real sockets on this machine"}, ${topologyText(settings.topology)}, ${time}.`,
    parts: [
      figures(headline(record)),
      ...violationParts(violations),
      plots([
        { svg: rootPlot(record), note: joined(rootNote(record), leftOutNote(record.leftOut.samples, "moments")) },
        { svg: lagPlot(record), note: lagNote(record) },
        { svg: latencyPlot(rounds), note: leftOutNote(record.leftOut.rounds, "rounds") },
        { svg: trafficPlot(traffic), note: undefined },
        { svg: linkPlot(record), note: joined(linkNote(record), leftOutNote(record.leftOut.links, "changes of links")) },
      ]),
      heading("Tables"),
      columns([
        table({ caption: "How rounds ended", head: ["reason", "rounds"], rows: countedReasons(record) }),
        table({
          caption: "Messages",
          head: ["kind", "code", "sent", "bytes sent", "received", "bytes received"],
          rows: traffic.map((each) => [
            each.kind,
            `0x${each.code.toString(16).padStart(2, "0")}`,
            each.sentCount,
            each.sentBytes,
            each.receivedCount,
            each.receivedBytes,
          ]),
        }),
        table({ caption: "Faults", head: ["kind", "times"], rows: Object.entries(record.faults) }),
        table({ caption: "Settings", head: ["setting", "value"], rows: settingRows(record) }),
      ]),
    ],
  });
}

function headline(record: SimRecord): Figure[] {
  const { rounds, chunks, leftOut, traffic, violations, writes } = record;
  const convergence = convergenceSeconds(record);
  const latencies = rounds.map(({ latencyMs }) => latencyMs);
  const share = (part: number) => {
    const ms = quantile(latencies, part);
    return ms === undefined ? "n/a" : timeText(ms);
  };
  const sent = traffic.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  const pieces = chunks.length + leftOut.chunks;
  const again = (traffic.find(({ kind }) => kind === "chunk")?.sentCount ?? pieces) - pieces;
  return [
    {
      name: "Converged after writes stopped",
      value: convergence === undefined ? (record.calledOff === "yes" ? "not yet" : "never") : timeText(convergence * 1_000),
      mood: convergence === undefined ? "bad" : "good",
    },
    { name: "Violations", value: String(violations.length), mood: violations.length === 0 ? "good" : "bad" },
    { name: "Writes", value: writes.toLocaleString("en-US") },
    { name: "Rounds", value: (rounds.length + leftOut.rounds).toLocaleString("en-US") },
    { name: "Round p50", value: share(0.5) },
    { name: "Round p95", value: share(0.95) },
    { name: "Round p99", value: share(0.99) },
    { name: "Bytes sent", value: sent.toLocaleString("en-US") },
    { name: "Chunks, and again", value: `${pieces.toLocaleString("en-US")}, ${again.toLocaleString("en-US")}` },
    {
      name: "Faults",
      value: Object.values(record.faults)
        .reduce((sum, count) => sum + count, 0)
        .toLocaleString("en-US"),
    },
    ...(record.traceHash === "" ? [] : [{ name: "Trace", value: record.traceHash.slice(0, 12) }]),
  ];
}

function violationParts(violations: readonly string[]): string[] {
  if (violations.length === 0) return [paragraph("No violation was seen.")];
  return [table({ caption: "Violations", head: ["what no run may show"], rows: violations.map((violation) => [violation]) })];
}

function countedReasons({ rounds }: SimRecord): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { reason } of rounds) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function leftOutNote(count: number, of: string): string | undefined {
  return count === 0 ? undefined : `${count.toLocaleString("en-US")} ${of} more are not in the picture: tables have a bound.`;
}

function joined(...notes: readonly (string | undefined)[]): string | undefined {
  return notes.filter((note) => note !== undefined).join(" ") || undefined;
}

function settingRows({ settings }: SimRecord): (readonly [string, string | number])[] {
  const { weather, ...rest } = settings;
  const times = ["durationMs", "writeIntervalMs", "syncIntervalMs", "heartbeatMs", "suspectMs", "retransMs"] as const;
  return [
    ["peers", rest.peers],
    ["topology", topologyText(rest.topology)],
    ["seed", rest.seed],
    ...times.map((name) => [plain(name), timeText(rest[name])] as const),
    ["chunk", `${rest.chunkBytes} bytes`],
    ["window", `${rest.windowChunks} chunks`],
    ["reconciler", rest.reconciler ?? "the cheapest"],
    ["loss, duplication, reordering", [weather.loss, weather.duplication, weather.reordering].map(shareText).join(", ")],
    ["delay, jitter", `${timeText(weather.delayMs)}, ${timeText(weather.jitterMs)}`],
    ["failures", rest.failurePeriodMs === 0 ? "none" : `every ${timeText(rest.failurePeriodMs)}, for ${timeText(rest.recoveryDelayMs)}`],
    ["writes stop at", rest.stopWritesAtMs === 0 ? "the quiet at the end" : timeText(rest.stopWritesAtMs)],
    ["quiet at the end", timeText(rest.quiesceLastMs)],
    ["keys", rest.keys.join(", ")],
  ];
}

/** writeIntervalMs as people say it. */
function plain(name: string): string {
  return name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
