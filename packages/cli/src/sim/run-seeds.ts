import { join } from "node:path";
import { runSim, type SimProgress, type SimRecord, type SimSettings, SimulationError, summaryText } from "@sinter/simulator";
import { createNodeHasher } from "sinter";
import { promisesSettled } from "sinter/simulator";
import { usage } from "../terminal/failure.js";
import type { Io } from "../terminal/io.js";
import type { Output, Progress } from "../terminal/output.js";
import { countText } from "../terminal/render.js";
import { defaultTypes, EventPrinter, type EventType, eventTypes } from "./printed-events.js";
import { checkFolder, writeRun } from "./run-folder.js";
import { shrunk } from "./shrink.js";
import type { SimFlags } from "./sim-flags.js";
import { brokenOutcome, isGood, type Outcome, outcomeLine, outcomeOf } from "./sim-outcome.js";
import { flagsOf, settingsOf } from "./sim-settings.js";
import { TraceFile } from "./trace-file.js";

// What `sinter sim` does: a run for each seed, and what is left and told of it.

/** What a run has at hand. */
export interface Surroundings {
  readonly io: Pick<Io, "env">;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export async function runSeeds(around: Surroundings, flags: SimFlags): Promise<0 | 1> {
  const types = checkFlags(flags);
  const context = { ...around, signal: endOf(around, types) };
  const [first, last] = flags.seeds ?? [flags.seed ?? 1, flags.seed ?? 1];
  const settings = settingsOf(flags, first);
  await checkFolder(folderOf(flags));
  let failed = 0;
  for (let seed = first; seed <= last && !context.signal.aborted; seed++) {
    const outcome = await one(context, flags, { settings: { ...settings, seed }, types, unread: unreadOf(around, types) });
    if (isGood(outcome)) continue;
    failed++;
    if (flags.shrink && !context.signal.aborted) await shrink(context, flags, { ...settings, seed });
  }
  if (around.signal.aborted) around.progress.notice("interrupted: what was seen until then is written down");
  return failed > 0 ? 1 : 0;
}

function folderOf({ out = "./out" }: SimFlags): string {
  return out;
}

/** Answers what is printed. */
function checkFlags({
  virtual,
  seed,
  seeds,
  shrink: shrinks,
  basePort,
  types,
  printEvents,
  trace,
  json,
}: SimFlags): ReadonlySet<EventType> {
  if (seed !== undefined && seeds !== undefined) throw usage("--seed and --seeds both say which seed it is", "Give one of them.");
  if (shrinks && !virtual) throw usage("--shrink runs the same again, which real sockets do not", "Give --virtual too.");
  if (virtual && basePort !== undefined) throw usage("there are no ports with --virtual", "Leave --base-port out.");
  if (types !== undefined && !printEvents) throw usage("--types says what --print-events prints", "Give --print-events too.");
  if (printEvents && json) throw usage("--json prints one object a seed, --print-events a line an event", "Leave one of them out.");
  if (trace !== undefined && seeds !== undefined) throw usage("--trace is of one run", "Give --seed N.");
  if (!printEvents) return new Set();
  if (types?.includes("all")) return new Set(eventTypes);
  const unknown = types?.find((type) => !(eventTypes as readonly string[]).includes(type));
  if (unknown !== undefined)
    throw usage(`--types: ${unknown === "" ? "an empty text" : unknown} is no kind of event`, `Give some of ${eventTypes.join()}, or all.`);
  return new Set((types as readonly EventType[] | undefined) ?? defaultTypes);
}

interface Planned {
  readonly settings: SimSettings;
  readonly types: ReadonlySet<EventType>;
  /** Whether it was ended by whoever reads no more of what is printed. */
  readonly unread: () => "yes" | "no";
}

/** One run, and all that is to be left of it. */
async function one(context: Surroundings, flags: SimFlags, { settings, types, unread }: Planned): Promise<Outcome> {
  const { output, progress } = context;
  const record = await traced(context, flags, { settings, types });
  progress.clear();
  if (record instanceof SimulationError) {
    const outcome = brokenOutcome(settings.seed, record);
    if (flags.json) await output.json(outcome);
    else await output.line(`seed ${settings.seed} broke off: ${record.message}`);
    return outcome;
  }
  // Nobody has asked for a part of a run, and nobody reads of it.
  if (record.calledOff === "yes" && unread() === "yes") return outcomeOf(record);
  const dir = flags.seeds === undefined ? folderOf(flags) : join(folderOf(flags), `seed-${settings.seed}`);
  await writeRun(dir, record);
  const outcome = outcomeOf(record);
  if (flags.json) await output.json(outcome);
  else await told(context, flags, record);
  return outcome;
}

async function told({ output }: Surroundings, flags: SimFlags, record: SimRecord): Promise<void> {
  if (flags.seeds === undefined) for (const line of summaryText(record).trimEnd().split("\n")) await output.line(line);
  await output.line(outcomeLine(outcomeOf(record)));
  for (const violation of record.violations) await output.line(`violation: ${violation}`);
  if (flags.seeds === undefined) await output.line(`See ${join(folderOf(flags), "report.html")}`);
}

/** The run itself, with what is printed and written down of each thing that happens. */
async function traced(
  context: Surroundings,
  flags: SimFlags,
  { settings, types }: Omit<Planned, "unread">,
): Promise<SimRecord | SimulationError> {
  const { output, progress, signal } = context;
  const file = flags.trace === undefined ? undefined : new TraceFile(flags.trace);
  const printer = new EventPrinter(output, { types, behind: flags.virtual ? "waits" : "leaves out" });
  const isHeard = file !== undefined || types.size > 0;
  const sink = (line: string) => {
    file?.line(line);
    if (types.size > 0) printer.line(line);
  };
  const shared = {
    settings,
    progress: (at: SimProgress) => progress.show(progressText(settings, at)),
    signal: file === undefined ? signal : AbortSignal.any([signal, file.failed]),
    ...(isHeard && { sink }),
  };
  try {
    const record = await (flags.virtual ? inVirtualTime(shared, printer) : onSockets(shared, flags));
    await printer.caughtUp();
    return record;
  } catch (error) {
    if (error instanceof SimulationError) return error;
    throw error;
  } finally {
    file?.close();
  }
}

/** Whoever interrupts it ends it, and so does whoever reads no more of what is printed. */
function endOf({ signal, output }: Surroundings, types: ReadonlySet<EventType>): AbortSignal {
  return types.size === 0 ? signal : AbortSignal.any([signal, output.gone]);
}

function unreadOf({ signal, output }: Surroundings, types: ReadonlySet<EventType>): () => "yes" | "no" {
  return () => (types.size > 0 && output.gone.aborted && !signal.aborted ? "yes" : "no");
}

type Run = Omit<Parameters<typeof runSim>[0], "hasher" | "settled">;

async function inVirtualTime(run: Run, printer: EventPrinter): Promise<SimRecord> {
  const promises = promisesSettled();
  const settled = async () => {
    await printer.caughtUp();
    await promises();
  };
  return await runSim({ ...run, hasher: createNodeHasher(), settled });
}

async function onSockets(run: Run, { basePort = 0 }: SimFlags): Promise<SimRecord> {
  // Loaded when it is asked for: virtual runs need no sockets.
  const { runOnSockets } = await import("../sim/socket-run.js");
  return await runOnSockets({ ...run, basePort });
}

function progressText({ seed, peers }: SimSettings, { atMs, durationMs, writes, roots, violations }: SimProgress): string {
  const wrong = violations === 0 ? "" : `, ${countText(violations, "violation")}`;
  return `seed ${seed}: ${Math.floor(atMs / 1_000)} of ${Math.floor(durationMs / 1_000)} s, ${countText(peers, "peer")}, ${countText(writes, "write")}, ${countText(roots, "root")}${wrong}`;
}

/** Tries smaller runs, and says the command line of the smallest that still fails. */
async function shrink({ io, output, progress, signal }: Surroundings, { json }: SimFlags, settings: SimSettings): Promise<void> {
  let tried = 0;
  const fails = async (smaller: SimSettings): Promise<boolean> => {
    if (signal.aborted) return false;
    progress.show(`seed ${settings.seed}: making it smaller, ${countText(++tried, "run")} tried`);
    try {
      const record = await runSim({ settings: smaller, hasher: createNodeHasher(), settled: promisesSettled(), signal });
      return !signal.aborted && !isGood(outcomeOf(record));
    } catch (error) {
      if (error instanceof SimulationError) return true;
      throw error;
    }
  };
  const { settings: smallest, tries } = await shrunk(settings, fails);
  progress.clear();
  const command = `${io.env["SINTER_COMMAND"] || "sinter"} sim --virtual ${flagsOf(smallest).join(" ")}`;
  if (json) await output.json({ seed: settings.seed, shrunk: command, tries });
  else await output.line(`the smallest that still fails, of ${countText(tries, "run")} tried: ${command}`);
}
