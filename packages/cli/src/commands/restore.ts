import type { RestoreOptions } from "sinter";
import { countText, printable, shortId, sizeText } from "../terminal/render.js";
import { type CommonFlags, type Context, dataDir, type Registry, withCommonFlags } from "./context.js";

interface RestoreFlags extends CommonFlags {
  readonly unsound?: boolean;
}

export function addRestore({ program, context, chosen }: Registry): void {
  withCommonFlags(program.command("restore"))
    .summary("make a store of a backup")
    .description("Makes a store of a backup, in a directory that is not there yet or empty. Every byte and every event is verified first.")
    .argument("<backup>", "a directory that sinter backup made")
    .option("--unsound", "restore a store that was damaged before it was backed up, then see sinter audit --repair")
    .addHelpText(
      "after",
      `
The restored store goes on as the same author in an epoch of its own: what was appended after the backup is not written
over, and the store it was made of may still be running. Both are that author from then on; if both run, both are kept.

A command that was killed leaves a directory named like the store with .unfinished- behind it, which may be removed.

Examples:
  sinter restore /mnt/usb/notes-2026-11-21
  sinter restore ../nightly --data ./team && sinter audit ./team`,
    )
    .action((backup: string, flags: RestoreFlags) => chosen(() => restore(context, backup, flags)));
}

async function restore(context: Context, backup: string, flags: RestoreFlags): Promise<0> {
  const { io, output, progress, signal } = context;
  const unsound = flags.unsound ? "accept" : "refuse";
  try {
    const report = await io.restore({
      backup,
      dir: dataDir(context, flags),
      unsound,
      signal,
      progress: (done) => progress.show(stepText(done)),
    });
    progress.clear();
    if (flags.json) {
      await output.json(report);
      return 0;
    }
    const { dir, network, author, keys, events, problems } = report;
    for (const { what, where, detail } of problems) await output.line(printable(`${what} at ${where}: ${detail}`));
    const what = `network ${network}, author ${shortId(author)}, ${countText(events, "event")}`;
    await output.line(printable(`restored ${what}, to ${dir}: it goes on in an epoch of its own`));
    if (keys === "left out") await output.line(printable(`Next: put its own keys.json, with mode 0600, at ${io.keyFile(dir)}`));
    return 0;
  } finally {
    progress.clear();
  }
}

type Step = Parameters<NonNullable<RestoreOptions["progress"]>>[0];

function stepText({ step, done, total }: Step): string {
  return step === "copied"
    ? `${sizeText(done)} of ${sizeText(total)} copied`
    : `${done.toLocaleString("en-US")} of ${countText(total, "event")} verified`;
}
