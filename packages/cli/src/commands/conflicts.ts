import { createHash } from "node:crypto";
import { type ConflictReport, type OperationReport, SinterError } from "@sinter/core";
import { InvalidArgumentError } from "commander";
import { withStore } from "../store/store-link.js";
import { countText, printable, quoted, shortId, timeText } from "../terminal/render.js";
import { valueText } from "../terminal/value-lines.js";
import { type Context, dataDir, type Registry, storeOptions } from "./context.js";
import { ask, askedOf, checkRead, type ReadFlags, withReadFlags, write } from "./subject-flags.js";

interface ConflictsFlags extends ReadFlags {
  readonly restore?: string;
}

const NAME_DIGITS = 12;

export function addConflicts({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("conflicts"))
    .summary("list what lost against what was written at once with it")
    .description(
      "Lists what somebody wrote while somebody else, who did not know of it, wrote what counts now: the same list on every replica. " +
        "With --restore, writes one of them again, by the name it is listed with: it stays the same as long as neither what lost nor what " +
        "it lost against is another. Whoever writes a value having seen both settles a conflict.",
    )
    .argument("<path>", "for example team/title")
    .option("--restore <name>", "bring back the one of this name in the list", nameTyped)
    .addHelpText("after", "\nExamples:\n  sinter conflicts team/title\n  sinter conflicts team/title --restore 3f0c19ab52de")
    .action((path: string, flags: ConflictsFlags) =>
      chosen(() => (flags.restore === undefined ? list(context, path, flags) : restore(context, path, flags.restore, flags))),
    );
}

async function list(context: Context, path: string, flags: ConflictsFlags): Promise<0> {
  checkRead(path, flags);
  const { output, progress } = context;
  const conflicts = await ask(context, flags, (peer) => peer.described.conflictsOf(path, askedOf(flags)));
  for (const conflict of conflicts) {
    if (flags.json) await output.json({ name: nameOf(conflict), ...conflict });
    else for (const line of conflictLines(conflict)) await output.line(line);
  }
  if (conflicts.length === 0) progress.remark(`no conflicts in ${path}`);
  else progress.remark(`bring one back with: sinter conflicts ${quoted(path)} --restore NAME`);
  return 0;
}

/** A number in the list would be another's once somebody writes: this is made of what lost and of what it lost against. */
function nameOf({ key, lost, won }: ConflictReport): string {
  const id = ({ author, nonce, seq, operation }: OperationReport) => [author, nonce, seq, operation];
  const hash = createHash("sha256").update(JSON.stringify([key, id(lost), won.map(id)]));
  return hash.digest("hex").slice(0, NAME_DIGITS);
}

function nameTyped(text: string): string {
  if (text.length === NAME_DIGITS && /^[0-9a-f]+$/.test(text)) return text;
  throw new InvalidArgumentError(`The name of a conflict is expected: ${NAME_DIGITS} digits from 0 to f, as listed.`);
}

function conflictLines(conflict: ConflictReport): string[] {
  const { key, lost, won } = conflict;
  const said = ({ author, seq, stamp, value }: ConflictReport["lost"]) =>
    `${value === undefined ? "(deleted)" : valueText(value)}  by ${shortId(author)}, seq ${seq}, ${timeText(stamp[0])}`;
  return [
    `${nameOf(conflict)}  ${key === "" ? "" : `${printable(key)}: `}${said(lost)}`,
    ...won.map((winner) => `${" ".repeat(NAME_DIGITS)}  lost against ${said(winner)}`),
  ];
}

async function restore(context: Context, path: string, name: string, flags: ConflictsFlags): Promise<0> {
  checkRead(path, flags);
  const asked = askedOf(flags);
  const options = storeOptions(context, dataDir(context, flags), { ifMissing: "refuse" });
  const conflicts = await withStore(options, (store) => store.ask((peer) => peer.described.conflictsOf(path, asked)));
  const conflict = conflicts.find((each) => nameOf(each) === name);
  if (conflict === undefined)
    throw new SinterError(
      "not-found",
      `no conflict ${name} among ${countText(conflicts.length, "conflict")} of ${path}`,
      "Somebody may have written since: list them again.",
    );
  return await write(context, flags, {
    ifMissing: "refuse",
    path,
    question: (peer) => peer.described.restoreConflict(path, conflict, asked),
  });
}
