import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { lawRunsMax, registrationRunsMax, SinterError } from "@sinter/core";
import type { LawReport } from "sinter";
import { countText, printable } from "../terminal/render.js";
import { type Context, type Registry, wholeNumber } from "./context.js";

interface Flags {
  readonly type?: string;
  readonly runs?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const runsMost = 100_000_000;
const seedMost = 999_999_999;

export function addLaws({ program, context, chosen }: Registry): void {
  program
    .command("laws")
    .summary("try merge types of your own on the laws")
    .description(
      "Puts the merge types that a module exports (what defineMerge() makes) through the laws that all merge types keep, in a thread of " +
        "its own: any order of arrival, joins, duplicates, withdrawals, and no look at time or chance. Shows the smallest case that " +
        "breaks one and exits 1.",
    )
    .argument("<file>", "the module, in JavaScript; or its file: URL")
    .option("--type <name>", "only this one: the type's name, or that of its export")
    .option(
      "--runs <n>",
      `how many small histories a type is tried on (default: ${lawRunsMax}; when a subject is opened it is ${registrationRunsMax})`,
      wholeNumber(1, runsMost),
    )
    .option("--seed <n>", "which histories: a seed tries the same ones again", wholeNumber(0, seedMost))
    .option("--json", "one JSON object a line, for programs")
    .addHelpText("after", "\nExample:\n  sinter laws ./merge-types.js --type high-scores --runs 100000 --seed 7")
    .action((file: string, flags: Flags) => chosen(() => laws(context, file, flags)));
}

async function laws(context: Context, file: string, flags: Flags): Promise<0 | 1> {
  const { output, progress, signal, io } = context;
  const { type, runs, seed } = flags;
  // Errors name a module as it names itself.
  const path = file.startsWith("file:") && URL.canParse(file) ? fileURLToPath(file) : resolve(file);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new SinterError("usage", `${file} is no file`, "Name the module that exports the merge type.");
  const reports = await io
    .checkLaws(pathToFileURL(path), {
      ...(type === undefined ? {} : { type }),
      ...(runs === undefined ? {} : { runs }),
      ...(seed === undefined ? {} : { seed }),
      signal,
      progress: (at) => progress.show(`${at.type}: ${at.runs.toLocaleString("en-US")} of ${countText(at.of, "run")}`),
    })
    .finally(() => progress.clear());
  for (const report of reports) {
    if (flags.json) await output.json(report);
    else for (const line of lawLines(report)) await output.line(printable(line));
  }
  return reports.every(({ verdict }) => verdict === "lawful") ? 0 : 1;
}

function lawLines(report: LawReport): string[] {
  if (report.verdict === "lawful")
    return [`lawful: ${report.type} version ${report.version}, ${countText(report.runs, "run")}, behaviour ${report.digest}`];
  const { type, law, lines, seed, run } = report;
  return [
    `refused: ${type} breaks the law: ${law}`,
    ...lines.map((line) => `  ${line}`),
    `  in run ${run} of seed ${seed}; the same again with --type ${type} --seed ${seed}`,
  ];
}
