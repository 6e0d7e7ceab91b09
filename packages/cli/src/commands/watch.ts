import { resumedChanges } from "../store/resumed-values.js";
import { withStore } from "../store/store-link.js";
import { untilInterrupted } from "../terminal/interruption.js";
import { quoted } from "../terminal/render.js";
import { changeLine } from "../terminal/value-lines.js";
import { type Context, dataDir, type Registry, storeOptions } from "./context.js";
import { askedOf, checkRead, type ReadFlags, tellOfNew, withReadFlags } from "./subject-flags.js";

export function addWatch({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("watch"))
    .summary("print each change of a subject")
    .description(
      "Prints each event that comes to a subject from now on, until interrupted: time, author (with /epoch where it is not 0), seq, the " +
        "keys it changed, and what the subject comes to with it.",
    )
    .argument("<path>", "for example team/tags")
    .addHelpText("after", "\nExample:\n  sinter watch team/tags --json | jq -c '[.author, .keys]'")
    .action((path: string, flags: ReadFlags) => chosen(() => watch(context, path, flags)));
}

async function watch(context: Context, path: string, flags: ReadFlags): Promise<0> {
  checkRead(path, flags);
  const { output, progress, signal } = context;
  const dir = dataDir(context, flags);
  const renewed = () =>
    progress.notice(
      `the process that held the store went away: changes of that moment may be missing here; see: sinter cat ${quoted(path)}`,
    );
  const options = { ...askedOf(flags), signal: AbortSignal.any([signal, output.gone]), renewed };
  const watching = withStore(storeOptions(context, dir, { ifMissing: flags.type === undefined ? "refuse" : "create" }), async (store) => {
    if (!flags.json) await tellOfNew(context, dir, store);
    progress.remark(`watching ${path}; Ctrl-C ends`);
    for await (const change of resumedChanges(store, path, options)) {
      await (flags.json ? output.json(change) : output.line(changeLine(change)));
    }
  });
  await untilInterrupted(signal, watching);
  return 0;
}
