import { durationOf } from "../sim/duration.js";
import { usage } from "../terminal/failure.js";
import type { TraceFilter } from "../trace/trace-filter.js";
import { type Registry, wholeNumber } from "./context.js";

interface TraceFlags {
  readonly peer?: string;
  readonly kind?: string;
  readonly protocol?: string;
  readonly from?: string;
  readonly to?: string;
  readonly grep?: string;
  readonly diagram?: boolean;
  readonly rows?: number;
  readonly json?: boolean;
}

const rowsMost = 100_000;

export function addTrace({ program, context, chosen }: Registry): void {
  program
    .command("trace")
    .summary("read the trace of a simulation, a run, or a peer")
    .description(
      "Reads what the simulator kept of a seed, what sinter sim --trace or sinter up --trace has written, and finds out which of them it is. " +
        "Prints a summary; with a filter the lines that pass it; with --diagram who said what to whom, a column a peer, time downwards. " +
        "The file may be of any length.",
    )
    .argument("<file>", "the trace, or - for standard input")
    .option("--peer <who>", "only what has to do with it: its number, or the beginning of its id")
    .option("--kind <kind>", "only steps, messages and happenings of this kind")
    .option("--protocol <name>", "only steps of this core, such as sync")
    .option("--from <time>", "from this time of the run on: 1m30s, 750ms, or milliseconds")
    .option("--to <time>", "up to, and without, this time")
    .option("--grep <pattern>", "only lines in which this regular expression is found")
    .option("--diagram", "as a diagram of space and time")
    .option("--rows <n>", "of the diagram: the last so many", wholeNumber(1, rowsMost))
    .option("--json", "one JSON object a line, for programs")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter trace run.trace\n  sinter trace run.trace --peer 3 --kind held --from 2s\n  sinter trace run.trace --diagram",
    )
    .action((file: string, flags: TraceFlags) => {
      const wish = { file, filter: filterOf(flags), as: asked(flags), rows: flags.rows };
      return chosen(async () => {
        // Loaded when it is asked for: other commands start without the simulator.
        const { showTrace } = await import("../trace/show-trace.js");
        const { io, output, progress, signal } = context;
        return showTrace({ stdin: io.stdin, output, progress, signal }, wish);
      });
    });
}

function asked({ diagram, json, rows }: TraceFlags): "text" | "json" | "diagram" {
  if (diagram && json) throw usage("--diagram is for people, --json for programs", "Leave one of them out.");
  if (rows !== undefined && !diagram) throw usage("--rows is of a diagram", "Give --diagram, too.");
  return diagram ? "diagram" : json ? "json" : "text";
}

function filterOf({ peer, kind, protocol, from, to, grep }: TraceFlags): TraceFilter {
  return { peer, kind, protocol, fromMs: timeOf("--from", from), toMs: timeOf("--to", to), grep: patternOf(grep) };
}

function timeOf(name: "--from" | "--to", text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : durationOf(text);
  if (ms === undefined) throw usage(`${name} ${text} is no time of a run`, "Give 1m30s, 750ms, or milliseconds.");
  return ms;
}

function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    throw usage(
      `--grep ${text} is no regular expression: ${(error as Error).message}`,
      "Put a backslash before what is meant as it stands.",
    );
  }
}
