import { type ConflictReport, SinterError } from "@sinter/core";
import { withStore } from "../store/store-link.js";
import { countText, printable, quoted, shortId, timeText } from "../terminal/render.js";
import { valueText } from "../terminal/value-lines.js";
import { type Context, dataDir, type Registry, storeOptions, wholeNumber } from "./context.js";
import { ask, askedOf, checkRead, type ReadFlags, withReadFlags, write } from "./subject-flags.js";

interface ConflictsFlags extends ReadFlags {
  readonly restore?: number;
}

const numberMost = 999_999_999;

export function addConflicts({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("conflicts"))
    .summary("list what lost against what was written at once with it")
    .description(
      "Lists what somebody wrote while somebody else, who did not know of it, wrote what counts now: the same list on every replica. " +
        "With --restore, writes one of them again. Whoever writes a value having seen both settles a conflict.",
    )
    .argument("<path>", "for example team/title")
    .option("--restore <n>", "bring back the one of this number in the list", wholeNumber(1, numberMost))
    .addHelpText("after", "\nExamples:\n  sinter conflicts team/title\n  sinter conflicts team/title --restore 1")
    .action((path: string, flags: ConflictsFlags) =>
      chosen(() => (flags.restore === undefined ? list(context, path, flags) : restore(context, path, flags.restore, flags))),
    );
}

async function list(context: Context, path: string, flags: ConflictsFlags): Promise<0> {
  checkRead(path, flags);
  const { output, progress } = context;
  const conflicts = await ask(context, flags, (peer) => peer.described.conflictsOf(path, askedOf(flags)));
  for (const [index, conflict] of conflicts.entries()) {
    if (flags.json) await output.json({ number: index + 1, ...conflict });
    else for (const line of conflictLines(conflict, index + 1)) await output.line(line);
  }
  if (conflicts.length === 0) progress.remark(`no conflicts in ${path}`);
  else progress.remark(`bring one back with: sinter conflicts ${quoted(path)} --restore NUMBER`);
  return 0;
}

function conflictLines({ key, lost, won }: ConflictReport, number: number): string[] {
  const said = ({ author, seq, stamp, value }: ConflictReport["lost"]) =>
    `${value === undefined ? "(deleted)" : valueText(value)}  by ${shortId(author)}, seq ${seq}, ${timeText(stamp[0])}`;
  return [`${number}. ${key === "" ? "" : `${printable(key)}: `}${said(lost)}`, ...won.map((winner) => `   lost against ${said(winner)}`)];
}

async function restore(context: Context, path: string, number: number, flags: ConflictsFlags): Promise<0> {
  checkRead(path, flags);
  const asked = askedOf(flags);
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const conflicts = await withStore(options, (store) => store.ask((peer) => peer.described.conflictsOf(path, asked)));
  const conflict = conflicts[number - 1];
  if (conflict === undefined)
    throw new SinterError(
      "not-found",
      `no conflict ${number} among ${countText(conflicts.length, "conflict")} of ${path}`,
      "Give its number as listed.",
    );
  return await write(context, flags, {
    ifMissing: "refuse",
    path,
    question: (peer) => peer.described.restoreConflict(path, conflict, asked),
  });
}
