import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { type ComparedRun, comparison, quantile } from "@sinter/simulator";
import { replaceFile, roundsName, summaryName } from "./run-folder.js";

// Runs side by side: what their folders say, as one table with the columns of the prior art's script, and ours behind them.

interface SummaryShape {
  readonly line: string;
  readonly pattern: RegExp;
}

const share = "([\\d.]+)";
const time = "([\\w.µ]+)";
const figure = "([\\d.]+|n\\/a)";
/** Each names its columns by its groups. */
const shapes: readonly SummaryShape[] = [
  { line: "Nodes", pattern: /^Nodes: (?<nodes>\d+)$/m },
  { line: "Duration", pattern: named(`^Duration: (?<duration>${time})$`) },
  { line: "Sync interval", pattern: named(`^Sync interval: (?<sync_interval>${time})$`) },
  { line: "Write interval", pattern: named(`^Write interval: (?<write_interval>${time})$`) },
  { line: "HB", pattern: named(`^HB: (?<hb>${time})$`) },
  { line: "Suspect", pattern: named(`^Suspect: (?<suspect>${time})$`) },
  { line: "Delta max", pattern: /^Delta max: (?<delta_max>\d+)$/m },
  {
    line: "Chaos",
    pattern: named(
      `^Chaos: loss=(?<loss>${share}) dup=(?<dup>${share}) reorder=(?<reorder>${share}) delay=(?<delay>${time}) jitter=(?<jitter>${time})$`,
    ),
  },
  { line: "Delta window", pattern: named(`^Delta window: (?<delta_window>\\d+)  Retrans timeout: (?<retrans_timeout>${time})$`) },
  {
    line: "SyncLatency(s)",
    pattern: named(`^SyncLatency\\(s\\): mean=(?<mean_latency>${figure}) stdev=(?<stdev_latency>${figure}) samples=(?<samples>\\d+)`),
  },
  { line: "Convergence(s)", pattern: named(`^Convergence\\(s\\): (?<convergence_s>${figure})$`) },
];

/** Which runs of before have not: their cells are empty. */
const laterShape = /^Topology: (?<topology>\S+) {2}Seed: (?<seed>\d+) {2}Reconciler: (?<reconciler>\S+)$/m;

function named(source: string): RegExp {
  return new RegExp(source, "m");
}

/** Of a run folder: the columns of the table by their names. */
export type RunRow = Readonly<Record<string, string>>;

const columns = [
  "run_dir",
  ...shapes.flatMap(({ pattern }) => namesIn(pattern)),
  "p50",
  "p95",
  "p99",
  "samples_csv",
  "label",
  ...namesIn(laterShape),
];

function namesIn(pattern: RegExp): readonly string[] {
  return [...pattern.source.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name as string);
}

export async function compareRuns(
  dirs: readonly string[],
  { out, report }: { readonly out: string; readonly report?: string | undefined },
): Promise<void> {
  const rows: RunRow[] = [];
  for (const dir of dirs) rows.push(await readRun(dir));
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  await written(out, lines.map((cells) => `${cells.map(quoted).join()}\n`).join(""));
  if (report !== undefined) await written(report, comparison(rows.map(comparedOf)));
}

async function readRun(dir: string): Promise<RunRow> {
  const text = await textIn(dir, summaryName);
  const summary = summaryOf(text, dir);
  // Its figures are of a part of it: they are told, and that as well.
  const isCalledOff = /^Called off: /m.test(text);
  const latencies = latenciesOf(await textIn(dir, roundsName), dir);
  const share = (part: number) => quantile(latencies, part)?.toFixed(6) ?? "";
  return {
    run_dir: dir,
    ...summary,
    p50: share(0.5),
    p95: share(0.95),
    p99: share(0.99),
    samples_csv: String(latencies.length),
    label: `nodes=${summary["nodes"]} loss=${summary["loss"]} reorder=${summary["reorder"]}${isCalledOff ? " called off" : ""}`,
  };
}

export function summaryOf(text: string, dir: string): RunRow {
  const row: Record<string, string> = {};
  for (const { line, pattern } of shapes) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw unreadable(dir, `${summaryName} has no line "${line}: …" of the right shape`);
    // A figure without samples is an empty cell, as tools that read tables have it.
    for (const [name, value] of Object.entries(groups)) row[name] = value === "n/a" ? "" : value;
  }
  return { ...row, ...laterShape.exec(text)?.groups };
}

function latenciesOf(text: string, dir: string): number[] {
  const [head, ...lines] = text.split("\n").filter((line) => line !== "");
  if (head !== "node,latency_seconds,reason") throw unreadable(dir, `${roundsName} does not begin with node,latency_seconds,reason`);
  return lines.map((line, at) => {
    const latency = /^\w+,(\d+(?:\.\d+)?),\w+$/.exec(line)?.[1];
    if (latency === undefined) throw unreadable(dir, `line ${at + 2} of ${roundsName} is no round`);
    return Number(latency);
  });
}

async function textIn(dir: string, name: string): Promise<string> {
  try {
    return await readFile(join(dir, name), "utf8");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw unreadable(dir, `${name} cannot be read (${code})`, error);
  }
}

function unreadable(dir: string, reason: string, cause?: unknown): SinterError {
  return new SinterError("usage", `${dir} is no folder of a run: ${reason}`, "Name folders that sinter sim --out has made.", { cause });
}

async function written(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new SinterError("usage", `${path} cannot be written (${code})`, "Name a file in a folder that is there.", { cause: error });
  }
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function comparedOf(row: RunRow): ComparedRun {
  const number = (name: string) => (row[name] === undefined || row[name] === "" ? undefined : Number(row[name]));
  return {
    label: `${row["run_dir"]}: ${row["label"]}`,
    convergenceS: number("convergence_s"),
    p50S: number("p50"),
    p95S: number("p95"),
    p99S: number("p99"),
    topology: row["topology"],
    seed: row["seed"],
    reconciler: row["reconciler"],
  };
}
