import { countText, printable } from "../terminal/render.js";
import { type CommonFlags, type Context, checkSubject, type Registry, withCommonFlags } from "./context.js";
import { ask } from "./subject-flags.js";

export function addSubjects({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("subjects"))
    .summary("list the subjects in a store")
    .description(
      "Lists the subjects in a store: path, the type it is read through (none, where its events are read as they are), feeds, events.",
    )
    .argument("[prefix]", "only this subject and those below it, for example team")
    .addHelpText("after", "\nExample:\n  sinter subjects team --json | jq -r .path")
    .action((prefix: string | undefined, flags: CommonFlags) => chosen(() => subjects(context, prefix, flags)));
}

async function subjects(context: Context, typed: string | undefined, flags: CommonFlags): Promise<0> {
  const { output, progress } = context;
  // As a shell completes a directory.
  const prefix = typed?.replace(/(.)\/$/, "$1");
  if (prefix !== undefined) checkSubject(prefix);
  const rows = await ask(context, flags, (peer) => peer.described.subjects(prefix));
  for (const row of rows) {
    if (flags.json) await output.json(row);
    else
      await output.line(`${printable(row.path)}  ${row.type ?? "-"}  ${countText(row.feeds, "feed")}  ${countText(row.events, "event")}`);
  }
  if (rows.length === 0) progress.remark(prefix === undefined ? "no subjects yet" : `no subjects under ${prefix}`);
  return 0;
}
