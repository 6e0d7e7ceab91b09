import type { Assurance, ReadOptions, Withdrawal } from "@sinter/core";
import { Option } from "commander";
import { resumedEvents } from "../store/resumed-events.js";
import { withStore } from "../store/store-link.js";
import { usage } from "../terminal/failure.js";
import { withdrawnLine } from "../terminal/fork-lines.js";
import { interrupted, untilInterrupted } from "../terminal/interruption.js";
import { eventJson, eventLine, parseStamp } from "../terminal/render.js";
import { type CommonFlags, type Context, checkSubject, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

interface CatFlags extends CommonFlags {
  readonly from?: string;
  readonly to?: string;
  readonly follow?: boolean;
  readonly system?: boolean;
  readonly assurance?: Assurance;
}

export function addCat({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("cat"))
    .summary("print a subject's events in total order")
    .description("Prints the events of a subject in total order: time, author (with /epoch where it is not 0), seq, text.")
    .argument("<subject>", "for example team/notes")
    .option("--from <time>", "from this ISO time or stamp (MS,N) on")
    .option("--to <time>", "up to, and without, this ISO time or stamp")
    .option("-f, --follow", "go on with what comes, until interrupted")
    .option("--system", "system events too")
    .addOption(
      new Option("--assurance <kind>", "hybrid: only what both keys of a hybrid author have signed").choices(["classical", "hybrid"]),
    )
    .addHelpText("after", "\nExample:\n  sinter cat team/notes --from 2026-03-01 --json | jq -r .payload")
    .action((subject: string, flags: CatFlags) => chosen(() => cat(context, subject, flags)));
}

async function cat(context: Context, subject: string, flags: CatFlags): Promise<0 | 1> {
  const { output, signal, progress } = context;
  checkSubject(subject);
  const dir = dataDir(context, flags);
  const stop = AbortSignal.any([signal, output.gone]);
  const withdrawn = (what: Withdrawal) => progress.notice(withdrawnLine(subject, what));
  const options = { ...readOptions(flags, stop), withdrawn };
  // A follower may be there before the first event is, so it may make the store.
  const store = storeOptions(context, dir, { ifMissing: flags.follow ? "create" : "refuse" });
  let count = 0;
  const reading = withStore(store, async (shared) => {
    for await (const event of resumedEvents(shared, subject, options)) {
      count += 1;
      await (flags.json ? output.json(eventJson(event)) : output.line(eventLine(event)));
    }
  });
  await (flags.follow ? untilInterrupted(signal, reading) : reading);
  if (signal.aborted && !flags.follow && !output.gone.aborted) throw interrupted();
  if (count === 0 && !signal.aborted) progress.remark(`no events in ${subject}`);
  return 0;
}

function readOptions(flags: CatFlags, signal: AbortSignal): ReadOptions {
  const from = flags.from === undefined ? undefined : parseStamp("--from", flags.from);
  const to = flags.to === undefined ? undefined : parseStamp("--to", flags.to);
  if (flags.follow && to !== undefined) throw usage("--follow goes on without end, --to names one", "Leave one of them out.");
  return {
    signal,
    ...(from && { from }),
    ...(to && { to }),
    ...(flags.follow && { follow: true }),
    ...(flags.system && { system: true }),
    ...(flags.assurance && { assurance: flags.assurance }),
  };
}
