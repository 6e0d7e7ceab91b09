import type { StampText, SubjectReport } from "@sinter/core";
import { resumedValues } from "../store/resumed-values.js";
import { type SharedStore, withStore } from "../store/store-link.js";
import { usage } from "../terminal/failure.js";
import { untilInterrupted } from "../terminal/interruption.js";
import { parseStamp, timeText } from "../terminal/render.js";
import { subjectStatusLines } from "../terminal/status-lines.js";
import { progressLine, quarantinedLine, valueLines, valueText } from "../terminal/value-lines.js";
import { type Context, dataDir, type Registry, storeOptions } from "./context.js";
import { ask, askedOf, checkRead, type ReadFlags, tellOfNew, withReadFlags } from "./subject-flags.js";

interface SubjectFlags extends ReadFlags {
  readonly at?: string;
  readonly follow?: boolean;
  readonly status?: boolean;
}

export function addSubject({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("subject"))
    .summary("print what a subject comes to, now or live")
    .description(
      "Prints the value of a subject, as its events fold through its type: a set's elements, or a map's keys, one a line. With -f, each " +
        "later value too: on a terminal a line with its time, in a pipe one JSON object a line. Says what is passed over, and what the " +
        "value waits for.",
    )
    .argument("<path>", "for example team/votes")
    .option("--at <time>", "the value as of this ISO time or stamp (MS,N), of the events that are here now")
    .option("-f, --follow", "go on with each later value, until interrupted")
    .option("--status", "instead of the value: whether it is the same everywhere, how much is missing, or why and what to do")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter subject team/votes\n  sinter subject team/votes -f\n  sinter subject team/votes --at 2026-03-01\n  sinter subject team/votes --status",
    )
    .action((path: string, flags: SubjectFlags) => chosen(() => subject(context, path, flags)));
}

async function subject(context: Context, path: string, flags: SubjectFlags): Promise<0> {
  checkRead(path, flags);
  const at = flags.at === undefined ? undefined : parseStamp("--at", flags.at);
  if (at !== undefined && flags.follow) throw usage("--follow goes on without end, --at names one time", "Leave one of them out.");
  if (flags.status) return await status(context, path, flags);
  const dir = dataDir(context, flags);
  // A follower may be there before the first event is; without a type, though, there is nothing to follow yet.
  const ifMissing = flags.follow && flags.type !== undefined ? "create" : "refuse";
  const showing = withStore(storeOptions(context, dir, { ifMissing }), async (store) => {
    if (!flags.json) await tellOfNew(context, dir, store);
    await (flags.follow ? follow(context, store, path, flags) : show(context, store, { path, at, flags }));
  });
  await (flags.follow ? untilInterrupted(context.signal, showing) : showing);
  return 0;
}

async function status(context: Context, path: string, flags: SubjectFlags): Promise<0> {
  const { output } = context;
  if (flags.at !== undefined || flags.follow) throw usage("--status is of now, and goes with neither --at nor --follow", "Leave them out.");
  const told = await ask(context, flags, (peer) => peer.described.statusOf(path, askedOf(flags)));
  if (flags.json) await output.json(told);
  else for (const line of subjectStatusLines(told)) await output.line(line);
  return 0;
}

interface Asked {
  readonly path: string;
  readonly at: StampText | undefined;
  readonly flags: SubjectFlags;
}

async function show(context: Context, store: SharedStore, { path, at, flags }: Asked): Promise<void> {
  const { output } = context;
  const asked = askedOf(flags);
  const report = await store.ask((peer) => peer.described.readSubject(path, at === undefined ? asked : { ...asked, at }));
  if (flags.json) return output.json(report);
  for (const line of valueLines(report.value)) await output.line(line);
  await new Remarks(context, store, flags).tell(report);
}

async function follow(context: Context, store: SharedStore, path: string, flags: SubjectFlags): Promise<void> {
  const { output, signal } = context;
  const stop = AbortSignal.any([signal, output.gone]);
  const remarks = new Remarks(context, store, flags);
  let last = "";
  const isForPrograms = flags.json || !output.isTerminal;
  for await (const report of resumedValues(store, path, { ...askedOf(flags), signal: stop })) {
    const told = isForPrograms ? JSON.stringify(report) : valueText(report.value);
    if (told !== last) await output.line(isForPrograms ? told : `${timeText(Date.now())}  ${told}`);
    last = told;
    await remarks.tell(report);
  }
}

/** What a person is told beside the values: once each. */
class Remarks {
  readonly #context: Context;
  readonly #store: SharedStore;
  readonly #flags: SubjectFlags;
  #progress = "";
  #quarantined = 0;
  readonly #passedOver = new Set<string>();

  constructor(context: Context, store: SharedStore, flags: SubjectFlags) {
    this.#context = context;
    this.#store = store;
    this.#flags = flags;
  }

  async tell({ path, progress, quarantined }: SubjectReport): Promise<void> {
    if (this.#flags.json) return;
    // A view that is folding says so only where no other value follows.
    const line = this.#flags.follow && progress.state === "folding" ? undefined : progressLine(path, progress);
    if (line !== undefined && line !== this.#progress) this.#context.progress.notice(line);
    this.#progress = line ?? "";
    if (quarantined <= this.#quarantined) return;
    this.#quarantined = quarantined;
    const all = await this.#store.ask((peer) => peer.described.quarantinedOf(path, askedOf(this.#flags)));
    for (const event of all) {
      const name = `${event.author} ${event.nonce} ${event.seq}`;
      if (!this.#passedOver.has(name)) this.#context.progress.notice(quarantinedLine(path, event));
      this.#passedOver.add(name);
    }
  }
}
