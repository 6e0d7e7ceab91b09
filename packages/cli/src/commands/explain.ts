import { namedType, type OperationReport, SinterError } from "@sinter/core";
import { printable } from "../terminal/render.js";
import { operationLine, proveCommand } from "../terminal/value-lines.js";
import { type Context, type Registry, refuseBroken } from "./context.js";
import { ask, askedOf, checkRead, type ReadFlags, withReadFlags } from "./subject-flags.js";

export function addExplain({ program, context, chosen }: Registry): void {
  withReadFlags(program.command("explain"))
    .summary("say who wrote what counts, and what lost against it")
    .description(
      "Says of a value, or of one key of it, whose events it comes from, when they were written, and what was written at once with them " +
        "and does not count; and the command that proves each of these events to somebody who has no store.",
    )
    .argument("<path>", "for example team/title")
    .argument("[key]", "a field, a key or an element (of a set of bytes: in base64url); below a field, FIELD/KEY")
    .addHelpText(
      "after",
      "\nExamples:\n  sinter explain team/title\n  sinter explain team/issue title\n  sinter explain team/issue tags/ui",
    )
    .action((path: string, key: string | undefined, flags: ReadFlags) => chosen(() => explain(context, path, key, flags)));
}

async function explain(context: Context, path: string, key: string | undefined, flags: ReadFlags): Promise<0> {
  checkRead(path, flags);
  if (key !== undefined) refuseBroken("KEY", key, "Name it in UTF-8.");
  const { output } = context;
  const explanation = await ask(context, flags, async (peer) => {
    const asked = askedOf(flags);
    if (key === undefined) {
      const { type } = await peer.described.readSubject(path, asked);
      if (namedType(type).keys !== "one")
        throw new SinterError(
          "usage",
          `${path} is read through ${printable(type)}, which has keys, and none is named`,
          "Name one behind the path.",
        );
    }
    return await peer.described.explainSubject(path, key ?? "", asked);
  });
  const { winners, losers } = explanation;
  const calling = { command: context.io.env["SINTER_COMMAND"] || "sinter", data: flags.data };
  const withProof = (operation: OperationReport) => ({ ...operation, prove: proveCommand(path, operation, calling) });
  if (flags.json) {
    await output.json({ path, ...explanation, winners: winners.map(withProof), losers: losers.map(withProof) });
    return 0;
  }
  const lines = (what: string, operations: readonly OperationReport[]) =>
    operations.flatMap((operation) => [`${what}  ${operationLine(operation)}`, `        ${proveCommand(path, operation, calling)}`]);
  for (const line of [...lines("counts", winners), ...lines("lost  ", losers)]) await output.line(line);
  if (winners.length + losers.length === 0) {
    const where = key === undefined ? path : `${key} in ${path}`;
    throw new SinterError(
      "not-found",
      `nothing that counts was written: ${printable(where)}`,
      `See what is there with: sinter subject ${path}`,
    );
  }
  return 0;
}
