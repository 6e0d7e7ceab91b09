import { type ForkRow, forkText, SinterError } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { forkJson, forkLines, freezeName } from "../terminal/fork-lines.js";
import { type CommonFlags, type Context, checkSubject, dataDir, type Registry, storeOptions, withCommonFlags } from "./context.js";

interface ForksFlags extends CommonFlags {
  readonly proof?: string;
}

export function addForks({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("forks"))
    .summary("list feeds whose author signed two histories")
    .description(
      "Lists the feeds whose author is proven to have signed two histories: what happened, what of them still counts, and what to do. " +
        "With --proof, prints the proof of one of them on one line, for others to check (sinter verify) and to take in (sinter accuse).",
    )
    .argument("[subject]", "only those of this subject, for example team/notes")
    .option("--proof <which>", "print only the proof of one: its number in the list, or author/epoch/nonce as shown")
    .addHelpText("after", "\nExample:\n  sinter forks team/notes --proof 1 > fork.txt && sinter verify fork.txt")
    .action((subject: string | undefined, flags: ForksFlags) => chosen(() => forks(context, subject, flags)));
}

async function forks(context: Context, subject: string | undefined, flags: ForksFlags): Promise<0> {
  const { output, progress } = context;
  if (subject !== undefined) checkSubject(subject);
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const all = await withStore(options, (store) => store.ask((peer) => peer.forks(subject)));
  const rows = flags.proof === undefined ? all : [rowNamed(all, flags.proof)];
  for (const [index, row] of rows.entries()) {
    if (flags.json) await output.json(forkJson(row));
    else if (flags.proof !== undefined) await output.line(forkText(row.proof));
    else for (const line of forkLines(row, index + 1)) await output.line(line);
  }
  if (rows.length === 0) progress.remark("no forks are known here");
  return 0;
}

function rowNamed(rows: readonly ForkRow[], which: string): ForkRow {
  const row = rows.find((each, index) => String(index + 1) === which || freezeName(each) === which.toLowerCase());
  if (row !== undefined) return row;
  throw new SinterError("not-found", `no fork ${which} among the ${rows.length} listed`, "Give its number as sinter forks lists it.");
}
