import { SinterError, valueAt } from "@sinter/core";
import { printable } from "../terminal/render.js";
import { valueLines } from "../terminal/value-lines.js";
import type { Context, Registry } from "./context.js";
import { ask, askedOf, checkRead, type PartFlags, partOf, type ReadFlags, withPartFlags, withReadFlags } from "./subject-flags.js";

type GetFlags = ReadFlags & PartFlags;

export function addGet({ program, context, chosen }: Registry): void {
  withPartFlags(withReadFlags(program.command("get")))
    .summary("print a value, or one field or key of it")
    .description(
      "Prints the value of a subject, or what it has in one field, or under one key; of a set, the element if it is in it. Exits 1 " +
        "where nothing is there.",
    )
    .argument("<path>", "for example team/title")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter get team/title\n  sinter get team/issue --field votes --json\n  sinter get team/tags --key ui",
    )
    .action((path: string, flags: GetFlags) => chosen(() => get(context, path, flags)));
}

async function get(context: Context, path: string, flags: GetFlags): Promise<0> {
  checkRead(path, flags);
  const { output } = context;
  const { type, value } = await ask(context, flags, (peer) => peer.described.readSubject(path, askedOf(flags)));
  const found = valueAt(type, value, partOf(flags));
  const steps = [...(flags.field ?? []), ...(flags.key ?? [])];
  if (found === undefined || found === null) {
    const where = steps.length === 0 ? path : `${steps.join(", ")} in ${path}`;
    throw new SinterError("not-found", `nothing is there: ${printable(where)}`, `See what is with: sinter subject ${path}`);
  }
  if (flags.json) await output.json({ path, type, ...partOf(flags), value: found });
  else for (const line of valueLines(found)) await output.line(line);
  return 0;
}
